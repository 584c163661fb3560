"""Under which keys Organizations stores what is under way: the only code that builds them."""

from __future__ import annotations

from typing import Final

from gureum.services.organizations.errors import HandshakeNotFoundException
from gureum.services.organizations.records import AccountRequest, Closure, Handshake, RequestState
from gureum.services.organizations.rules.handshakes import forgotten_ms
from gureum.state.store import Transaction
from gureum.state.tables import Table

handshakes = Table("organizations/handshakes", Handshake, key=lambda h: (h.id,))
handshakes_by_organization = handshakes.index("organization", lambda h: (h.organization, h.requested_ms))
handshakes_by_recipient = handshakes.index("recipient", lambda h: (h.recipient, h.requested_ms))
handshakes_by_parent = handshakes.index("parent", lambda h: (h.parent,) if h.parent else None)
handshakes_by_end = handshakes.index("end", lambda h: (forgotten_ms(h),))

account_requests = Table("organizations/account_requests", AccountRequest, key=lambda r: (r.organization, r.id))
account_requests_by_time = account_requests.index("time", lambda r: (r.organization, r.requested_ms))
account_requests_open = account_requests.index(
    "open", lambda r: (r.requested_ms,) if r.state is RequestState.IN_PROGRESS else None
)

closures = Table("organizations/closures", Closure, key=lambda c: (c.account,))
closures_by_organization = closures.index("organization", lambda c: (c.organization, c.requested_ms))
closures_open = closures.index("open", lambda c: (c.requested_ms,) if c.closed_ms is None else None)
closures_by_end = closures.index("end", lambda c: None if c.closed_ms is None or c.forgotten else (c.closed_ms,))

REQUESTS_TOPIC: Final = b"organizations/requests"
"""Notified when an account is to be created or closed."""


def find_handshake(tx: Transaction, handshake_id: str) -> Handshake:
    """The handshake of that id.  Raises HandshakeNotFoundException."""
    handshake = handshakes.get(tx, (handshake_id,))
    if handshake is None:
        raise HandshakeNotFoundException
    return handshake
