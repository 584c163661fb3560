"""Which of a provider's keys (JWK) tokens are verified with: RSA of 2048 to 4096 bits, and three elliptic curves.

Smaller ones prove too little.  Larger ones, and exponents beyond what everybody uses, only cost time, which whoever
owns a provider could have this cloud spend without end: nobody signs the requests that bring tokens.
Source: RFC 7518, 6.2 and 6.3
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

Jwk = Mapping[str, Any]

_rsa_bits_min: Final = 2048
_rsa_bits_max: Final = 4096
_exponent_bits_max: Final = 64
_curves: Final = ("P-256", "P-384", "P-521")


def is_usable(key: Jwk) -> bool:
    """Whether tokens are verified with `key`."""
    match key.get("kty"):
        case "RSA":
            modulus_bits, exponent_bits = _bits(key.get("n")), _bits(key.get("e"))
            return _rsa_bits_min <= modulus_bits <= _rsa_bits_max and 0 < exponent_bits <= _exponent_bits_max
        case "EC":
            return key.get("crv") in _curves
    return False


def _bits(number: Any) -> int:
    """The length of a number in base64url; 0 for what is none."""
    if not isinstance(number, str):
        return 0
    try:
        raw = base64.b64decode(number + "=" * (-len(number) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return 0
    return int.from_bytes(raw).bit_length()
