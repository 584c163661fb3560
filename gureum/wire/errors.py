"""What goes wrong between bytes and values.  The sender is always at fault: nothing here is ever a 5xx."""

from __future__ import annotations

from typing import Any

import msgspec

from gureum.wire.model import Shape


class WireError(Exception):
    """Input that the protocol cannot accept, with the code, message and HTTP status that AWS answers.

    Raised by parsers, validators and signature checks.  The message is for the client.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class ErrorValue(msgspec.Struct, frozen=True):
    """An error as every protocol can serialize it.

    `code` is what clients match on (for a modelled error its `error_code`), `shape` the model's exception when there
    is one and `members` its further members (`Resource`, `CancellationReasons`, …) as values.  `sender` says whose
    fault it is in the words of the query protocol: Sender or Receiver.
    """

    code: str
    message: str
    status: int
    sender: bool = True
    shape: Shape | None = None
    members: dict[str, Any] = {}
