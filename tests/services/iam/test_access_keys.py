"""Access keys through boto3: each works exactly as long as it is there and active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gureum.identity.credentials import account_of_key_id
from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.support.clouds import Cloud
from tests.support.refusals import refused

Client = Callable[..., Any]


def test_a_key_works_while_it_is_active(client: Client, iam: Any, account: str) -> None:
    """Deactivated, activated and deleted keys: each holds from the very next request on."""
    key = add_user(iam, "alice")
    sts = client("sts", key=key)
    arn = f"arn:aws:iam::{account}:user/alice"
    assert sts.get_caller_identity()["Arn"] == arn
    iam.update_access_key(UserName="alice", AccessKeyId=key[0], Status="Inactive")
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", 403):
        sts.get_caller_identity()
    assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.update_access_key(UserName="alice", AccessKeyId=key[0], Status="Active")
    assert sts.get_caller_identity()["Arn"] == arn
    iam.delete_access_key(UserName="alice", AccessKeyId=key[0])
    with refused("InvalidClientTokenId", "", 403):
        sts.get_caller_identity()


def test_the_secret_is_answered_once_and_never_recorded(cloud: Cloud, iam: Any, account: str) -> None:
    """Neither listings nor the record of calls have it; the key id tells the account."""
    iam.create_user(UserName="alice")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    assert (made["UserName"], made["Status"]) == ("alice", "Active")
    assert made["AccessKeyId"].startswith("AKIA")
    assert len(made["SecretAccessKey"]) == 40
    assert account_of_key_id(made["AccessKeyId"]) == account
    [listed] = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert listed.keys() == {"UserName", "AccessKeyId", "Status", "CreateDate"}
    state = b"".join(path.read_bytes() for path in cloud.data.rglob("*") if path.is_file())
    assert made["SecretAccessKey"].encode() not in state


def test_two_keys_for_each_user_and_for_root(client: Client, iam: Any) -> None:
    """Inactive ones count."""
    iam.create_user(UserName="alice")
    for owner in ({"UserName": "alice"}, {}):
        first = iam.create_access_key(**owner)["AccessKey"]["AccessKeyId"]
        iam.update_access_key(AccessKeyId=first, Status="Inactive", **owner)
        iam.create_access_key(**owner)
        with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409):
            iam.create_access_key(**owner)
        assert len(iam.list_access_keys(**owner)["AccessKeyMetadata"]) == 2


def test_the_root_user_has_keys_of_its_own(client: Client, iam: Any, account: str) -> None:
    """Named by nobody, and stopped like all others."""
    made = iam.create_access_key()["AccessKey"]
    assert "UserName" not in made
    key = (made["AccessKeyId"], made["SecretAccessKey"])
    assert client("sts", key=key).get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
    client("iam", key=key).delete_access_key(AccessKeyId=key[0])
    with refused("InvalidClientTokenId", "", 403):
        client("sts", key=key).get_caller_identity()


def test_users_manage_their_own_keys_without_naming_themselves(client: Client, iam: Any, account: str) -> None:
    """What most rotation scripts do."""
    own = f"arn:aws:iam::{account}:user/${{aws:username}}"
    me = client("iam", key=add_user(iam, "alice", allow("iam:*AccessKey*", resource=own)))
    made = me.create_access_key()["AccessKey"]
    assert made["UserName"] == "alice"
    assert len(me.list_access_keys()["AccessKeyMetadata"]) == 2
    me.update_access_key(AccessKeyId=made["AccessKeyId"], Status="Inactive")
    me.delete_access_key(AccessKeyId=made["AccessKeyId"])
    iam.create_user(UserName="bob")
    with refused("AccessDenied", "user/bob", 403):
        me.create_access_key(UserName="bob")


def test_a_key_is_found_under_its_user_only(iam: Any) -> None:
    """Whatever account or user it is of otherwise."""
    key, _ = add_user(iam, "alice")
    iam.create_user(UserName="bob")
    for owner in ({"UserName": "bob"}, {}):
        with refused("NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404):
            iam.delete_access_key(AccessKeyId=key, **owner)
        with refused("NoSuchEntity", "", 404):
            iam.update_access_key(AccessKeyId=key, Status="Inactive", **owner)
    for operation in (iam.create_access_key, iam.list_access_keys):
        with refused("NoSuchEntity", "The user with name none cannot be found.", 404):
            operation(UserName="none")
    with refused("ValidationError"):
        iam.update_access_key(UserName="alice", AccessKeyId=key, Status="Sleeping")
    with refused("InvalidInput", "Active or Inactive"):
        iam.update_access_key(UserName="alice", AccessKeyId=key, Status="Expired")
