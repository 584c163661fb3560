"""Virtual MFA devices through boto3, with codes as an authenticator app makes them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from gureum.base.clock import host_ms
from gureum.identity.mfa import code_of, step_at
from gureum.services.iam import iam as service
from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.support.inprocess import serving
from tests.support.refusals import refused

Client = Callable[..., Any]


class App:
    """An authenticator app that has scanned the code of a new device."""

    def __init__(self, iam: Any, name: str = "phone", **options: Any) -> None:
        self.made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **options)["VirtualMFADevice"]
        self.serial: str = self.made["SerialNumber"]
        self._seed = base64.b32decode(self.made["Base32StringSeed"])

    def codes(self, behind: int = 1) -> dict[str, str]:
        """Two codes in a row, the first one `behind` steps ago."""
        step = step_at(host_ms()) - behind
        return {
            "AuthenticationCode1": code_of(self._seed, step),
            "AuthenticationCode2": code_of(self._seed, step + 1),
        }

    def enable(self, iam: Any, user: str, **codes: str) -> None:
        """Make it the device of `user`."""
        iam.enable_mfa_device(UserName=user, SerialNumber=self.serial, **(codes or self.codes()))


def test_a_device_is_made_enabled_listed_and_deactivated(iam: Any, account: str) -> None:
    """The life of a device; its seed is shown once."""
    iam.create_user(UserName="alice")
    app = App(iam, Path="/phones/", Tags=[{"Key": "a", "Value": "b"}])
    assert app.serial == f"arn:aws:iam::{account}:mfa/phones/phone"
    assert app.made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    assert len(app.made["Base32StringSeed"]) == 64
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"] == [
        {"SerialNumber": app.serial}
    ]
    assert "UserName" not in iam.get_mfa_device(SerialNumber=app.serial)

    app.enable(iam, "alice")
    [device] = iam.list_mfa_devices(UserName="alice")["MFADevices"]
    assert (device["UserName"], device["SerialNumber"]) == ("alice", app.serial)
    [listed] = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert listed["User"]["UserName"] == "alice"
    assert iam.get_mfa_device(SerialNumber=app.serial, UserName="alice")["EnableDate"] == device["EnableDate"]
    with refused("EntityAlreadyExists", "MFA Device is already in use.", 409):
        app.enable(iam, "alice")
    with refused("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409):
        iam.delete_virtual_mfa_device(SerialNumber=app.serial)
    with refused("DeleteConflict", "must delete MFA device first", 409):
        iam.delete_user(UserName="alice")

    iam.deactivate_mfa_device(UserName="alice", SerialNumber=app.serial)
    assert iam.list_mfa_devices(UserName="alice")["MFADevices"] == []
    iam.delete_virtual_mfa_device(SerialNumber=app.serial)
    with refused("NoSuchEntity", f"VirtualMFADevice with serial number {app.serial} doesn't exist.", 404):
        iam.delete_virtual_mfa_device(SerialNumber=app.serial)
    iam.delete_user(UserName="alice")


def test_wrong_codes_enable_nothing(iam: Any) -> None:
    """Two different ones in the wrong order, one twice, codes of another hour, and what is no code."""
    iam.create_user(UserName="alice")
    app = App(iam)
    codes = app.codes()
    first, second = codes["AuthenticationCode1"], codes["AuthenticationCode2"]
    for pair in ((second, first), (first, first), tuple(app.codes(behind=120).values())):
        with refused("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403):
            app.enable(iam, "alice", AuthenticationCode1=pair[0], AuthenticationCode2=pair[1])
    with refused("ValidationError"):
        app.enable(iam, "alice", AuthenticationCode1="12345", AuthenticationCode2="abcdef")
    assert iam.list_mfa_devices(UserName="alice")["MFADevices"] == []


def test_codes_are_good_once(iam: Any) -> None:
    """Those that enabled a device do not enable it again, nor synchronize it."""
    iam.create_user(UserName="alice")
    app = App(iam)
    codes = app.codes(behind=2)
    app.enable(iam, "alice", **codes)
    with refused("InvalidAuthenticationCode", "", 403):
        iam.resync_mfa_device(UserName="alice", SerialNumber=app.serial, **codes)
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=app.serial)
    with refused("InvalidAuthenticationCode", "", 403):
        app.enable(iam, "alice", **codes)
    app.enable(iam, "alice", **app.codes(behind=-1))


def test_a_device_that_is_minutes_off_is_synchronized(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_sync.html"""
    iam.create_user(UserName="alice")
    app = App(iam)
    app.enable(iam, "alice", **app.codes(behind=15))
    iam.resync_mfa_device(UserName="alice", SerialNumber=app.serial, **app.codes(behind=8))
    with refused("InvalidAuthenticationCode", "", 403):
        iam.resync_mfa_device(UserName="alice", SerialNumber=app.serial, **app.codes(behind=12))
    with refused("NoSuchEntity", "", 404):
        iam.resync_mfa_device(UserName="alice", SerialNumber=f"{app.serial}x", **app.codes())


def test_codes_do_not_depend_on_the_clouds_clock() -> None:
    """Whoever has a phone is not locked out when the clock is advanced."""
    with serving(service) as house:
        iam = house.client("iam")
        iam.create_user(UserName="alice")
        house.advance(3600)
        App(iam).enable(iam, "alice")


