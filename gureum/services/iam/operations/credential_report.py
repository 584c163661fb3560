"""The credential report of an account.

It is made by a pass (`controllers`), kept for four hours and then made anew when somebody asks for it.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Final, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.services.iam import tables
from gureum.services.iam.errors import (
    CredentialReportExpiredException,
    CredentialReportNotPresentException,
    CredentialReportNotReadyException,
)
from gureum.services.iam.records import CredentialReport
from gureum.services.iam.service import iam

valid_ms: Final = 4 * 60 * 60 * 1000


class GenerateCredentialReportResult(TypedDict):
    State: str
    Description: NotRequired[str]


class GetCredentialReportResult(TypedDict):
    Content: bytes
    ReportFormat: str
    GeneratedTime: datetime


@iam.operation(resource=any_resource)
def generate_credential_report(ctx: Context) -> GenerateCredentialReportResult:
    """Have a report made, unless there is one that is not too old."""
    found = tables.credential_reports.get(ctx.tx, (ctx.account,))
    if found is not None and found.generated_ms is None:
        return {"State": "INPROGRESS"}
    if found is not None and not _expired(ctx, found):
        return {"State": "COMPLETE"}
    tables.credential_reports.put(ctx.tx, CredentialReport(ctx.account, ctx.now_ms))
    ctx.notify(tables.REPORTS_TOPIC)
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@iam.operation(resource=any_resource, readonly=True)
def get_credential_report(ctx: Context) -> GetCredentialReportResult:
    """The report as CSV."""
    found = tables.credential_reports.get(ctx.tx, (ctx.account,))
    if found is None:
        raise CredentialReportNotPresentException
    if found.generated_ms is None:
        raise CredentialReportNotReadyException
    if _expired(ctx, found):
        raise CredentialReportExpiredException
    return {
        "Content": zlib.decompress(found.content),
        "ReportFormat": "text/csv",
        "GeneratedTime": to_datetime(found.generated_ms),
    }


def _expired(ctx: Context, report: CredentialReport) -> bool:
    return report.generated_ms is not None and report.generated_ms + valid_ms <= ctx.now_ms
