"""Service-specific credentials: names and passwords, or API keys, that one service takes in place of signatures.

CodeCommit and Keyspaces take a name and a password, Bedrock an API key that may expire.  None of them is here yet; the
credentials can be made, kept and looked up.  CloudWatch Logs' keys are refused by name.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html and its neighbours;
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-how.html (the form of API keys)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict, cast

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.errors import NotSupported
from gureum.api.policy.model import KeyValue
from gureum.base.clock import to_datetime
from gureum.identity import tables as identity
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import User
from gureum.services.iam import paging, people, tables
from gureum.services.iam.errors import (
    InvalidInputException,
    NoSuchEntityException,
    ServiceNotSupportedException,
    ValidationError,
)
from gureum.services.iam.paging import More, more
from gureum.services.iam.records import ServiceCredential
from gureum.services.iam.rules import quotas
from gureum.services.iam.service import iam, user_arn
from gureum.state.keys import Key

_password_services: Final = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
_key_service: Final = "bedrock.amazonaws.com"
_services: Final = (*_password_services, _key_service)
_not_here: Final = ("logs.amazonaws.com",)
_key_prefix: Final = "ABSK"
_secret_bytes: Final = 32
_day_ms: Final = 24 * 3600 * 1000


class Metadata(TypedDict):
    """A credential without its secret: a password's has ServiceUserName, an API key's ServiceCredentialAlias."""

    UserName: str
    Status: str
    CreateDate: datetime
    ServiceSpecificCredentialId: str
    ServiceName: str
    ServiceUserName: NotRequired[str]
    ServiceCredentialAlias: NotRequired[str]
    ExpirationDate: NotRequired[datetime]


class Credential(Metadata):
    ServicePassword: NotRequired[str]
    ServiceCredentialSecret: NotRequired[str]


class CredentialResult(TypedDict):
    ServiceSpecificCredential: Credential


class ListServiceSpecificCredentialsResult(More):
    ServiceSpecificCredentials: list[Metadata]


def _asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a new credential."""
    keys: dict[str, KeyValue] = {"iam:servicespecificcredentialservicename": values["ServiceName"]}
    if "CredentialAgeDays" in values:
        keys["iam:servicespecificcredentialagedays"] = str(values["CredentialAgeDays"])
    return keys


