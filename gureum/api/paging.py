"""Pages of a listing, whatever the service calls the token and however many it shows.

    found, token = page(ctx, scan, position, "iam:ListUsers/…", marker, limit)

`scan(after, limit)` gives items in order from behind the position `after`; `position` says where an item stands.  So a
listing reads no more than it shows, but for a filter that rejects most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from gureum.api.context import Context
from gureum.state.keys import Key

T = TypeVar("T")
Scan = Callable[[Key | None, int], list[T]]

_look_max: Final = 1000


def page(
    ctx: Context,
    scan: Scan[T],
    position: Callable[[T], Key],
    scope: str,
    token: str | None,
    limit: int,
    wanted: Callable[[T], bool] | None = None,
) -> tuple[list[T], str | None]:
    """At most `limit` of what `scan` gives, as far as it is `wanted`, and the token of the next page.

    `scope` names the listing and its filters; the caller's account is added.  Raises InvalidToken for a token that was
    not given out for it.
    """
    full_scope = f"{scope}/{ctx.account}"
    after = None if token is None else ctx.pager.decode(token, full_scope)
    look = limit + 1 if wanted is None else _look_max
    found: list[T] = []
    while len(found) <= limit:
        rows = scan(after, look)
        found += rows if wanted is None else filter(wanted, rows)
        if len(rows) < look:
            break
        after = position(rows[-1])
    if len(found) <= limit:
        return found, None
    return found[:limit], ctx.pager.encode(position(found[limit - 1]), full_scope)


def scan_of(items: list[T], position: Callable[[T], Key]) -> Scan[T]:
    """A scan of items that are all at hand, in the order of their positions."""
    return lambda after, limit: [item for item in items if after is None or position(item) > after][:limit]
