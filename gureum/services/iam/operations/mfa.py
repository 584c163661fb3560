"""Virtual MFA devices: authenticator apps as a user's second factor.

The codes are real (`identity.mfa`).  Security keys and hardware tokens cannot be registered: what would make them known
here is not in this API, or only through the console.

The root user's device is enabled under the user name `root`, by the root user itself: on AWS only the console can do
that.  An IAM user of that name comes first.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.principal import root
from gureum.base.clock import to_datetime
from gureum.identity import mfa, tables
from gureum.identity.records import ROOT_USER, MfaDevice
from gureum.services.iam import finding, paging, people
from gureum.services.iam import tables as own_tables
from gureum.services.iam.errors import (
    DeleteConflictException,
    EntityAlreadyExistsException,
    InvalidAuthenticationCodeException,
    NoSuchEntityException,
    ValidationError,
)
from gureum.services.iam.paging import More, more
from gureum.services.iam.people import Named
from gureum.services.iam.rules import names, qr, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import all_of, global_arn, iam, mfa_arn, new_mfa_arn, tagging, tags_asked_for, user_arn
from gureum.state.keys import Key

_root_name: Final = "root"
_codes: Final = frozenset({"AuthenticationCode1", "AuthenticationCode2"})
_serial_characters_max: Final = 256


class VirtualMFADevice(TypedDict):
    SerialNumber: str
    Base32StringSeed: NotRequired[bytes]
    QRCodePNG: NotRequired[bytes]
    User: NotRequired[people.User]
    EnableDate: NotRequired[datetime]
    Tags: NotRequired[list[Tag]]


class MFADevice(TypedDict):
    UserName: str
    SerialNumber: str
    EnableDate: datetime


class CreateVirtualMFADeviceResult(TypedDict):
    VirtualMFADevice: VirtualMFADevice


class ListMFADevicesResult(More):
    MFADevices: list[MFADevice]


class ListVirtualMFADevicesResult(More):
    VirtualMFADevices: list[VirtualMFADevice]


class GetMFADeviceResult(Named):
    SerialNumber: str
    EnableDate: NotRequired[datetime]


class ListMFADeviceTagsResult(More):
    Tags: list[Tag]


def _owner_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The user that is named; without a name the device's, and the caller for a device that is nobody's."""
    device = tables.mfa_devices.get(ctx.tx, (ctx.account, values["SerialNumber"]))
    if values.get("UserName") is not None or device is None or not device.user:
        return user_arn(ctx, values)
    return root(ctx.account).arn if device.user == ROOT_USER else user_arn(ctx, {"UserName": device.user})


@iam.operation(resource=new_mfa_arn, keys=tags_asked_for, also=tagging("iam:TagMFADevice", new_mfa_arn))
def create_virtual_mfa_device(
    ctx: Context, virtual_mfa_device_name: str, path: str = names.ROOT_PATH, tags: list[Tag] | None = None
) -> CreateVirtualMFADeviceResult:
    """A new device that is nobody's yet.  Its seed is answered once, as text and as a picture."""
    serial = global_arn(ctx, f"mfa{path}{virtual_mfa_device_name}")
    if len(serial) > _serial_characters_max:
        raise ValidationError(f"The serial number {serial} is longer than {_serial_characters_max} characters.")
    if tables.mfa_devices.get(ctx.tx, (ctx.account, serial)) is not None:
        raise EntityAlreadyExistsException("MFADevice entity at the same path and name already exists.")
    quotas.virtual_mfa_devices.check(tables.mfa_devices.count(ctx.tx, (ctx.account,)))
    seed = mfa.new_seed(ctx.ids)
    sealed = mfa.seal(ctx.vault, ctx.ids, seed)
    device = MfaDevice(ctx.account, serial, sealed, ctx.now_ms, tags=rules.merge({}, tags or ()))
    tables.mfa_devices.insert(ctx.tx, device)
    text = mfa.base32(seed)
    account_name = own_tables.alias_of(ctx.tx, ctx.account) or ctx.account
    shown: VirtualMFADevice = {
        "SerialNumber": serial,
        "Base32StringSeed": text.encode(),
        "QRCodePNG": qr.png(qr.key_uri(virtual_mfa_device_name, account_name, text)),
    }
    if device.tags:
        shown["Tags"] = rules.show(device.tags)
    return {"VirtualMFADevice": shown}


