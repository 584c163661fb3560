"""What can go wrong with objects, as callers see it.  Which disk and which errno is for the log."""

from __future__ import annotations

from gureum.objects.tables import Segment


class ObjectsError(Exception):
    """The object store could not do what was asked."""


class TooFewDisks(ObjectsError):
    """Not enough disks can be written to for the bytes to survive the loss of one more.  Nothing was stored.

    `wasted` says where shards lie that were written in vain.
    """

    def __init__(self, message: str, wasted: Segment | None = None) -> None:
        super().__init__(message)
        self.wasted = wasted


class Unreadable(ObjectsError):
    """Too few shards can be read at the moment.  It may be well again when a disk or zone returns."""


class NoSuchObject(ObjectsError):
    """There is no object of this id, or it ends before the range that was asked for."""


class TooLate(ObjectsError):
    """The commit came so long after the writing that the bytes may have been taken for garbage.  Write them again."""
