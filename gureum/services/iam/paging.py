"""Pages of IAM's listings: `Marker`, `MaxItems` and `IsTruncated`.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NotRequired, TypedDict, TypeVar

from gureum.api import paging
from gureum.api.context import Context
from gureum.api.paging import Scan, scan_of
from gureum.services.iam.errors import ValidationError
from gureum.services.iam.rules.tags import Tag, show
from gureum.state.keys import Key
from gureum.state.paging import InvalidToken

T = TypeVar("T")

page_default: Final = 100

__all__ = ["More", "more", "page", "page_default", "scan_of", "tags"]


class More(TypedDict):
    """What every listing says about the page that follows."""

    IsTruncated: bool
    Marker: NotRequired[str]


def more(marker: str | None) -> More:
    """Whether there is more behind this page, and the marker of it."""
    return {"IsTruncated": False} if marker is None else {"IsTruncated": True, "Marker": marker}


def page(
    ctx: Context,
    scan: Scan[T],
    position: Callable[[T], Key],
    scope: str,
    marker: str | None,
    max_items: int | None,
    wanted: Callable[[T], bool] | None = None,
) -> tuple[list[T], str | None]:
    """A page as `api.paging` makes it, and the marker of the next one.  Raises ValidationError."""
    try:
        return paging.page(ctx, scan, position, f"iam:{scope}", marker, max_items or page_default, wanted)
    except InvalidToken:
        raise ValidationError(f"Invalid Marker: {marker}") from None


def tags(
    ctx: Context, found: Mapping[str, str], scope: str, marker: str | None, max_items: int | None
) -> tuple[list[Tag], str | None]:
    """A page of something's tags, by key, and the marker of the next one."""

    def position(tag: Tag) -> Key:
        return (tag["Key"],)

    return page(ctx, scan_of(show(found), position), position, scope, marker, max_items)
