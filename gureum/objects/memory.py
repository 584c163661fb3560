"""Keeping memory that was given back, instead of returning it to the kernel after each segment.

A segment passes through a handful of buffers of some megabytes.  glibc gets such buffers from the kernel one by one and
gives them back one by one, and the kernel fills each page with zeros again: a gigabyte that is put costs a million page
faults, and reading takes four times as long as it needs to.  Two settings of the allocator end that.  A third one lets
all threads allocate from two arenas, so that what is kept is what was in use at once, and not that for each thread.

Rejected: buffers of our own that are used again (pyeclib makes its own), and smaller segments (they cost more rows and
more changes of thread, and the faults stay).
Source: https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

from __future__ import annotations

import ctypes
from typing import Final

_trim_threshold: Final = -1
_mmap_threshold: Final = -3
_arena_max: Final = -8
_kept_bytes: Final = 64 * 1024 * 1024
_arenas: Final = 2
_mapped_bytes_min: Final = 32 * 1024 * 1024


def keep_buffers() -> None:
    """Set the allocator of this process.  Where there is no mallopt (musl), things stay as they are."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_mmap_threshold, _mapped_bytes_min)
        mallopt(_trim_threshold, _kept_bytes)
        mallopt(_arena_max, _arenas)
