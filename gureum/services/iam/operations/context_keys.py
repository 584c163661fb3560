"""Which condition keys policies ask for, so that a simulation can be given them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html and
API_GetContextKeysForCustomPolicy
"""

from __future__ import annotations

from typing import TypedDict

from gureum.api.context import Context
from gureum.api.policy import Compiled, Kind, context_keys
from gureum.api.service import any_resource
from gureum.services.iam import holdings
from gureum.services.iam.operations.simulation import source_arn
from gureum.services.iam.rules.simulation import check_document
from gureum.services.iam.service import iam


class ContextKeysResult(TypedDict):
    ContextKeyNames: list[str]


@iam.operation(resource=any_resource, readonly=True)
def get_context_keys_for_custom_policy(ctx: Context, policy_input_list: list[str]) -> ContextKeysResult:
    """The keys that some policies ask for."""
    return {"ContextKeyNames": context_keys(_inputs(policy_input_list))}


@iam.operation(resource=source_arn, readonly=True)
def get_context_keys_for_principal_policy(
    ctx: Context, policy_source_arn: str, policy_input_list: list[str] | None = None
) -> ContextKeysResult:
    """The keys that the policies of a user (with those of its groups), group or role ask for, and further ones."""
    owner_type, owner = holdings.holder(ctx, policy_source_arn)
    held = holdings.all_held(ctx.tx, ctx.account, owner_type, owner.name)
    return {"ContextKeyNames": context_keys([*(p.source.compiled for p in held), *_inputs(policy_input_list or [])])}


def _inputs(texts: list[str]) -> list[Compiled]:
    named = ((text, f"PolicyInputList.{at}") for at, text in enumerate(texts, 1))
    return [check_document(text, Kind.IDENTITY, name).compiled for text, name in named]
