"""Pages of CloudTrail's listings: `NextToken`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gureum.api import paging
from gureum.api.context import Context
from gureum.api.paging import Scan
from gureum.services.cloudtrail.errors import InvalidNextTokenException
from gureum.state.keys import Key
from gureum.state.paging import InvalidToken

T = TypeVar("T")


def position(ctx: Context, token: str, scope: str) -> Key:
    """The position of a token of `scope`.  Raises InvalidNextTokenException."""
    try:
        return ctx.pager.decode(token, scope)
    except InvalidToken:
        raise InvalidNextTokenException from None


def page(
    ctx: Context,
    scan: Scan[T],
    place: Callable[[T], Key],
    scope: str,
    token: str | None,
    limit: int,
) -> tuple[list[T], str | None]:
    """A page as `api.paging` makes it, and the token of the next.  Raises InvalidNextTokenException."""
    try:
        return paging.page(ctx, scan, place, f"cloudtrail:{scope}/{ctx.region}", token, limit)
    except InvalidToken:
        raise InvalidNextTokenException from None
