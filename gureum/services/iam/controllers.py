"""What happens in IAM without a call: reports are made, and forgotten when they are old.

A pass makes one report, so that a large account does not hold up everybody else for longer than one takes.
"""

from __future__ import annotations

import zlib
from typing import Final

from msgspec.structs import replace

from gureum.control.controller import DONE, MORE, Moment, Pass, Status
from gureum.services.iam import accesses, credentials, organization_accesses, tables

_hour_ms: Final = 60 * 60 * 1000
_changes_max: Final = 100


def report_credentials(moment: Moment) -> Status:
    """Make the credential report that has been asked for the longest ago."""
    tx, now_ms = moment.tx, moment.now_ms
    found = tables.pending_credential_reports.first(tx)
    if found is None:
        return DONE
    content = zlib.compress(credentials.report(tx, found.account, now_ms).encode())
    tables.credential_reports.replace(tx, found, replace(found, generated_ms=now_ms, content=content))
    return MORE


def report_accesses(moment: Moment) -> Status:
    """Make the report of last access that has been asked for the longest ago."""
    tx, now_ms = moment.tx, moment.now_ms
    job = tables.pending_access_jobs.first(tx)
    if job is None:
        return DONE
    content = accesses.pack(accesses.make(tx, job, now_ms))
    tables.access_jobs.replace(tx, job, replace(job, done_ms=now_ms, content=content))
    return MORE


def report_organizations(moment: Moment) -> Status:
    """Make the report about an organization that has been asked for the longest ago."""
    tx, now_ms = moment.tx, moment.now_ms
    job = tables.pending_organization_jobs.first(tx)
    if job is None:
        return DONE
    content = organization_accesses.pack(organization_accesses.make(tx, job, now_ms))
    tables.organization_jobs.replace(tx, job, replace(job, done_ms=now_ms, content=content))
    return MORE


def forget(moment: Moment) -> Status:
    """Delete reports of last access that nobody may read any more."""
    tx, until = moment.tx, (moment.now_ms - tables.access_job_ms,)
    jobs = tables.access_jobs_by_age.scan(tx, until=until, limit=_changes_max)
    for job in jobs:
        tables.access_jobs.delete(tx, job)
    of_organizations = tables.organization_jobs_by_age.scan(tx, until=until, limit=_changes_max)
    for each in of_organizations:
        tables.organization_jobs.delete(tx, each)
    return MORE if jobs or of_organizations else DONE


controllers: Final = (
    Pass("iam.report-credentials", _hour_ms, report_credentials, topics=(tables.REPORTS_TOPIC,)),
    Pass("iam.report-accesses", _hour_ms, report_accesses, topics=(tables.REPORTS_TOPIC,)),
    Pass("iam.report-organizations", _hour_ms, report_organizations, topics=(tables.REPORTS_TOPIC,)),
    Pass("iam.forget", _hour_ms, forget),
)
