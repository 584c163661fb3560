"""Under which keys IAM's own records lie: the only code that builds them."""

from __future__ import annotations

from typing import Final

from gureum.services.iam.records import (
    AccessJob,
    Alias,
    CredentialReport,
    OrganizationJob,
    Preferences,
    ServiceCredential,
    SigningCertificate,
    SshPublicKey,
)
from gureum.state.store import Transaction
from gureum.state.tables import Table

ssh_public_keys = Table("iam/ssh_public_keys", SshPublicKey, key=lambda k: (k.account, k.user_id, k.id))

signing_certificates = Table("iam/signing_certificates", SigningCertificate, key=lambda c: (c.account, c.user_id, c.id))
signing_certificates_by_fingerprint = signing_certificates.index("fingerprint", lambda c: (c.account, c.fingerprint))

service_credentials = Table("iam/service_credentials", ServiceCredential, key=lambda c: (c.account, c.user_id, c.id))

aliases = Table("iam/aliases", Alias, key=lambda a: (a.alias,))
aliases_by_account = aliases.index("account", lambda a: (a.account,))

preferences = Table("iam/preferences", Preferences, key=lambda p: (p.account,))

REPORTS_TOPIC: Final = b"iam/reports"
"""Notified when a report was asked for."""

credential_reports = Table("iam/credential_reports", CredentialReport, key=lambda r: (r.account,))
pending_credential_reports = credential_reports.index(
    "pending", lambda r: (r.requested_ms,) if r.generated_ms is None else None
)

access_jobs = Table("iam/access_jobs", AccessJob, key=lambda j: (j.account, j.id))
access_job_ms: Final = 24 * 60 * 60 * 1000
"""How long the report of a job can be read."""
access_jobs_by_age = access_jobs.index("age", lambda j: (j.created_ms,))
pending_access_jobs = access_jobs.index("pending", lambda j: (j.created_ms,) if j.done_ms is None else None)

organization_jobs = Table("iam/organization_jobs", OrganizationJob, key=lambda j: (j.account, j.id))
organization_jobs_by_age = organization_jobs.index("age", lambda j: (j.created_ms,))
pending_organization_jobs = organization_jobs.index("pending", lambda j: (j.created_ms,) if j.done_ms is None else None)


def alias_of(tx: Transaction, account: str) -> str | None:
    """The alias of an account, if it has one."""
    found = aliases_by_account.first(tx, (account,))
    return None if found is None else found.alias
