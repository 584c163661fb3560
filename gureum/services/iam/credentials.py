"""What credential reports say: a line for each user and what it can prove itself with.

The root user comes first, under a name that no user can have.  What does not exist is `N/A`; of a password that was
never used there is `no_information`; `not_supported` is what IAM does not know of the root user.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeVar

from gureum.api.principal import root
from gureum.base.clock import to_datetime
from gureum.base.topology import PARTITION
from gureum.identity import tables
from gureum.identity.records import ROOT_USER, AccessKeyRecord, Login, User
from gureum.services.iam import activity
from gureum.services.iam import tables as own_tables
from gureum.services.iam.activity import NOT_APPLICABLE
from gureum.services.iam.records import SigningCertificate
from gureum.state.store import Transaction

_day_ms: Final = 24 * 60 * 60 * 1000
_slots: Final = 2
_NO_INFORMATION: Final = "no_information"
_NOT_SUPPORTED: Final = "not_supported"
_KEY: Final = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS: Final = (
    *("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"),
    *("password_next_rotation", "mfa_active"),
    *(f"access_key_{slot}_{column}" for slot in (1, 2) for column in _KEY),
    *("cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated", "additional_credentials_info"),
)


T = TypeVar("T")


def report(tx: Transaction, account: str, now_ms: int) -> str:
    """The report of an account as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_Account(tx, account, now_ms).lines())
    return text.getvalue()


class _Account:
    """All credentials of an account, read once."""

    def __init__(self, tx: Transaction, account: str, now_ms: int) -> None:
        self._tx = tx
        self._account = account
        self._now_ms = now_ms
        policy = tables.password_policies.get(tx, (account,))
        self._age_ms = None if policy is None or policy.age_days_max is None else policy.age_days_max * _day_ms
        self._keys: defaultdict[str, list[AccessKeyRecord]] = defaultdict(list)
        for key in tables.access_keys_by_user.scan(tx, (account,)):
            self._keys[key.user].append(key)
        self._certificates: defaultdict[str, list[SigningCertificate]] = defaultdict(list)
        for certificate in own_tables.signing_certificates.scan(tx, (account,)):
            self._certificates[certificate.user_id].append(certificate)
        self._with_mfa = {device.user for device in tables.mfa_devices_by_user.scan(tx, (account,))}

    def lines(self) -> Iterable[list[str]]:
        """The root user's line, then those of the users by name."""
        yield self._root()
        for user in tables.users.scan(self._tx, (self._account,)):
            yield self._user(user)

    def _root(self) -> list[str]:
        account = tables.accounts.get(self._tx, (self._account,))
        created = NOT_APPLICABLE if account is None else _time(account.created_ms)
        password = [_NOT_SUPPORTED, _NO_INFORMATION, _NOT_SUPPORTED, _NOT_SUPPORTED]
        arn = root(self._account, PARTITION).arn
        return [ROOT_USER, arn, created, *password, *self._rest(ROOT_USER, self._keys[""], self._certificates[""])]

    def _user(self, user: User) -> list[str]:
        rest = self._rest(user.name, self._keys[user.name], self._certificates[user.id])
        return [user.name, user.arn, _time(user.created_ms), *self._password(user.login), *rest]

    def _password(self, login: Login | None) -> list[str]:
        if login is None:
            return [_bool(False), *[NOT_APPLICABLE] * 3]
        used = _NO_INFORMATION if login.used_ms is None else _time(login.used_ms)
        rotation = NOT_APPLICABLE if self._age_ms is None else _time(login.changed_ms + self._age_ms)
        return [_bool(True), used, _time(login.changed_ms), rotation]

    def _rest(self, name: str, keys: list[AccessKeyRecord], certificates: list[SigningCertificate]) -> list[str]:
        """The columns from `mfa_active` on."""
        keys = sorted(keys, key=lambda key: (key.created_ms, key.id))
        certificates = sorted(certificates, key=lambda certificate: (certificate.uploaded_ms, certificate.id))
        return [
            _bool(name in self._with_mfa),
            *(column for key in _filled(keys) for column in self._key(key)),
            *(column for certificate in _filled(certificates) for column in _certificate(certificate)),
            NOT_APPLICABLE,  # nobody can have more than two of either
        ]

    def _key(self, key: AccessKeyRecord | None) -> list[str]:
        if key is None:
            return [_bool(False), *[NOT_APPLICABLE] * 4]
        use = activity.last(self._tx, key.account, key.id, self._now_ms)
        shown = [NOT_APPLICABLE] * 3 if use is None else [_time(use.last_ms), use.region, activity.namespace(use)]
        return [_bool(key.active), _time(key.created_ms), *shown]


def _certificate(certificate: SigningCertificate | None) -> list[str]:
    if certificate is None:
        return [_bool(False), NOT_APPLICABLE]
    return [_bool(certificate.active), _time(certificate.uploaded_ms)]


def _filled(found: list[T]) -> list[T | None]:
    assert len(found) <= _slots, f"{len(found)} of what there are two at most"
    return [*found, *[None] * (_slots - len(found))]


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _time(at_ms: int) -> str:
    return to_datetime(at_ms).replace(microsecond=0).isoformat()
