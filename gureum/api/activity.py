"""When something was last used: access keys, users, roles, and what each of them did.

Derived from the record of calls when it is folded, so a request pays nothing for it and each call counts once.  Kept
per subject, service and action: as many rows as there are different things that somebody does.

    subject   an access key id (`AKIA…`), or the unique id of a user or role (`AIDA…`, `AROA…`; root: the account)

What counts is the last attempt that was authenticated, whether or not it was allowed, as on AWS.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

if TYPE_CHECKING:
    from gureum.api.calls import Call


class Use(Record, version=1):
    """The last time that `subject` called an operation of a service: `source` is `sqs.amazonaws.com`."""

    account: str
    subject: str
    source: str
    operation: str
    last_ms: int
    region: str
    principal_arn: str
    session_name: str = ""


uses = Table("calls/uses", Use, key=lambda u: (u.account, u.subject, u.source, u.operation))


def note(tx: Transaction, calls: Iterable[Call]) -> None:
    """Take over what `calls`, ordered by time, tell."""
    newest: dict[tuple[str, str, str, str], Use] = {}
    for call in calls:
        if not call.principal_id or not call.account:
            continue
        unique_id, _, session = call.principal_id.partition(":")
        for subject in (unique_id, call.access_key_id):
            if subject and not subject.startswith("ASIA"):
                use = Use(
                    call.account,
                    subject,
                    call.source,
                    call.operation,
                    call.time_ms,
                    call.region,
                    call.principal_arn,
                    session,
                )
                newest[use.account, use.subject, use.source, use.operation] = use
    for key, use in newest.items():
        before = uses.get(tx, key)
        if before is None or before.last_ms <= use.last_ms:
            uses.put(tx, use)


def of(tx: Transaction, account: str, subject: str, source: str | None = None) -> list[Use]:
    """What `subject` did, with all services or one of them."""
    return uses.scan(tx, (account, subject) if source is None else (account, subject, source))


def last(tx: Transaction, account: str, subject: str) -> Use | None:
    """The last thing that `subject` did."""
    return max(of(tx, account, subject), key=lambda use: use.last_ms, default=None)
