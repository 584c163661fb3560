"""The `gureum` command: a client of the running cloud, and what starts and stops it.

One module per command; `place` knows the data directory, `client` speaks to the cloud over its public API like any
other client, with the root key.  Only `up` knows the cloud itself, and imports it when it becomes one.

Invariants: where a person looks (a terminal, and NO_COLOR is not set) there are colours and progress, elsewhere plain
text; what a script reads goes to standard output, everything else to standard error; exit codes are 0 done, 1 failed,
2 wrong usage, 3 no cloud is running.  A command that needs no cloud loads nothing but click and the standard library.

Completion for the shell comes with click: `eval "$(_GUREUM_COMPLETE=bash_source gureum)"` (or `zsh_source`,
`fish_source`).  Rejected: argparse (no completion, no prompts, no testing of terminals) and a daemon of its own to
supervise clouds (systemd and `up -d` do).
"""


def main() -> None:
    """The entry point; ends the process with the exit code."""
    from gureum.cli.root import gureum

    gureum(prog_name="gureum")
