"""Notifications between the processes that share a data directory: Unix datagram sockets.

Each process binds one socket in `DIRECTORY/notify` and has one connected socket per peer.  Who is there is read from
the directory when the file `joined` has grown: every process appends a byte to it once its socket is in place, and
looking at the size costs a microsecond per send.  (The directory's own modification time would not do: two changes
within a tick of the kernel's clock look like one.)  Sockets whose process is gone refuse connections and are removed.
A socket is bound under another name and then renamed, so that nobody takes one which is just being made for dead.

Nothing is lost while a peer lives.  When its queue is full, what it has yet to hear is merged (a topic once, counts
added up) and sent when the socket is writable again; beyond `pending_topics_max` topics it is told to look at
everything.  So memory stays bounded, and a peer that is merely slow hears of every topic.

Paths go through `/proc/self/fd`, because the address of a socket holds only 108 bytes.
Source: https://man7.org/linux/man-pages/man7/unix.7.html
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from pathlib import Path
from typing import Final

import msgspec

from gureum.state.notify import Hub

pending_topics_max: Final = 65536
datagram_bytes_max: Final = 65536
datagrams_per_turn_max: Final = 64
_look_at_everything: Final = b"*"

Topics = dict[bytes, int]


class Peers:
    """This process among those that share the directory."""

    def __init__(self, directory: Path, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        """Take a place in `directory`, which is created if need be."""
        directory.mkdir(mode=0o700, exist_ok=True)
        self._hub = hub
        self._loop = loop
        self._path = directory
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        self._joined = os.open(directory / "joined", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._joined_bytes = -1
        self._peers: dict[str, Peer] = {}
        self._decoder = msgspec.msgpack.Decoder(list[tuple[bytes, int]])
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._name = f"{os.getpid()}-{time.monotonic_ns()}.socket"
        self._socket.bind(f"/proc/self/fd/{self._directory}/{self._name}.new")
        os.rename(f"{self._name}.new", self._name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        os.write(self._joined, b"+")
        loop.add_reader(self._socket, self._receive)

    def send(self, topics: Topics) -> None:
        """Tell all peers."""
        joined_bytes = os.fstat(self._joined).st_size
        if joined_bytes != self._joined_bytes:
            self._joined_bytes = joined_bytes
            self._find_peers()
        for name, peer in list(self._peers.items()):
            if not peer.send(topics):
                self._forget(name)

    def close(self) -> None:
        """Leave."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._unlink(self._name)
        for peer in self._peers.values():
            peer.close()
        self._peers.clear()
        os.close(self._joined)
        os.close(self._directory)

    def _find_peers(self) -> None:
        for name in [path.name for path in self._path.glob("*.socket")]:
            if name == self._name or name in self._peers:
                continue
            try:
                self._peers[name] = Peer(f"/proc/self/fd/{self._directory}/{name}", self._loop)
            except ConnectionRefusedError:
                self._unlink(name)
            except FileNotFoundError:
                continue

    def _forget(self, name: str) -> None:
        self._peers.pop(name).close()
        self._unlink(name)

    def _unlink(self, name: str) -> None:
        try:
            os.unlink(name, dir_fd=self._directory)
        except FileNotFoundError:
            return

    def _receive(self) -> None:
        for _ in range(datagrams_per_turn_max):
            try:
                datagram = self._socket.recv(datagram_bytes_max)
            except BlockingIOError:
                return
            if datagram == _look_at_everything:
                self._hub.notify_everyone()
                continue
            for topic, count in self._decoder.decode(datagram):
                self._hub.notify(topic, count)


class Peer:
    """Another process: a socket connected to its own, and what it has yet to hear."""

    def __init__(self, address: str, loop: asyncio.AbstractEventLoop) -> None:
        """Connect.  Raises ConnectionRefusedError when the process is gone."""
        self._loop = loop
        self._pending: Topics = {}
        self._everything = False
        self._waiting = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise

    def send(self, topics: Topics) -> bool:
        """Tell it, now or as soon as it listens.  False when it is gone."""
        pending = self._pending
        for topic, count in topics.items():
            pending[topic] = pending.get(topic, 0) + count
        if len(pending) > pending_topics_max:
            pending.clear()
            self._everything = True
        return self._waiting or self._flush()

    def close(self) -> None:
        """Forget it."""
        if self._waiting:
            self._loop.remove_writer(self._socket)
            self._waiting = False
        self._socket.close()

    def _flush(self) -> bool:
        try:
            if self._everything:
                self._socket.send(_look_at_everything)
                self._everything = False
            while self._pending:
                datagram, size = _encode(self._pending)
                self._socket.send(datagram)
                for topic in list(self._pending)[:size]:
                    del self._pending[topic]
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                return False
            if not self._waiting:
                self._waiting = True
                self._loop.add_writer(self._socket, self._writable)
            return True
        return True

    def _writable(self) -> None:
        self._loop.remove_writer(self._socket)
        self._waiting = False
        # A peer that is gone by now is forgotten at the next send, which meets the same error.
        self._flush()


def _encode(topics: Topics) -> tuple[bytes, int]:
    """(datagram, number of topics in it) for as many of the first topics as fit; topics are shorter than keys."""
    items: list[tuple[bytes, int]] = []
    size = 16
    for topic, count in topics.items():
        size += len(topic) + 16
        if size > datagram_bytes_max:
            break
        items.append((topic, count))
    return msgspec.msgpack.encode(items), len(items)
