"""A bucket in memory that log files are delivered to, and as much of S3 as the AWS CLI needs to validate them."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from gureum.services.cloudtrail.courier import BucketError


class Shelf:
    """Objects by key.  `puts` counts how often each was put; after `fail_after` more puts they fail."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.puts: dict[str, int] = {}
        self.fail_after: int | None = None

    async def check(self, bucket: str) -> None:
        if bucket != self.name:
            raise BucketError("NoSuchBucket")

    async def put(self, bucket: str, key: str, body: bytes, metadata: dict[str, str]) -> None:
        await self.check(bucket)
        if self.fail_after == 0:
            raise BucketError("AccessDenied")
        if self.fail_after is not None:
            self.fail_after -= 1
        assert self.objects.get(key, (body, metadata)) == (body, metadata), "the same file has other bytes"
        self.objects[key] = (body, metadata)
        self.puts[key] = self.puts.get(key, 0) + 1

    def read(self, key: str) -> Any:
        """The content of a file."""
        return json.loads(gzip.decompress(self.objects[key][0]))

    def logs(self) -> list[str]:
        """The keys of the log files."""
        return sorted(key for key in self.objects if "/CloudTrail/" in key)

    def digests(self) -> list[str]:
        """The keys of the digest files."""
        return sorted(key for key in self.objects if "/CloudTrail-Digest/" in key)

    def events(self) -> list[dict[str, Any]]:
        """All events of all log files."""
        return [event for key in self.logs() for event in self.read(key)["Records"]]


@contextmanager
def served(shelf: Shelf) -> Iterator[str]:
    """The shelf over HTTP, for the length of a block; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            key = unquote(parts.path).removeprefix(f"/{shelf.name}").lstrip("/")
            query = parse_qs(parts.query, keep_blank_values=True)
            if key in shelf.objects:
                body, metadata = shelf.objects[key]
                self._answer(200, body, {f"x-amz-meta-{name}": value for name, value in metadata.items()})
            elif key:
                self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>", {})
            elif "location" in query:
                self._answer(200, b"<LocationConstraint/>", {})
            else:
                prefix, marker = query.get("prefix", [""])[0], query.get("marker", [""])[0]
                keys = [k for k in sorted(shelf.objects) if k.startswith(prefix) and k > marker]
                items = "".join(f"<Contents><Key>{escape(k)}</Key></Contents>" for k in keys)
                text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
                self._answer(200, text.encode(), {})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