@iam.operation(resource=mfa_arn)
def delete_virtual_mfa_device(ctx: Context, serial_number: str) -> None:
    """A device that nobody uses is gone."""
    device = _device(ctx, serial_number)
    if device.user:
        raise DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.")
    tables.mfa_devices.delete(ctx.tx, device)


@iam.operation(resource=user_arn, hidden=_codes)
def enable_mfa_device(
    ctx: Context, user_name: str, serial_number: str, authentication_code_1: str, authentication_code_2: str
) -> None:
    """Make a device a user's second factor, with two codes that it showed one after the other.

    Codes that are some minutes old are taken, and the device is then as far off as they are: as AWS documents.
    """
    owner = _owner(ctx, user_name)
    device = _device(ctx, serial_number)
    if device.user:
        raise EntityAlreadyExistsException("MFA Device is already in use.")
    quotas.mfa_devices.check(len(tables.mfa_devices_by_user.scan(ctx.tx, (ctx.account, owner))))
    synchronized = _synchronized(ctx, device, (authentication_code_1, authentication_code_2))
    tables.mfa_devices.replace(ctx.tx, device, replace(synchronized, user=owner, enabled_ms=ctx.now_ms))


@iam.operation(resource=user_arn, hidden=_codes)
def resync_mfa_device(
    ctx: Context, user_name: str, serial_number: str, authentication_code_1: str, authentication_code_2: str
) -> None:
    """Note how far off a device is, by two codes that it showed one after the other."""
    device = _device_of(ctx, _owner(ctx, user_name), serial_number)
    synchronized = _synchronized(ctx, device, (authentication_code_1, authentication_code_2))
    tables.mfa_devices.replace(ctx.tx, device, synchronized)


@iam.operation(resource=user_arn)
def deactivate_mfa_device(ctx: Context, serial_number: str, user_name: str | None = None) -> None:
    """The device is nobody's again."""
    device = _device_of(ctx, _owner(ctx, user_name), serial_number)
    tables.mfa_devices.replace(ctx.tx, device, replace(device, user="", enabled_ms=None))


