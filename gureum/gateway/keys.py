"""The condition keys of a request: computed when a policy asks for one, each at most once.

Most requests meet no condition, so nothing is prepared for them.  What the operation declares (`api.guards`) wins over
nothing here: the names do not overlap.  A key that the request does not have is absent, not empty.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gureum.api.calls import GLOBAL_SOURCES
from gureum.api.context import Context
from gureum.api.policy.model import KeyValue
from gureum.api.principal import EXTERNAL
from gureum.base import arn as arns
from gureum.base.clock import to_datetime
from gureum.base.topology import DEFAULT_REGION
from gureum.identity.organization import Place
from gureum.identity.standing import Bearings

_account_digits: Final = 12


class RequestKeys:
    """The keys of a request about a resource of the account `owner`, which has the place `home` in its organization."""

    __slots__ = ("_declared", "_known", "bearings", "ctx", "home", "owner", "tags_of_resource")

    def __init__(
        self,
        ctx: Context,
        bearings: Bearings,
        declared: Mapping[str, KeyValue],
        owner: str,
        home: Place | None,
        tags_of_resource: Callable[[], Mapping[str, str]],
    ) -> None:
        self.ctx = ctx
        self.bearings = bearings
        self.owner = owner
        self.home = home
        self.tags_of_resource = tags_of_resource
        self._declared = declared
        self._known: dict[str, KeyValue | None] = {}

    def get(self, key: str, /) -> KeyValue | None:
        """The value of `key` (lower case), None when the request does not have it."""
        declared = self._declared.get(key)
        if declared is not None:
            return declared
        if key not in self._known:
            self._known[key] = self._find(key)
        return self._known[key]

    def _find(self, key: str) -> KeyValue | None:
        finder = _FINDERS.get(key)
        if finder is not None:
            return finder(self)
        session = self.ctx.caller.session
        if session is not None and key in session.federation:
            return session.federation[key]
        prefix, slash, name = key.partition("/")
        if not slash:
            return None
        if prefix == "aws:principaltag":
            return _folded(self.bearings.tags, name)
        if prefix.endswith(":resourcetag"):
            return _folded(self.tags_of_resource(), name)
        return None


def _folded(tags: Mapping[str, str], name: str) -> str | None:
    """The value of a tag: keys of tags are compared without case in conditions."""
    for key, value in tags.items():
        if key.lower() == name:
            return value
    return None


def _session_text(attribute: str) -> Callable[[RequestKeys], KeyValue | None]:
    def find(keys: RequestKeys) -> KeyValue | None:
        session = keys.ctx.caller.session
        value: str = "" if session is None else getattr(session, attribute)
        return value or None

    return find


def _federation(name: str) -> Callable[[RequestKeys], KeyValue | None]:
    def find(keys: RequestKeys) -> KeyValue | None:
        session = keys.ctx.caller.session
        return None if session is None else session.federation.get(name)

    return find


def _time(at_ms: int) -> str:
    return to_datetime(at_ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def _bool(value: bool) -> str:
    return "true" if value else "false"


_TYPES: Final = {
    "Root": "Account",
    "IAMUser": "User",
    "AssumedRole": "AssumedRole",
    "FederatedUser": "FederatedUser",
    "Anonymous": "Anonymous",
}


def _multi_factor_present(keys: RequestKeys) -> str | None:
    """Only temporary credentials have the key: it is absent, not false, for access keys that are for ever."""
    session = keys.ctx.caller.session
    return None if session is None else _bool(session.mfa_ms is not None)


def _multi_factor_age(keys: RequestKeys) -> str | None:
    session = keys.ctx.caller.session
    if session is None or session.mfa_ms is None:
        return None
    return str((keys.ctx.now_ms - session.mfa_ms) // 1000)


def _token_issued(keys: RequestKeys) -> str | None:
    session = keys.ctx.caller.session
    return None if session is None else _time(session.issued_ms)


def _source_ip(keys: RequestKeys) -> str | None:
    """The client's address; calls that services make for somebody do not have it."""
    ctx = keys.ctx
    return None if ctx.caller.via or ctx.principal.type == "AWSService" else ctx.source_ip


