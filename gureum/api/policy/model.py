"""The words of authorization: what is asked, by whom, under which policies, and what was decided.

A decision is a pure function of these values (`evaluate.decide`); who reads policies from a store, and which keys a
request has, is the business of others.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from gureum.api.principal import Principal

if TYPE_CHECKING:
    from gureum.api.policy.compile import Compiled, Statement

KeyValue = str | tuple[str, ...]
"""A condition key's value in a request: one text, or several for a multivalued key."""


class Keys(Protocol):
    """The condition keys of a request: a dict does.  Names are lower case; a key that is absent is None.

    Values are texts as AWS documents them: `true`, `42`, `2026-11-21T09:00:00Z`, `203.0.113.7`.
    """

    def get(self, key: str, /) -> KeyValue | None:
        """The value of `key` (lower case), None when the request does not have it."""


class Kind(Enum):
    """Types of policies, as AWS names them in messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    ENDPOINT = "VPC endpoint policy"


class Source(msgspec.Struct, frozen=True):
    """A policy where it is attached.

    `id` is what a person finds it by: the ARN of a managed policy, or the name of an inline one (`user_alice_reading`).
    `pins` maps ARNs of users and roles that `compiled` names as principals to their unique ids at the time when the
    policy was saved: a principal that was deleted and made anew under the same ARN is another one.
    """

    kind: Kind
    id: str
    compiled: Compiled
    pins: Mapping[str, str] = {}


class Candidates(msgspec.Struct, frozen=True):
    """The statements of the policies `of` that are about an action, each with the policy that it stands in."""

    of: tuple[Source, ...]
    denying: tuple[tuple[Source, Statement], ...]
    allowing: tuple[tuple[Source, Statement], ...]


class Standing(msgspec.Struct, frozen=True):
    """Every policy that applies to a request because of who makes it.

    `identity` are the policies of the user and its groups, or of the role.  `session` is None where no session policy
    was passed; an empty tuple, or one that allows nothing, allows nothing.  `controls` are the service control
    policies from the root of the organization down to the account, one tuple for each level, each of which has to
    allow; empty where none apply (no organization, the management account, service-linked roles).

    `concerning` is where `decide` remembers which statements of `identity` are about an action: a principal does a few
    things often, and most of its policies are about others.
    """

    identity: tuple[Source, ...] = ()
    boundary: Source | None = None
    session: tuple[Source, ...] | None = None
    controls: tuple[tuple[Source, ...], ...] = ()
    concerning: dict[str, Candidates] = {}


class Guard(msgspec.Struct, frozen=True):
    """Every policy that applies to a request because of what it is about.

    `account` owns the resource; it is empty for resources that belong to nobody.  `policy` is the resource's own.
    `required` says that without an allow in it nobody has access, in the same account as well (roles, KMS keys).
    `controls` are the resource control policies from the root down, one tuple for each level.
    """

    account: str = ""
    policy: Source | None = None
    required: bool = False
    controls: tuple[tuple[Source, ...], ...] = ()


class Ask(msgspec.Struct, frozen=True):
    """May `principal` do `action` on `resource` (an ARN, or `*`)?"""

    principal: Principal
    action: str
    resource: str
    keys: Keys


class Effect(Enum):
    """What was decided.  Values are those of SimulatePrincipalPolicy's EvalDecision."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Match(msgspec.Struct, frozen=True):
    """A statement that applied: the `index`-th of the policy `source`, counted from 0, and its effect."""

    source: Source
    index: int
    allows: bool


class Decision(msgspec.Struct, frozen=True):
    """The answer, and why.

    `kind` is the type of policy that decided: the one that denies, or the one in which an allow is missing; for what is
    allowed the one that allows, and None for the root user whom nothing has to allow.  `matches` are the statements
    that decided: all denying ones, or the allowing ones.
    """

    effect: Effect
    kind: Kind | None
    matches: tuple[Match, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether it is allowed."""
        return self.effect is Effect.ALLOWED


class MalformedPolicy(Exception):
    """A document that is no policy of its kind; the text is what AWS says."""


Document = dict[str, Any]
"""A policy as JSON gives it."""
