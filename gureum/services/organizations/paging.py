"""Pages of Organizations' listings: `NextToken` and `MaxResults`, twenty at most.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gureum.api import paging
from gureum.api.context import Context
from gureum.api.paging import Scan
from gureum.services.organizations.errors import invalid
from gureum.services.organizations.rules import limits
from gureum.state.keys import Key
from gureum.state.paging import InvalidToken

T = TypeVar("T")


def page(
    ctx: Context,
    scan: Scan[T],
    position: Callable[[T], Key],
    scope: str,
    next_token: str | None,
    max_results: int | None,
    wanted: Callable[[T], bool] | None = None,
) -> tuple[list[T], str | None]:
    """A page as `api.paging` makes it, and the token of the next one.  Raises InvalidInputException."""
    limit = max_results or limits.results_max
    try:
        return paging.page(ctx, scan, position, f"organizations:{scope}", next_token, limit, wanted)
    except InvalidToken:
        raise invalid("INVALID_NEXT_TOKEN") from None
