"""When something was to be logged: spans of cloud time, the oldest first."""

from __future__ import annotations

from typing import Final

from gureum.services.cloudtrail.records import Windows

windows_max: Final = 100
"""Beyond it the oldest are forgotten: they only matter to what has not been delivered yet."""


def opened(windows: Windows, now_ms: int) -> Windows:
    """From now on; unchanged when that is so already."""
    if windows and not windows[-1][1]:
        return windows
    return (*windows[1 - windows_max :], (now_ms, 0))


def closed(windows: Windows, now_ms: int) -> Windows:
    """From now on no more; unchanged when that is so already."""
    if not windows or windows[-1][1]:
        return windows
    return (*windows[:-1], (windows[-1][0], now_ms))


def covers(windows: Windows, time_ms: int) -> bool:
    """Whether what happened then was to be logged."""
    return any(start <= time_ms and (not end or time_ms < end) for start, end in windows)
