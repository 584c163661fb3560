"""The rate of calls that a FIFO queue takes: counted in the transaction of the call, so by all processes together.

A call that is refused leaves no trace, also not in the count.  With high throughput each message group has the quota
to itself for sends; receives and deletes are then not limited, because AWS limits them per partition, which groups do
not reveal.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html ("Message
throughput")
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from gureum.services.sqs.errors import RequestThrottled
from gureum.services.sqs.records import Queue, Rate
from gureum.services.sqs.rules import fifo, limits
from gureum.services.sqs.tables import rates
from gureum.state.store import Transaction


def count_send(tx: Transaction, queue: Queue, groups: Iterable[str], now_ms: int) -> None:
    """Count a send to these groups.  Raises RequestThrottled when it is one too many in this second."""
    if queue.fifo:
        for group in sorted({fifo.throttled_group(queue.settings, group) for group in groups}):
            _count(tx, queue, "SendMessage", group, now_ms)


def count_call(tx: Transaction, queue: Queue, call: str, now_ms: int) -> None:
    """Count a receive or delete.  Raises RequestThrottled when it is one too many in this second."""
    if queue.fifo and queue.settings.throughput_limit == "perQueue":
        _count(tx, queue, call, "", now_ms)


def _count(tx: Transaction, queue: Queue, call: str, group: str, now_ms: int) -> None:
    second = now_ms // 1000
    rate = rates.get(tx, (queue.id, call, group))
    if rate is None:
        rates.insert(tx, Rate(queue.id, call, group, second, 1))
    elif rate.second != second:
        rates.replace(tx, rate, replace(rate, second=second, count=1))
    elif rate.count < limits.fifo_calls_per_second_max:
        rates.replace(tx, rate, replace(rate, count=rate.count + 1))
    else:
        raise RequestThrottled
