"""Queues: create, find, list, configure, purge and delete them.

A purge and a deletion take no longer for a full queue than for an empty one: the contents are abandoned, and a
controller sweeps them.  On AWS both take up to a minute, in which messages may still appear; here none do.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api import paging
from gureum.api.context import Context
from gureum.api.paging import Scan
from gureum.api.service import any_resource
from gureum.identity import pinning
from gureum.identity.pinning import NoSuchPrincipal
from gureum.services.sqs import tables
from gureum.services.sqs.errors import (
    InvalidParameterValue,
    PurgeQueueInProgress,
    QueueDeletedRecently,
    QueueDoesNotExist,
    QueueNameExists,
    invalid,
)
from gureum.services.sqs.mailbox import Mailbox
from gureum.services.sqs.records import Contents, DeletedQueue, Queue, Settings
from gureum.services.sqs.rules import attributes as attribute_rules
from gureum.services.sqs.rules import limits, names, policy, redrive
from gureum.services.sqs.rules import tags as tag_rules
from gureum.services.sqs.service import QUEUE, named_queue_arn, queue_arn, sqs, tagging, tags_asked_for
from gureum.state.keys import Key
from gureum.state.paging import InvalidToken
from gureum.state.store import ALL, Transaction

_id_bytes = 8


class CreateQueueResult(TypedDict):
    QueueUrl: str


class GetQueueUrlResult(TypedDict):
    QueueUrl: str


class ListQueuesResult(TypedDict, total=False):
    QueueUrls: list[str]
    NextToken: str


class ListDeadLetterSourceQueuesResult(TypedDict):
    queueUrls: list[str]
    NextToken: NotRequired[str]


class GetQueueAttributesResult(TypedDict, total=False):
    Attributes: dict[str, str]


@sqs.operation(resource=named_queue_arn, keys=tags_asked_for, also=tagging)
def create_queue(
    ctx: Context,
    queue_name: str,
    attributes: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> CreateQueueResult:
    """A new queue; or an existing one, if it has the attributes and tags that are asked for."""
    fifo, others = attribute_rules.split_type(attributes or {})
    names.check(queue_name, fifo)
    settings = _pinned(ctx.tx, attribute_rules.change(Settings(), fifo, others), others)
    key = (ctx.account, ctx.region, queue_name)
    found = tables.queues.get(ctx.tx, key)
    if found is not None:
        _check_same(found, settings, others, tags)
        return {"QueueUrl": names.url(ctx.endpoint, found.account, found.name)}
    deleted = tables.deleted_queues.get(ctx.tx, key)
    if deleted is not None and ctx.now_ms < deleted.deleted_ms + limits.deleted_name_ms:
        raise QueueDeletedRecently
    _check_redrive(ctx.tx, names.arn(ctx.region, ctx.account, queue_name), settings)
    queue = Queue(
        account=ctx.account,
        region=ctx.region,
        name=queue_name,
        id=ctx.ids.bytes(_id_bytes),
        created_ms=ctx.now_ms,
        modified_ms=ctx.now_ms,
        settings=settings,
        tags=tag_rules.merge({}, tags or {}),
    )
    tables.queues.insert(ctx.tx, queue)
    return {"QueueUrl": names.url(ctx.endpoint, queue.account, queue.name)}


@sqs.operation(resource=queue_arn)
def delete_queue(ctx: Context, queue_url: str) -> None:
    """The queue is gone at once, with all that is in it; whoever waits for its messages learns of it."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    tables.queues.delete(ctx.tx, queue)
    tables.deleted_queues.put(ctx.tx, DeletedQueue(queue.account, queue.region, queue.name, ctx.now_ms))
    tables.abandoned.insert(ctx.tx, Contents(queue.contents))
    for sequence in tables.sequences.scan(ctx.tx, (queue.id,)):
        tables.sequences.delete(ctx.tx, sequence)
    for task in tables.moves.scan(ctx.tx, (queue.id,)):
        tables.moves.delete(ctx.tx, task)
    ctx.notify(queue.topic, ALL)


@sqs.operation(resource=queue_arn)
def purge_queue(ctx: Context, queue_url: str) -> None:
    """Delete all messages, those in flight as well; once in 60 seconds."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    if ctx.now_ms < queue.purged_ms + limits.purge_interval_ms:
        raise PurgeQueueInProgress(f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.")
    tables.abandoned.insert(ctx.tx, Contents(queue.contents))
    tables.queues.replace(ctx.tx, queue, replace(queue, epoch=queue.epoch + 1, purged_ms=ctx.now_ms))


@sqs.operation(resource=named_queue_arn, readonly=True, data=QUEUE)
def get_queue_url(ctx: Context, queue_name: str, queue_owner_aws_account_id: str | None = None) -> GetQueueUrlResult:
    """The URL of a queue of the caller, or of another account that lets the caller."""
    account = queue_owner_aws_account_id or ctx.account
    if tables.queues.get(ctx.tx, (account, ctx.region, queue_name)) is None:
        raise QueueDoesNotExist
    return {"QueueUrl": names.url(ctx.endpoint, account, queue_name)}


@sqs.operation(resource=any_resource, readonly=True, data=QUEUE)
def list_queues(
    ctx: Context,
    queue_name_prefix: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> ListQueuesResult:
    """The caller's queues in this region, by name.  Without `max_results` the first thousand and no token."""
    prefix = queue_name_prefix or ""
    scope = f"sqs:ListQueues/{ctx.account}/{ctx.region}/{prefix}"

    def page(after: Key | None, limit: int) -> list[Queue]:
        return tables.queues_from(ctx.tx, ctx.account, ctx.region, prefix, after, limit)

    found, token = _page(ctx, page, tables.queues.key, scope, next_token, max_results)
    result: ListQueuesResult = {}
    if found:
        result["QueueUrls"] = [names.url(ctx.endpoint, queue.account, queue.name) for queue in found]
    if token is not None:
        result["NextToken"] = token
    return result


