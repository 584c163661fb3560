"""The QR code that an authenticator app scans to know a virtual MFA device.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html (QRCodePNG);
https://github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

from __future__ import annotations

from io import BytesIO
from typing import Final
from urllib.parse import quote

_pixels_per_module: Final = 4


def key_uri(device_name: str, account_name: str, seed: str) -> str:
    """What the code says: `otpauth://totp/NAME@ACCOUNT?secret=SEED`."""
    return f"otpauth://totp/{quote(f'{device_name}@{account_name}', safe='@')}?secret={seed}"


def png(text: str) -> bytes:
    """A QR code of `text` as a picture."""
    import segno

    picture = BytesIO()
    segno.make_qr(text).save(picture, kind="png", scale=_pixels_per_module)
    return picture.getvalue()
