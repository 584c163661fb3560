"""EnableAllFeatures: from consolidated billing to policies, with the consent of every invited account.

One handshake asks the organization itself, and each invited account gets one that belongs to it.  When all of these are
accepted, the management account accepts the first one, and that is that.  Accounts that the organization has created
are not asked.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html
"""

from __future__ import annotations

from typing import TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.services.organizations import callers, membership, tables
from gureum.services.organizations.errors import no_handshake
from gureum.services.organizations.records import Action, Handshake, HandshakeState
from gureum.services.organizations.rules import limits, names
from gureum.services.organizations.service import organizations
from gureum.services.organizations.views import HandshakeView, show_handshake


class EnableAllFeaturesResult(TypedDict):
    Handshake: HandshakeView


@organizations.operation(resource=any_resource)
def enable_all_features(ctx: Context) -> EnableAllFeaturesResult:
    """Ask all invited accounts for their consent."""
    organization = callers.management(ctx)
    if organization.all_features:
        raise no_handshake("ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
    if membership.pending_features(ctx.tx, organization, ctx.now_ms) is not None:
        raise no_handshake("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
    asked = Handshake(
        organization=organization.id,
        management=organization.management,
        id=names.new_handshake_id(ctx.ids),
        action=Action.ENABLE_ALL_FEATURES,
        state=HandshakeState.REQUESTED,
        recipient=organization.id,
        requested_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + limits.enable_all_features_ms,
    )
    tables.handshakes.insert(ctx.tx, asked)
    for member in directory.members_by_organization.scan(ctx.tx, (organization.id,)):
        if membership.must_approve(organization, member):
            membership.ask_for_features(ctx.tx, ctx.ids, asked, member.account)
    membership.settle(ctx.tx, organization, ctx.now_ms)
    sent = tables.find_handshake(ctx.tx, asked.id)
    return {"Handshake": show_handshake(ctx.tx, organization, sent, ctx.now_ms)}
