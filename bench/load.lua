-- What wrk does with a list of requests: args are the list, how many answers to wait for (0: until the time is over) and
-- a file that answers are added to, a line each ("": none).
--
-- The list is a file of requests, each behind a line with its length.  With a number of answers given, each request is
-- sent once, time is taken from the first request to the last answer, and wrk is told to end as Ctrl-C would.

local ffi = require("ffi")
ffi.cdef [[
  struct moment { long seconds; long nanoseconds; };
  int clock_gettime(int clock, struct moment *now);
  int getpid(void);
  int kill(int pid, int signal);
]]
local monotonic, interrupt = 1, 2
local moment = ffi.new("struct moment")

local function now()
  ffi.C.clock_gettime(monotonic, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local function read_list(path)
  local list, file = {}, assert(io.open(path, "rb"))
  for length in file:lines() do
    list[#list + 1] = file:read(tonumber(length))
    file:read(1)
  end
  file:close()
  return list
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

local list, wanted, sink
local sent = -1 -- wrk asks for one request that it does not send, to see whether it can parse it

answers, refused, started, ended, first_refusal = 0, 0, 0, 0, ""

function init(args)
  list, wanted = read_list(args[1]), tonumber(args[2])
  if args[3] ~= "" then
    sink = assert(io.open(args[3], "ab"))
    sink:setvbuf("no") -- wrk does not close it at its end
  end
end

function request()
  sent = sent + 1
  if sent == 0 then return list[1] end
  if sent == 1 then started = now() end
  if wanted > 0 and sent > wanted then return list[wanted] end -- until the last answer is there
  return list[(sent - 1) % #list + 1]
end

function response(status, headers, body)
  if wanted > 0 and answers >= wanted then return end
  answers = answers + 1
  ended = now()
  if status ~= 200 then
    refused = refused + 1
    if refused == 1 then first_refusal = status .. " " .. body:sub(1, 500) end
  elseif sink then
    sink:write(body .. "\n")
  end
  if answers == wanted then ffi.C.kill(ffi.C.getpid(), interrupt) end
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function done(summary, latency)
  local thread = threads[1]
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '\nRESULT {"answers":%d,"refused":%d,"failed":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,'
      .. '"first_refusal":%s}\n',
    thread:get("answers"), thread:get("refused"), failed,
    thread:get("ended") - thread:get("started"), latency:percentile(50), latency:percentile(99),
    quoted(thread:get("first_refusal"))))
end
