"""How fast Gureum is, beside ministack, on this machine, now: `make bench` or `python -m bench`.

Both clouds run at the same time and are loaded in turn, round by round, with the same signed requests, so that what
else the machine does falls on both.  A figure is the median over rounds, shown with the smallest and the largest, so
that noise is visible.  Nothing is switched off in Gureum: signatures are verified, calls recorded and metered, writes
synced.  ministack keeps everything in memory and checks no signature.

Only addresses of this machine are ever loaded, and every run has an end.

    servers.py    the clouds as processes: start, first answer, processor time, memory, end
    signing.py    requests as an SDK would send them, signed with `gureum.wire.sigv4`
    wrk.py        the load generator
    queues.py     queues and how to fill them
    identities.py accounts with roles, and sessions of them
    policies.py   the policies of those roles
    results.py    samples, targets and the table
    measures/     what is measured, one module each
"""
