"""Which message group is served next.

In a FIFO queue a group of which a message is in flight waits until that is deleted or visible again.  In a standard
queue groups are tenants, and what counts is that a noisy one does not make the others wait: a tenant is noisy while it
has at least 30 messages in flight and more than a tenth of all that are.  Noisy tenants are served after all quiet
ones, among themselves the one with the fewest in flight first.

AWS has a second measure, the tenant's recent share of the consumers' time, for which it gives no window; it is left
out.  A rank is found when something happens in the group, so it may be a little old: AWS's thresholds are approximate
too.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

noisy_in_flight_min: Final = 30
noisy_share_percent: Final = 10


def fifo_rank(in_flight: int) -> int | None:
    """None while a message of the group is in flight, otherwise 0: in order of the oldest message."""
    return None if in_flight else 0


def fair_rank(in_flight: int, total_in_flight: Callable[[], int]) -> int:
    """0 for a quiet group; a noisy one ranks by what it has in flight.  The total is only asked for if it matters."""
    if in_flight < noisy_in_flight_min or in_flight * 100 <= total_in_flight() * noisy_share_percent:
        return 0
    return in_flight
