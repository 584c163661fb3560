"""Secrets that can be guessed by who has the time: after a few wrong guesses none are taken for some minutes.

The wrong guesses are remembered by the process and not in the state, where a refused request leaves nothing; with
several workers there are as many more guesses.  Guesses are counted, not calls: a transaction may run more than once.

Source: RFC 4226, 7.3
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

_guesses_max: Final = 5
_guesses_ms: Final = 5 * 60 * 1000
_secrets_max: Final = 10_000


class Guesses:
    """The wrong guesses of late, by the secret as it is stored: a new one can be guessed afresh."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[bytes, tuple[int, set[Hashable]]] = OrderedDict()

    def exhausted(self, secret: bytes, host_ms: int) -> bool:
        """Whether no guess is taken now."""
        first_ms, guesses = self._wrong.get(secret, (0, set()))
        if host_ms - first_ms >= _guesses_ms:
            self._wrong.pop(secret, None)
            return False
        return len(guesses) >= _guesses_max

    def missed(self, secret: bytes, guess: Hashable, host_ms: int) -> None:
        """Note that `guess` was wrong."""
        _, guesses = self._wrong.setdefault(secret, (host_ms, set()))
        guesses.add(guess)
        if len(self._wrong) > _secrets_max:
            self._wrong.popitem(last=False)
