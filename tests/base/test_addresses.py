"""The machine's addresses, as the kernel tells them and as `ip` does."""

from __future__ import annotations

import json
import subprocess

import pytest

from gureum.base.addresses import interface_addresses, is_loopback


def test_they_are_those_that_ip_shows() -> None:
    """A second opinion on the parser of netlink messages."""
    shown = subprocess.run(["ip", "-json", "address"], capture_output=True, text=True, check=True).stdout
    expected = {
        address["local"]
        for interface in json.loads(shown)
        for address in interface.get("addr_info", ())
        if address["scope"] != "link"
    }
    assert interface_addresses() == expected
    assert "127.0.0.1" in expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example.com", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, expected: bool) -> None:
    """On it depends whether the key that everybody knows exists, and whether TLS is required."""
    assert is_loopback(host) is expected