def _source_account(keys: RequestKeys) -> str | None:
    parsed = arns.parse(keys.ctx.caller.source_arn)
    return parsed.account or None if parsed is not None else None


def _requested_region(keys: RequestKeys) -> str:
    """The region whose endpoint is called; that of a global service is us-east-1, whatever the request is signed for.

    Otherwise who signs for another region would be free of what policies say about this one.
    """
    return DEFAULT_REGION if f"{keys.ctx.service}.amazonaws.com" in GLOBAL_SOURCES else keys.ctx.region


def _owner(keys: RequestKeys) -> str | None:
    return keys.owner if len(keys.owner) == _account_digits else None


def _organization(place: Place | None) -> str | None:
    return None if place is None else place.organization


def _paths(place: Place | None) -> tuple[str, ...] | None:
    return None if place is None else (place.path,)


def _is_external(keys: RequestKeys) -> bool:
    """Whether the caller belongs to no account, whichever the call is made in."""
    return keys.ctx.principal.type in EXTERNAL


def _is_service(keys: RequestKeys) -> bool:
    return keys.ctx.principal.type == "AWSService"


_FINDERS: Final[dict[str, Callable[[RequestKeys], KeyValue | None]]] = {
    # the principal
    "aws:principalarn": lambda keys: keys.bearings.arn or keys.ctx.principal.arn or None,
    "aws:principalaccount": lambda keys: None if _is_external(keys) else keys.ctx.principal.account or None,
    "aws:principalorgid": lambda keys: _organization(keys.bearings.place),
    "aws:principalorgpaths": lambda keys: _paths(keys.bearings.place),
    "aws:principaltype": lambda keys: _TYPES.get(keys.ctx.principal.type),
    "aws:principalisawsservice": lambda keys: _bool(_is_service(keys)),
    "aws:principalservicename": lambda keys: keys.ctx.principal.name if _is_service(keys) else None,
    "aws:principalservicenameslist": lambda keys: (keys.ctx.principal.name,) if _is_service(keys) else None,
    "aws:userid": lambda keys: keys.ctx.principal.id or None,
    "aws:username": lambda keys: keys.ctx.principal.name if keys.ctx.principal.type == "IAMUser" else None,
    # the session
    "aws:federatedprovider": _federation("aws:federatedprovider"),
    "aws:tokenissuetime": _token_issued,
    "aws:multifactorauthpresent": _multi_factor_present,
    "aws:multifactorauthage": _multi_factor_age,
    "aws:sourceidentity": _session_text("source_identity"),
    "aws:assumedroot": lambda keys: (
        _bool(True) if keys.ctx.caller.session and keys.ctx.caller.session.assumed_root else None
    ),
    # the network
    "aws:sourceip": _source_ip,
    # the resource
    "aws:resourceaccount": _owner,
    "aws:resourceorgid": lambda keys: _organization(keys.home),
    "aws:resourceorgpaths": lambda keys: _paths(keys.home),
    # the request
    "aws:calledvia": lambda keys: keys.ctx.caller.via or None,
    "aws:calledviafirst": lambda keys: keys.ctx.caller.via[0] if keys.ctx.caller.via else None,
    "aws:calledvialast": lambda keys: keys.ctx.caller.via[-1] if keys.ctx.caller.via else None,
    "aws:viaawsservice": lambda keys: _bool(bool(keys.ctx.caller.via)),
    "aws:currenttime": lambda keys: _time(keys.ctx.now_ms),
    "aws:epochtime": lambda keys: str(keys.ctx.now_ms // 1000),
    "aws:referer": lambda keys: keys.ctx.origin.referer or None,
    "aws:requestedregion": _requested_region,
    "aws:securetransport": lambda keys: _bool(keys.ctx.origin.secure),
    "aws:useragent": lambda keys: keys.ctx.origin.user_agent or None,
    "aws:sourcearn": lambda keys: keys.ctx.caller.source_arn or None,
    "aws:sourceaccount": _source_account,
}
