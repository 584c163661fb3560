"""Queues for measuring: how they are made, filled and counted."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle, islice
from typing import Final

from bench.servers import Server
from bench.signing import account, host, root_key, sqs_requests
from bench.wrk import play, request_list
from gureum.wire.sigv4 import Key

batch_size: Final = 10

_distinct: Final = 1000
_fill_connections: Final = 32
_slice_batches: Final = 5000

Progress = Callable[[int], None]


def url(name: str, account: str = account) -> str:
    """The URL of a queue, the same for every cloud."""
    return f"http://{host}/{account}/{name}"


def create(name: str, *servers: Server) -> str:
    """Make the queue in each cloud; its URL."""
    for server in servers:
        server.call("CreateQueue", QueueName=name)
    return url(name)


def body(url: str, number: int) -> str:
    """A message of 256 characters, as an application might send it.  It names its queue."""
    text = json.dumps({"queue": url, "order": number, "customer": f"c-{number % 977}", "note": ""})
    return text[:-2] + "x" * (256 - len(text)) + text[-2:]


def sends(url: str, key: Key = root_key) -> list[bytes]:
    """SendMessage requests, all different."""
    return sqs_requests("SendMessage", ({"QueueUrl": url, "MessageBody": body(url, n)} for n in range(_distinct)), key)


def receives(urls: Sequence[str], count: int, at_most: int) -> list[bytes]:
    """ReceiveMessage requests, the queues in turn.  What they receive stays hidden for longer than any measurement."""
    common = {"MaxNumberOfMessages": at_most, "VisibilityTimeout": 3600}
    return sqs_requests("ReceiveMessage", ({"QueueUrl": url, **common} for url in islice(cycle(urls), count)))


def handles(answers: Iterable[str]) -> list[tuple[str, str]]:
    """Queue URL and receipt handle of each message in answers to ReceiveMessage.  No handle comes twice."""
    found = {
        message["ReceiptHandle"]: json.loads(message["Body"])["queue"]
        for answer in answers
        for message in json.loads(answer).get("Messages", ())
    }
    return [(url, handle) for handle, url in found.items()]


def deletes(received: Iterable[tuple[str, str]]) -> list[bytes]:
    """One DeleteMessage request for each queue URL and receipt handle."""
    return sqs_requests("DeleteMessage", ({"QueueUrl": url, "ReceiptHandle": handle} for url, handle in received))


def fill(server: Server, urls: Sequence[str], each: int, progress: Progress | None = None) -> None:
    """Send so many messages to each queue, or a few more, in batches of ten, the queues in turn."""
    total = -(-each // batch_size) * len(urls)
    done = 0
    while done < total:
        batches = min(total - done, _slice_batches)
        with request_list(_send_batches(urls)) as requests:  # signed anew: a large queue takes its time
            play(server, requests, _fill_connections, answers=batches)
        done += batches
        if progress is not None:
            progress(done * batch_size)


def visible(server: Server, queue_url: str) -> int:
    """How many messages the queue says it has to give."""
    attributes = server.call("GetQueueAttributes", QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def show(what: str, total: int) -> Progress:
    """Shows on a terminal how far something has come."""

    def progress(done: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{what}: {done:,} of {total:,}" + ("\n" if done >= total else ""))

    return progress


def _send_batches(urls: Sequence[str]) -> list[bytes]:
    count = -(-_distinct // batch_size // len(urls)) * len(urls)
    return sqs_requests(
        "SendMessageBatch",
        (
            {
                "QueueUrl": url,
                "Entries": [
                    {"Id": str(n), "MessageBody": body(url, batch * batch_size + n)} for n in range(batch_size)
                ],
            }
            for batch, url in enumerate(islice(cycle(urls), count))
        ),
    )
