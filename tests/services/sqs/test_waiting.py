"""Long polling by the thousand: waiting receivers cost little, and each message wakes one of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from gureum.base.clock import host_ms
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key, sign
from tests.support.clouds import Cloud

RECEIVERS = 2_000
SECONDS_MAX = 60


async def _receive(cloud: Cloud, url: str, connected: asyncio.Semaphore) -> list[str]:
    """One receiver on a connection of its own: the bodies that it gets."""
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    headers = {"host": f"localhost:{cloud.port}", "x-amz-target": "AmazonSQS.ReceiveMessage"}
    headers |= sign(Request("POST", "/", "", headers, body), Key("test", "test"), "us-east-1", "sqs", host_ms())
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", cloud.port)
    writer.write(f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
    connected.release()
    answer = await reader.read()
    writer.close()
    status, _, rest = answer.partition(b"\r\n")
    assert b" 200 " in status, answer[:500]
    document: dict[str, Any] = json.loads(rest.partition(b"\r\n\r\n")[2])
    return [message["Body"] for message in document.get("Messages", [])]


async def _serve_all(cloud: Cloud, url: str, send: Callable[[list[str]], None]) -> list[list[str]]:
    connected = asyncio.Semaphore(0)
    receivers = [asyncio.create_task(_receive(cloud, url, connected)) for _ in range(RECEIVERS)]
    for _ in range(RECEIVERS):
        await connected.acquire()
    for start in range(0, RECEIVERS, 10):
        await asyncio.to_thread(send, [str(number) for number in range(start, start + 10)])
    async with asyncio.timeout(SECONDS_MAX):
        return await asyncio.gather(*receivers)


def test_two_thousand_receivers_get_one_message_each(cloud: Cloud, client: Callable[..., Any], name: str) -> None:
    """No receiver is forgotten, none gets two, and no message is given twice."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]

    def send(bodies: list[str]) -> None:
        entries = [{"Id": body, "MessageBody": body} for body in bodies]
        assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == len(bodies)

    received = asyncio.run(_serve_all(cloud, url, send))
    assert sorted(len(bodies) for bodies in received) == [1] * RECEIVERS
    assert len({body for bodies in received for body in bodies}) == RECEIVERS