def test_eight_devices_for_each_user(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    iam.create_user(UserName="alice")
    apps = [App(iam, f"phone-{number}") for number in range(9)]
    for app in apps[:8]:
        app.enable(iam, "alice")
    with refused("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8", 409):
        apps[8].enable(iam, "alice")
    pages = iam.get_paginator("list_mfa_devices").paginate(UserName="alice", PaginationConfig={"PageSize": 3})
    assert sorted(device["SerialNumber"] for page in pages for device in page["MFADevices"]) == [
        app.serial for app in apps[:8]
    ]
    pages = iam.get_paginator("list_virtual_mfa_devices").paginate(PaginationConfig={"PageSize": 3})
    assert len([device for page in pages for device in page["VirtualMFADevices"]]) == 9
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"], summary["AccountMFAEnabled"]) == (9, 8, 0)


def test_the_root_user_has_a_device_too(client: Client, iam: Any, account: str) -> None:
    """Under the name `root`, which only the root user itself can use for that."""
    app = App(iam)
    app.enable(iam, "root")
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    [device] = iam.list_mfa_devices()["MFADevices"]
    assert (device["UserName"], device["SerialNumber"]) == ("root", app.serial)
    [listed] = iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert listed["User"]["Arn"] == f"arn:aws:iam::{account}:root"
    admin = client("iam", key=add_user(iam, "admin", allow("iam:*")))
    for call in (admin.deactivate_mfa_device, admin.get_mfa_device):
        with refused("NoSuchEntity", "root", 404):
            call(UserName="root", SerialNumber=app.serial)
    iam.deactivate_mfa_device(SerialNumber=app.serial)
    assert iam.list_mfa_devices()["MFADevices"] == []


def test_a_device_is_one_users_only(client: Client, iam: Any) -> None:
    """Of the user that is named, and of the account."""
    for user in ("alice", "bob"):
        iam.create_user(UserName=user)
    app = App(iam)
    app.enable(iam, "alice")
    with refused("NoSuchEntity", "MFA device invalid for user.", 404):
        iam.deactivate_mfa_device(UserName="bob", SerialNumber=app.serial)
    with refused("NoSuchEntity", "", 404):
        iam.get_mfa_device(UserName="bob", SerialNumber=app.serial)
    with refused("NoSuchEntity", "The user with name none cannot be found.", 404):
        app.enable(iam, "none")
    other = client("iam", key=("999900001111", "test"))
    with refused("NoSuchEntity", "", 404):
        other.get_mfa_device(SerialNumber=app.serial)
    with refused("AccessDenied", "", 403):
        other.delete_virtual_mfa_device(SerialNumber=app.serial)


def test_users_manage_their_own_device(client: Client, iam: Any, account: str) -> None:
    """AWS's example policy for self-management: the device has the user's name."""
    user = f"arn:aws:iam::{account}:user/${{aws:username}}"
    device = f"arn:aws:iam::{account}:mfa/*"
    manage = ("iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:DeactivateMFADevice", "iam:ListMFADevices")
    key = add_user(
        iam,
        "alice",
        allow("iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", resource=device),
        allow(*manage, "iam:GetMFADevice", resource=user),
    )
    me = client("iam", key=key)
    app = App(me, "alice")
    app.enable(me, "alice")
    assert len(me.list_mfa_devices()["MFADevices"]) == 1
    assert me.get_mfa_device(SerialNumber=app.serial)["UserName"] == "alice"
    iam.create_user(UserName="bob")
    theirs = App(iam, "bob")
    theirs.enable(iam, "bob")
    with refused("AccessDenied", "user/bob", 403):
        me.get_mfa_device(SerialNumber=theirs.serial)
    with refused("AccessDenied", "iam:TagMFADevice", 403):
        App(me, "tagged", Tags=[{"Key": "a", "Value": "b"}])


def test_devices_have_tags(iam: Any) -> None:
    """Like users."""
    app = App(iam, Tags=[{"Key": "Team", "Value": "a"}])
    assert app.made["Tags"] == [{"Key": "Team", "Value": "a"}]
    iam.tag_mfa_device(SerialNumber=app.serial, Tags=[{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}])
    iam.untag_mfa_device(SerialNumber=app.serial, TagKeys=["X"])
    assert iam.list_mfa_device_tags(SerialNumber=app.serial)["Tags"] == [{"Key": "team", "Value": "b"}]
    for call, values in (
        (iam.tag_mfa_device, {"Tags": [{"Key": "a", "Value": ""}]}),
        (iam.untag_mfa_device, {"TagKeys": ["a"]}),
        (iam.list_mfa_device_tags, {}),
    ):
        with refused("NoSuchEntity", "", 404):
            call(SerialNumber=f"{app.serial}-none", **values)


@pytest.mark.parametrize("name", ["a b", "", "x" * 300])
def test_names_of_devices(iam: Any, name: str) -> None:
    """The ARN that they become part of is a serial number, and no longer than one may be."""
    with refused("ValidationError"):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)


def test_a_serial_number_is_taken_once(iam: Any) -> None:
    """The same name below another path is another device."""
    App(iam)
    with refused("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.", 409):
        App(iam)
    App(iam, Path="/other/")
