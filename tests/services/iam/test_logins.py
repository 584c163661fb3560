"""Passwords of users and the account's password policy, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EVERYTHING, allow, policy, trust
from tests.services.iam.people import add_user
from tests.support.clouds import Cloud
from tests.support.refusals import refused

Client = Callable[..., Any]

GOOD = "Correct-Horse-1"


def test_a_login_profile_is_made_changed_and_deleted(iam: Any) -> None:
    """It says that there is a password, and never which."""
    iam.create_user(UserName="u")
    with refused("NoSuchEntity", "Login Profile for User u cannot be found.", 404):
        iam.get_login_profile(UserName="u")
    made = iam.create_login_profile(UserName="u", Password=GOOD, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("u", True)
    with refused("EntityAlreadyExists", "Login Profile for user u already exists.", 409):
        iam.create_login_profile(UserName="u", Password=GOOD)
    iam.update_login_profile(UserName="u", PasswordResetRequired=False)
    assert iam.get_login_profile(UserName="u")["LoginProfile"] == {**made, "PasswordResetRequired": False}
    iam.delete_login_profile(UserName="u")
    for call in (iam.get_login_profile, iam.delete_login_profile, iam.update_login_profile):
        with refused("NoSuchEntity", "Login Profile for User u cannot be found.", 404):
            call(UserName="u")


def test_users_change_their_own_passwords(client: Client, iam: Any) -> None:
    """With the old one; whoever had to choose a new one has done so."""
    me = client("iam", key=add_user(iam, "u", allow("iam:ChangePassword", "iam:GetLoginProfile")))
    with refused("NoSuchEntity", "Login Profile for User u cannot be found.", 404):
        me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}2")
    iam.create_login_profile(UserName="u", Password=GOOD, PasswordResetRequired=True)
    with refused("AccessDenied", "The old password was incorrect.", 403):
        me.change_password(OldPassword=f"{GOOD}x", NewPassword=f"{GOOD}2")
    me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}2")
    assert me.get_login_profile()["LoginProfile"]["PasswordResetRequired"] is False
    with refused("AccessDenied", "incorrect", 403):
        me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}3")
    me.change_password(OldPassword=f"{GOOD}2", NewPassword=GOOD)


def test_an_old_password_cannot_be_guessed(client: Client, iam: Any) -> None:
    """After five different wrong ones the right one is refused too, in the same words; a new password ends that."""
    me = client("iam", key=add_user(iam, "u", allow("iam:ChangePassword")))
    iam.create_login_profile(UserName="u", Password=GOOD)
    for guess in ("1", "2", "3", "4", "4"):
        with refused("AccessDenied", "The old password was incorrect.", 403):
            me.change_password(OldPassword=f"{GOOD}{guess}", NewPassword=f"{GOOD}x")
    me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}x")
    for guess in ("1", "2", "3", "4", "5", "x"):
        with refused("AccessDenied", "The old password was incorrect.", 403):
            me.change_password(OldPassword=f"{GOOD}{guess}", NewPassword=GOOD)
    iam.update_login_profile(UserName="u", Password=f"{GOOD}y")
    me.change_password(OldPassword=f"{GOOD}y", NewPassword=GOOD)


def test_nobody_else_has_a_password_to_change(client: Client, iam: Any, account: str) -> None:
    """Neither the root user nor a session of a role."""
    with refused("InvalidUserType", "Only IAM Users can change their own password"):
        iam.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}2")
    key = add_user(iam, "u", allow("sts:AssumeRole"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{account}:root"))
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=EVERYTHING)
    role = client("sts", key=key).assume_role(RoleArn=f"arn:aws:iam::{account}:role/r", RoleSessionName="session")
    made = role["Credentials"]
    session = client("iam", key=(made["AccessKeyId"], made["SecretAccessKey"]), token=made["SessionToken"])
    with refused("InvalidUserType"):
        session.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}2")


def test_the_root_users_password_is_refused_by_name(iam: Any) -> None:
    """It has none here, and to ask for one is not to be ignored."""
    for call in (iam.create_login_profile, iam.get_login_profile, iam.delete_login_profile):
        with refused("NotImplemented", "root user", 501):
            call()
    iam.create_user(UserName="u")
    with refused("ValidationError", "Password"):
        iam.create_login_profile(UserName="u")


def test_passwords_are_never_recorded_nor_stored(cloud: Cloud, iam: Any) -> None:
    """Not in the state, its log, or the record of calls."""
    secret = "Unmistakable-Passw0rd-4711"
    iam.create_user(UserName="u")
    iam.create_login_profile(UserName="u", Password=secret)
    iam.update_login_profile(UserName="u", Password=f"{secret}!")
    state = b"".join(path.read_bytes() for path in cloud.data.rglob("*") if path.is_file())
    assert secret.encode() not in state


def test_the_policy_is_set_as_a_whole_and_deleted(iam: Any, account: str) -> None:
    """What is left out returns to its default."""
    missing = f"The Password Policy with domain name {account} cannot be found."
    for call in (iam.get_account_password_policy, iam.delete_account_password_policy):
        with refused("NoSuchEntity", missing, 404):
            call()
    iam.update_account_password_policy(
        MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90, HardExpiry=True
    )
    shown = iam.get_account_password_policy()["PasswordPolicy"]
    expected = {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "HardExpiry": True,
    }
    assert shown == expected
    iam.update_account_password_policy(PasswordReusePrevention=3)
    shown = iam.get_account_password_policy()["PasswordPolicy"]
    assert (shown["MinimumPasswordLength"], shown["RequireSymbols"], shown["ExpirePasswords"]) == (6, False, False)
    assert shown["PasswordReusePrevention"] == 3
    assert "MaxPasswordAge" not in shown
    for wrong in (
        {"MinimumPasswordLength": 5},
        {"MinimumPasswordLength": 129},
        {"MaxPasswordAge": 1096},
        {"PasswordReusePrevention": 25},
    ):
        with refused("ValidationError"):
            iam.update_account_password_policy(**wrong)
    iam.delete_account_password_policy()
    with refused("NoSuchEntity", missing, 404):
        iam.get_account_password_policy()


@pytest.mark.parametrize(
    ("settings", "password", "message"),
    [
        ({"MinimumPasswordLength": 10}, "a" * 9, "Password should have a minimum length of 10"),
        ({"RequireSymbols": True}, "abcdef", "Password should have at least one symbol"),
        ({"RequireNumbers": True}, "abcdef", "Password should have at least one number"),
        ({"RequireUppercaseCharacters": True}, "abcdef", "Password should have at least one uppercase letter"),
        ({"RequireLowercaseCharacters": True}, "ABCDEF", "Password should have at least one lowercase letter"),
    ],
)
def test_the_policy_is_enforced(iam: Any, settings: dict[str, Any], password: str, message: str) -> None:
    """Each setting by itself, for new passwords and for other ones."""
    iam.create_user(UserName="u")
    iam.update_account_password_policy(**settings)
    with refused("PasswordPolicyViolation", message):
        iam.create_login_profile(UserName="u", Password=password)
    iam.create_login_profile(UserName="u", Password="aA1!aA1!aA1!")
    with refused("PasswordPolicyViolation", message):
        iam.update_login_profile(UserName="u", Password=password)


@pytest.mark.parametrize("password", ["Ab1!xyz", "abcdefgh1", "ABCDEFGH-"])
def test_the_default_policy(iam: Any, password: str) -> None:
    """Eight characters of three of four classes."""
    iam.create_user(UserName="u")
    with refused("PasswordPolicyViolation"):
        iam.create_login_profile(UserName="u", Password=password)
    iam.create_login_profile(UserName="u", Password="abcdefG1")


def test_former_passwords_are_not_taken_again(iam: Any) -> None:
    """As many as the policy says, the present one included."""
    iam.create_user(UserName="u")
    iam.create_login_profile(UserName="u", Password=f"{GOOD}-0")
    for number in range(1, 4):
        iam.update_login_profile(UserName="u", Password=f"{GOOD}-{number}")
    iam.update_account_password_policy(PasswordReusePrevention=3)
    for number in (3, 2, 1):
        with refused("PasswordPolicyViolation", "password reuse prevention"):
            iam.update_login_profile(UserName="u", Password=f"{GOOD}-{number}")
    iam.update_login_profile(UserName="u", Password=f"{GOOD}-0")


def test_users_may_be_allowed_to_change_their_own_passwords(client: Client, iam: Any) -> None:
    """`AllowUsersToChangePassword` is a permission without a policy: of each for itself only, and denials win."""
    key = add_user(iam, "u")
    me = client("iam", key=key)
    iam.create_login_profile(UserName="u", Password=GOOD)
    for call in (
        lambda: me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}2"),
        me.get_account_password_policy,
    ):
        with refused("AccessDenied", "no identity-based policy allows", 403):
            call()
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}2")
    assert me.get_account_password_policy()["PasswordPolicy"]["AllowUsersToChangePassword"]
    with refused("AccessDenied", "", 403):
        me.update_login_profile(UserName="u", Password=f"{GOOD}3")
    denied = {"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"}
    iam.put_user_policy(UserName="u", PolicyName="no", PolicyDocument=policy(denied))
    with refused("AccessDenied", "explicit deny", 403):
        me.change_password(OldPassword=f"{GOOD}2", NewPassword=GOOD)