@sqs.operation(resource=queue_arn, readonly=True, data=QUEUE)
def list_dead_letter_source_queues(
    ctx: Context, queue_url: str, next_token: str | None = None, max_results: int | None = None
) -> ListDeadLetterSourceQueuesResult:
    """The queues of which this is the dead-letter queue."""
    target = tables.find_queue(ctx.tx, ctx.region, queue_url).arn
    scope = f"sqs:ListDeadLetterSourceQueues/{target}"

    def page(after: Key | None, limit: int) -> list[Queue]:
        return tables.by_dead_letter_queue.scan(ctx.tx, (target,), after=after, limit=limit)

    found, token = _page(ctx, page, tables.by_dead_letter_queue.position, scope, next_token, max_results)
    urls = [names.url(ctx.endpoint, queue.account, queue.name) for queue in found]
    return {"queueUrls": urls} if token is None else {"queueUrls": urls, "NextToken": token}


@sqs.operation(resource=queue_arn, readonly=True, data=QUEUE)
def get_queue_attributes(
    ctx: Context, queue_url: str, attribute_names: list[str] | None = None
) -> GetQueueAttributesResult:
    """The attributes asked for, as far as the queue has them; nothing when none is asked for."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    wanted = attribute_rules.select(attribute_names or ())
    if not wanted:
        return {}
    values = attribute_rules.show(queue)
    if "Policy" in values and "Policy" in wanted:
        values["Policy"], _ = pinning.current(ctx.tx, queue.settings.policy, queue.settings.pins)
    if not wanted.isdisjoint(attribute_rules.counted):
        values.update(zip(attribute_rules.counted, map(str, Mailbox(ctx.tx, queue, ctx.now_ms).count()), strict=True))
    return {"Attributes": {name: value for name, value in values.items() if name in wanted}}


@sqs.operation(resource=queue_arn)
def set_queue_attributes(ctx: Context, queue_url: str, attributes: dict[str, str]) -> None:
    """Change attributes; they hold at once, for the messages that are in the queue as well."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    settings = _pinned(ctx.tx, attribute_rules.change(queue.settings, queue.fifo, attributes), attributes)
    if "RedrivePolicy" in attributes:
        _check_redrive(ctx.tx, queue.arn, settings)
    tables.queues.replace(ctx.tx, queue, replace(queue, settings=settings, modified_ms=ctx.now_ms))
    ctx.notify(queue.topic, ALL)


def _pinned(tx: Transaction, settings: Settings, given: Container[str]) -> Settings:
    """`settings` with the ids of those whom the policy names, if it is among the attributes `given`."""
    if "Policy" not in given:
        return settings
    try:
        pins = pinning.pin(tx, policy.compiled(settings.policy)) if settings.policy else {}
    except NoSuchPrincipal:
        raise policy.not_a_policy() from None
    return replace(settings, pins=pins)


def _check_same(found: Queue, settings: Settings, given: dict[str, str], tags: dict[str, str] | None) -> None:
    name = attribute_rules.difference(found.settings, settings, given)
    if name is not None:
        raise QueueNameExists(f"A queue already exists with the same name and a different value for attribute {name}")
    if tags and tags != found.tags:
        raise QueueNameExists("A queue already exists with the same name and different tags")


def _check_redrive(tx: Transaction, source_arn: str, settings: Settings) -> None:
    if settings.redrive is None:
        return
    target = tables.queue_of_arn(tx, settings.redrive.target_arn)
    if target is None:
        raise invalid("RedrivePolicy", redrive.show(settings.redrive), "Dead letter target does not exist.")
    redrive.check_target(settings.redrive, source_arn, target.settings.redrive_allow)


def _page(
    ctx: Context,
    scan: Scan[Queue],
    position: Callable[[Queue], Key],
    scope: str,
    token: str | None,
    max_results: int | None,
) -> tuple[list[Queue], str | None]:
    """A page of `scan(after, limit)` and the token of the next, which only those get who asked for pages."""
    if max_results is not None and not 1 <= max_results <= limits.list_results_max:
        reason = f"MaxResults must be an integer between 1 and {limits.list_results_max}."
        raise invalid("MaxResults", max_results, reason)
    try:
        found, following = paging.page(
            ctx, scan, position, scope, token or None, max_results or limits.list_results_max
        )
    except InvalidToken as error:
        raise InvalidParameterValue("Invalid or expired next token.") from error
    return found, following if max_results is not None else None
