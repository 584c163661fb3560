"""Addresses of this machine: which of them only it can reach, and which ones its interfaces have.

The kernel lists the addresses of all interfaces over netlink, both families in one answer; the standard library has no
function for it.  Rejected: the address of the host's name (often 127.0.1.1), and SIOCGIFADDR (IPv4, one an interface).
Source: https://man7.org/linux/man-pages/man7/rtnetlink.7.html, netlink(7)
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterator
from typing import Final

_header: Final = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_address: Final = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix, flags, scope, interface
_attribute: Final = struct.Struct("=HH")  # rtattr: length, type
_RTM_NEWADDR: Final = 20
_RTM_GETADDR: Final = 22
_NLM_F_REQUEST: Final = 0x1
_NLM_F_DUMP: Final = 0x300
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_RT_SCOPE_LINK: Final = 253
_receive_bytes: Final = 64 * 1024


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def interface_addresses() -> set[str]:
    """The IPv4 and IPv6 addresses of all interfaces, without those that are good on one link only.  OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as kernel:
        size = _header.size + _address.size
        request = _header.pack(size, _RTM_GETADDR, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0)
        kernel.send(request + _address.pack(socket.AF_UNSPEC, 0, 0, 0, 0))
        found: set[str] = set()
        while True:
            for kind, payload in _messages(kernel.recv(_receive_bytes)):
                if kind == _NLMSG_DONE:
                    return found
                if kind == _NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", payload)[0], "the kernel does not list its addresses")
                if kind == _RTM_NEWADDR:
                    found.update(_read(payload))


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each netlink message; they are aligned to four bytes."""
    while data:
        length, kind, *_ = _header.unpack_from(data)
        yield kind, data[_header.size : length]
        data = data[_aligned(length) :]


def _read(message: bytes) -> Iterator[str]:
    """The address that a message is about.  On a point-to-point link the local one is an attribute of its own."""
    family, _, _, scope, _ = _address.unpack_from(message)
    if scope == _RT_SCOPE_LINK or family not in {socket.AF_INET, socket.AF_INET6}:
        return
    attributes, rest = {}, message[_address.size :]
    while rest:
        length, kind = _attribute.unpack_from(rest)
        attributes[kind] = rest[_attribute.size : length]
        rest = rest[_aligned(length) :]
    packed = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
    if packed:
        yield str(ipaddress.ip_address(packed))


def _aligned(length: int) -> int:
    return (length + 3) & ~3
