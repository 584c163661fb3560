"""The log: one line an event, on standard error, for people and for `grep`.

`2026-11-20T17:35:16.123Z INFO  gateway listening port=4566`.  Values are written as JSON where they need quotes.
Secrets never get here: records carry names and ids, not headers or bodies.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

from gureum.base.clock import host_ms, to_datetime


class Log:
    """A named source of log lines; keyword arguments become `key=value`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"gureum.{name}")
        self._name = name

    def debug(self, event: str, **values: object) -> None:
        """What helps to find a bug."""
        self._write(logging.DEBUG, event, values)

    def info(self, event: str, **values: object) -> None:
        """What an operator wants to see."""
        self._write(logging.INFO, event, values)

    def warning(self, event: str, **values: object) -> None:
        """What an operator should look at."""
        self._write(logging.WARNING, event, values)

    def error(self, event: str, *, cause: BaseException | None = None, **values: object) -> None:
        """What is broken, with the traceback of `cause`."""
        self._write(logging.ERROR, event, values, cause)

    def _write(self, level: int, event: str, values: dict[str, object], cause: BaseException | None = None) -> None:
        if not self._logger.isEnabledFor(level):
            return
        text = " ".join([self._name, event, *(f"{key}={_quote(value)}" for key, value in values.items())])
        self._logger.log(level, text, exc_info=cause)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = to_datetime(host_ms()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        source = "" if record.name.startswith("gureum.") else f"{record.name} "
        line = f"{moment} {record.levelname:<7} {source}{record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the log to `stream` (standard error unless given), and with it what libraries find broken.

    What they merely remark is left out.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter())
    for name, lowest in (("gureum", level), ("asyncio", "ERROR")):
        root = logging.getLogger(name)
        root.handlers[:] = [handler]
        root.setLevel(lowest)
        root.propagate = False


def _quote(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in ' "=\n\r\t' for c in text) else text
