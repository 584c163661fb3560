"""Message bodies as they are stored: readable, or sealed where the queue encrypts what is sent to it (SSE-SQS).

    body    digest (MD5, 16 bytes) | text in UTF-8            sealed as a whole when `Message.key` is not empty
    key     id of the queue (8 bytes) | day (4 bytes)         that the message was sent to, and on

The digest is sealed with the text, for it would confirm a guess of it, and it is kept rather than computed again
because a receiver is to see what the sender was told.

A message keeps its key for life, wherever it goes: to a dead-letter queue, back, or to another queue.  So what moves
messages never opens them, an encrypted message stays so in a queue that does not encrypt, and to switch encryption on
or off changes nothing for the messages that are there: all as on AWS.  Rejected: to seal anew on a move, which reads
and writes each body once more and gives the controllers the vault.

The day keeps the number of messages under one key below 2^32, as random nonces demand, up to 49,000 messages a second
in one queue.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
"""

from __future__ import annotations

from typing import Final

from gureum.api.context import Context
from gureum.api.vault import Vault, nonce_bytes
from gureum.services.sqs.records import Message, Queue

_digest_bytes: Final = 16
_day_ms: Final = 24 * 3600 * 1000


def pack(ctx: Context, queue: Queue, body: bytes, digest: str) -> tuple[bytes, bytes]:
    """The body and the key of a message that is sent to `queue`; `digest` is 32 hexadecimal digits."""
    plain = bytes.fromhex(digest) + body
    if not queue.settings.managed_encryption:
        return plain, b""
    key = queue.id + (ctx.now_ms // _day_ms).to_bytes(4, "big")
    return ctx.vault.seal(_purpose(key), plain, ctx.ids.bytes(nonce_bytes)), key


def unpack(vault: Vault, message: Message) -> tuple[str, str]:
    """The body of a message and its digest.  Raises VaultError when it does not open."""
    plain = vault.unseal(_purpose(message.key), message.body) if message.key else message.body
    return str(plain[_digest_bytes:], "utf-8"), plain[:_digest_bytes].hex()


def _purpose(key: bytes) -> str:
    return f"sqs/{key.hex()}"