@iam.operation(resource=user_arn, readonly=True)
def list_mfa_devices(
    ctx: Context, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListMFADevicesResult:
    """The devices of a user."""
    owner = _owner(ctx, user_name)

    def scan(after: Key | None, limit: int) -> list[MfaDevice]:
        return tables.mfa_devices_by_user.scan(ctx.tx, (ctx.account, owner), after=after, limit=limit)

    position = tables.mfa_devices_by_user.position
    found, following = paging.page(ctx, scan, position, f"ListMFADevices/{owner}", marker, max_items)
    devices: list[MFADevice] = [
        {
            "UserName": _shown_name(device.user),
            "SerialNumber": device.serial,
            "EnableDate": to_datetime(device.enabled_ms or 0),
        }
        for device in found
    ]
    return {"MFADevices": devices, **more(following)}


@iam.operation(resource=all_of("mfa"), readonly=True)
def list_virtual_mfa_devices(
    ctx: Context, assignment_status: str = "Any", marker: str | None = None, max_items: int | None = None
) -> ListVirtualMFADevicesResult:
    """The devices of the account: all of them, or those that are or are not some user's."""

    def scan(after: Key | None, limit: int) -> list[MfaDevice]:
        return tables.mfa_devices.scan(ctx.tx, (ctx.account,), after=after, limit=limit)

    def wanted(device: MfaDevice) -> bool:
        return assignment_status == "Any" or bool(device.user) == (assignment_status == "Assigned")

    scope = f"ListVirtualMFADevices/{assignment_status}"
    found, following = paging.page(ctx, scan, tables.mfa_devices.key, scope, marker, max_items, wanted)
    return {"VirtualMFADevices": [_listed(ctx, device) for device in found], **more(following)}


@iam.operation(resource=_owner_arn, readonly=True)
def get_mfa_device(ctx: Context, serial_number: str, user_name: str | None = None) -> GetMFADeviceResult:
    """A device, and whose it is; with a user name only if it is that user's."""
    device = (
        _device(ctx, serial_number) if user_name is None else _device_of(ctx, _owner(ctx, user_name), serial_number)
    )
    result: GetMFADeviceResult = {"SerialNumber": device.serial}
    if device.user:
        result["UserName"] = _shown_name(device.user)
    if device.enabled_ms is not None:
        result["EnableDate"] = to_datetime(device.enabled_ms)
    return result


@iam.operation(resource=mfa_arn, keys=tags_asked_for)
def tag_mfa_device(ctx: Context, serial_number: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there, in whatever case, is overwritten."""
    device = _device(ctx, serial_number)
    tables.mfa_devices.replace(ctx.tx, device, replace(device, tags=rules.merge(device.tags, tags)))


@iam.operation(resource=mfa_arn, keys=tags_asked_for)
def untag_mfa_device(ctx: Context, serial_number: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    device = _device(ctx, serial_number)
    tables.mfa_devices.replace(ctx.tx, device, replace(device, tags=rules.without(device.tags, tag_keys)))


@iam.operation(resource=mfa_arn, readonly=True)
def list_mfa_device_tags(
    ctx: Context, serial_number: str, marker: str | None = None, max_items: int | None = None
) -> ListMFADeviceTagsResult:
    """The tags of a device, by key."""
    device = _device(ctx, serial_number)
    found, following = paging.tags(ctx, device.tags, f"ListMFADeviceTags/{device.serial}", marker, max_items)
    return {"Tags": found, **more(following)}


def _device(ctx: Context, serial: str) -> MfaDevice:
    found = tables.mfa_devices.get(ctx.tx, (ctx.account, serial))
    if found is None:
        raise NoSuchEntityException(f"VirtualMFADevice with serial number {serial} doesn't exist.")
    return found


def _device_of(ctx: Context, owner: str, serial: str) -> MfaDevice:
    device = _device(ctx, serial)
    if device.user != owner:
        raise NoSuchEntityException("MFA device invalid for user.")
    return device


def _owner(ctx: Context, user_name: str | None) -> str:
    """Under which name the devices of the one who is meant are kept.  Raises NoSuchEntity."""
    if ctx.principal.type == "Root":
        named_root = user_name == _root_name and tables.users.get(ctx.tx, (ctx.account, _root_name)) is None
        if user_name is None or named_root:
            return ROOT_USER
    return people.user_of(ctx, user_name).name


def _shown_name(owner: str) -> str:
    return _root_name if owner == ROOT_USER else owner


def _synchronized(ctx: Context, device: MfaDevice, codes: tuple[str, str]) -> MfaDevice:
    try:
        return mfa.synchronized(ctx.vault, device, codes, ctx.origin.host_ms)
    except mfa.WrongCode:
        raise InvalidAuthenticationCodeException("Authentication code for device is not valid.") from None


def _listed(ctx: Context, device: MfaDevice) -> VirtualMFADevice:
    shown: VirtualMFADevice = {"SerialNumber": device.serial}
    if device.user == ROOT_USER:
        shown["User"] = people.root(ctx)
    elif device.user:
        shown["User"] = people.listed_user(finding.user(ctx.tx, ctx.account, device.user))
    if device.enabled_ms is not None:
        shown["EnableDate"] = to_datetime(device.enabled_ms)
    return shown
