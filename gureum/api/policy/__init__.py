"""The policy engine: from policies, a principal and a request to a decision that explains itself.

Pure: no store, no clock, no input or output.  `compile_policy` reads a document, `decide` decides, `denial` words the
refusal, `explain` shows why.  The words are in `model`.

    decide(Ask(principal, "sqs:SendMessage", arn, keys), standing, guard).allowed
"""

from __future__ import annotations

from gureum.api.policy.compile import Compiled, Statement, compile_policy
from gureum.api.policy.evaluate import decide
from gureum.api.policy.explain import explain
from gureum.api.policy.keys import GLOBAL_KEYS, ConditionKey, context_keys, find_key
from gureum.api.policy.model import (
    Ask,
    Decision,
    Document,
    Effect,
    Guard,
    Keys,
    KeyValue,
    Kind,
    MalformedPolicy,
    Match,
    Source,
    Standing,
)
from gureum.api.policy.positions import Position, Span, statement_positions
from gureum.api.policy.principals import Reach, canonical_id
from gureum.api.policy.wording import denial

__all__ = [
    "GLOBAL_KEYS",
    "Ask",
    "Compiled",
    "ConditionKey",
    "Decision",
    "Document",
    "Effect",
    "Guard",
    "KeyValue",
    "Keys",
    "Kind",
    "MalformedPolicy",
    "Match",
    "Position",
    "Reach",
    "Source",
    "Span",
    "Standing",
    "Statement",
    "canonical_id",
    "compile_policy",
    "context_keys",
    "decide",
    "denial",
    "explain",
    "find_key",
    "statement_positions",
]