def _service_of(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a credential that is there."""
    name = values.get("UserName", ctx.principal.name)
    user = identity.users.get(ctx.tx, (ctx.account, name))
    key = (ctx.account, "" if user is None else user.id, values["ServiceSpecificCredentialId"])
    found = tables.service_credentials.get(ctx.tx, key)
    return {} if found is None else {"iam:servicespecificcredentialservicename": found.service}


def _users_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    return "*" if values.get("AllUsers") else user_arn(ctx, values)


@iam.operation(resource=user_arn, keys=_asked_for)
def create_service_specific_credential(
    ctx: Context, user_name: str, service_name: str, credential_age_days: int | None = None
) -> CredentialResult:
    """A new credential, of which the secret is answered once."""
    _check_service(service_name)
    if credential_age_days is not None and service_name != _key_service:
        raise InvalidInputException(f"CredentialAgeDays is not valid for {service_name}.")
    user = people.user_of(ctx, user_name)
    present = tables.service_credentials.scan(ctx.tx, (ctx.account, user.id))
    quotas.service_credentials.check(sum(each.service == service_name for each in present))
    taken = {each.alias for each in present if each.service == service_name}
    alias = next(alias for suffix in ("", "+1") if (alias := f"{user.name}{suffix}-at-{ctx.account}") not in taken)
    secret = _new_secret(ctx, service_name, alias)
    credential = ServiceCredential(
        account=ctx.account,
        user_id=user.id,
        id=new_unique_id(ctx.ids, "ACCA"),
        service=service_name,
        alias=alias,
        hash=_hash(secret),
        created_ms=ctx.now_ms,
        expires_ms=None if credential_age_days is None else ctx.now_ms + credential_age_days * _day_ms,
    )
    tables.service_credentials.insert(ctx.tx, credential)
    return {"ServiceSpecificCredential": _with_secret(_metadata(ctx, user.name, credential), secret)}


@iam.operation(resource=_users_arn, readonly=True)
def list_service_specific_credentials(
    ctx: Context,
    user_name: str | None = None,
    service_name: str | None = None,
    all_users: bool = False,
    marker: str | None = None,
    max_items: int | None = None,
) -> ListServiceSpecificCredentialsResult:
    """The credentials of a user or of all users, for one service or all of them."""
    if service_name is not None:
        _check_service(service_name)
    if all_users and user_name is not None:
        raise ValidationError("UserName and AllUsers cannot be specified together.")
    prefix: Key = (ctx.account,) if all_users else (ctx.account, people.user_of(ctx, user_name).id)

    def scan(after: Key | None, limit: int) -> list[ServiceCredential]:
        return tables.service_credentials.scan(ctx.tx, prefix, after=after, limit=limit)

    def wanted(credential: ServiceCredential) -> bool:
        return service_name is None or credential.service == service_name

    scope = f"ListServiceSpecificCredentials/{prefix}/{service_name}"
    found, following = paging.page(ctx, scan, tables.service_credentials.key, scope, marker, max_items, wanted)
    listed = [_metadata(ctx, _name_of(ctx, credential), credential) for credential in found]
    return {"ServiceSpecificCredentials": listed, **more(following)}


@iam.operation(resource=user_arn, keys=_service_of)
def update_service_specific_credential(
    ctx: Context, service_specific_credential_id: str, status: str, user_name: str | None = None
) -> None:
    """Activate or deactivate a credential."""
    if status == "Expired":
        raise InvalidInputException("The status can be set to Active or Inactive.")
    credential = _credential(ctx, people.user_of(ctx, user_name), service_specific_credential_id)
    tables.service_credentials.replace(ctx.tx, credential, replace(credential, active=status == "Active"))


@iam.operation(resource=user_arn, keys=_service_of)
def reset_service_specific_credential(
    ctx: Context, service_specific_credential_id: str, user_name: str | None = None
) -> CredentialResult:
    """Another secret for a credential; the old one is good for nothing from now on."""
    user = people.user_of(ctx, user_name)
    credential = _credential(ctx, user, service_specific_credential_id)
    secret = _new_secret(ctx, credential.service, credential.alias)
    changed = replace(credential, hash=_hash(secret))
    tables.service_credentials.replace(ctx.tx, credential, changed)
    return {"ServiceSpecificCredential": _with_secret(_metadata(ctx, user.name, changed), secret)}


@iam.operation(resource=user_arn, keys=_service_of)
def delete_service_specific_credential(
    ctx: Context, service_specific_credential_id: str, user_name: str | None = None
) -> None:
    """The credential is gone."""
    credential = _credential(ctx, people.user_of(ctx, user_name), service_specific_credential_id)
    tables.service_credentials.delete(ctx.tx, credential)


def _check_service(name: str) -> None:
    if name in _not_here:
        raise NotSupported(f"Service-specific credentials for {name} are not supported by Gureum.")
    if name not in _services:
        raise ServiceNotSupportedException(f"No such service {name} is supported for Service Specific Credentials")


def _credential(ctx: Context, user: User, credential_id: str) -> ServiceCredential:
    found = tables.service_credentials.get(ctx.tx, (ctx.account, user.id, credential_id))
    if found is None:
        raise NoSuchEntityException(f"The Service Specific Credential with id {credential_id} cannot be found.")
    return found


def _name_of(ctx: Context, credential: ServiceCredential) -> str:
    user = identity.users_by_id.first(ctx.tx, (credential.user_id,))
    assert user is not None, "a user is deleted after its credentials"
    return user.name


def _new_secret(ctx: Context, service: str, alias: str) -> str:
    random = base64.b64encode(ctx.ids.bytes(_secret_bytes)).decode()
    if service in _password_services:
        return random
    return _key_prefix + base64.b64encode(f"{alias}:{random}".encode()).decode()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _metadata(ctx: Context, user_name: str, credential: ServiceCredential) -> Metadata:
    expired = credential.expires_ms is not None and credential.expires_ms <= ctx.now_ms
    shown: Metadata = {
        "UserName": user_name,
        "Status": "Expired" if expired else "Active" if credential.active else "Inactive",
        "CreateDate": to_datetime(credential.created_ms),
        "ServiceSpecificCredentialId": credential.id,
        "ServiceName": credential.service,
    }
    if credential.service in _password_services:
        shown["ServiceUserName"] = credential.alias
    else:
        shown["ServiceCredentialAlias"] = credential.alias
    if credential.expires_ms is not None:
        shown["ExpirationDate"] = to_datetime(credential.expires_ms)
    return shown


def _with_secret(shown: Metadata, secret: str) -> Credential:
    member = "ServicePassword" if shown["ServiceName"] in _password_services else "ServiceCredentialSecret"
    return cast("Credential", {**shown, member: secret})
