# Everything a person types.  Each target first brings what it needs (scripts/bootstrap) and is quick when it is there.

.PHONY: up down test bench

up:
	@scripts/bootstrap run
	@.venv/bin/gureum up -d

down:
	@scripts/bootstrap run
	@.venv/bin/gureum down

test:
	@scripts/bootstrap test
	@scripts/check

bench:
	@scripts/bootstrap bench
	@.venv/bin/python -m bench
