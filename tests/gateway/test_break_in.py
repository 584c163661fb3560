"""Ways in that look like doors: each of these tests is an attack that has to fail.

What one credential may is not what another may that looks like it: one that had the name before, one whose path reads
like another's, a resource whose ARN is written in another way.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (unique ids),
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.iam.conftest import account, iam
from tests.services.iam.documents import EVERYTHING, allow, policy
from tests.services.iam.people import add_user, key_of
from tests.services.organizations.company import RCP, Company, deny
from tests.services.sts.people import Client, add_role, session, trusting
from tests.support.clouds import Cloud, running
from tests.support.refusals import refused

__all__ = ["account", "iam"]

ROUNDS = 3


@pytest.fixture(scope="module", params=["embedded", "postgres"])
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of two workers, in either store."""
    postgres = request.param == "postgres"
    state = request.getfixturevalue("postgres_server").create_database() if postgres else None
    with running(tmp_path_factory.mktemp("two"), workers=2, state=state) as started:
        yield started


@pytest.fixture
def company(cloud: Cloud, name: str) -> Company:
    """An organization of the test's own."""
    return Company(cloud, name)


def code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def test_a_namesake_does_not_revive_federated_sessions(iam: Any, client: Client) -> None:
    """What is remembered for the new user's sessions is not for those that the deleted one has made."""
    made = {"Name": "guest", "Policy": EVERYTHING}
    old = client("sts", key=add_user(iam, "alice", allow("*"))).get_federation_token(**made)
    session(client, "sqs", old).list_queues()
    for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="alice", PolicyName="own")
    iam.delete_user(UserName="alice")
    new = client("sts", key=add_user(iam, "alice", allow("*"))).get_federation_token(**made)
    session(client, "sqs", new).list_queues()
    with refused("InvalidClientTokenId", status=403):
        session(client, "sqs", old).list_queues()


def test_a_session_follows_its_user_to_another_name(iam: Any, client: Client, account: str) -> None:
    """And is not taken for the one who has the name now: `${aws:username}` is the name of the moment."""
    own = allow("sqs:SendMessage", resource="arn:aws:sqs:*:*:${aws:username}")
    sts = client("sts", key=add_user(iam, "alice", own))
    queues = {user: client("sqs", key=(account, "test")).create_queue(QueueName=user) for user in ("alice", "bob")}
    sqs = session(client, "sqs", sts.get_session_token())
    sqs.send_message(QueueUrl=queues["alice"]["QueueUrl"], MessageBody="mine")
    iam.update_user(UserName="alice", NewUserName="bob")
    add_user(iam, "alice")
    with refused("AccessDenied", "user/bob", 403):
        sqs.send_message(QueueUrl=queues["alice"]["QueueUrl"], MessageBody="hers")
    sqs.send_message(QueueUrl=queues["bob"]["QueueUrl"], MessageBody="mine")


def test_a_resource_policy_does_not_mean_who_had_the_name(iam: Any, client: Client, account: str) -> None:
    """A queue is opened to a user by name: sessions of one who was called so before are somebody else's."""
    sts = client("sts", key=add_user(iam, "alice", allow("sts:GetFederationToken")))
    sessions = [session(client, "sqs", sts.get_session_token())]
    sessions.append(session(client, "sqs", sts.get_federation_token(Name="guest", Policy=EVERYTHING)))
    iam.update_user(UserName="alice", NewUserName="bob")
    alice = client("sqs", key=add_user(iam, "alice"))
    root = client("sqs", key=(account, "test"))
    url = root.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:iam::{account}:user/alice"
    statement = allow("sqs:SendMessage", resource=f"arn:aws:sqs:us-east-1:{account}:q", Principal={"AWS": arn})
    root.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
    alice.send_message(QueueUrl=url, MessageBody="hers")
    for sqs in sessions:
        with refused("AccessDenied", "sqs:SendMessage", 403):
            sqs.send_message(QueueUrl=url, MessageBody="stolen")


@pytest.mark.parametrize("kind", ["role", "user"])
def test_a_path_does_not_make_a_service_linked_role(company: Company, client: Client, kind: str) -> None:
    """Resource control policies leave out service-linked roles, and nobody whose path reads like theirs."""
    company.enable(RCP)
    owner = company.invite("a")
    sqs = company.client("sqs", owner)
    url = sqs.create_queue(QueueName="guarded")["QueueUrl"]
    statement = allow("sqs:SendMessage", resource=f"arn:aws:sqs:us-east-1:{owner}:guarded", Principal="*")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
    iam, path = company.client("iam", owner), "/x:role/aws-service-role/"
    iam.create_user(UserName="alice", Path=path if kind == "user" else "/")
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=EVERYTHING)
    sts = client("sts", key=key_of(iam, "alice"))
    if kind == "role":
        role = add_role(iam, "worker", trusting(AWS=owner), allow("*"), Path=path)
        thief = session(client, "sqs", sts.assume_role(RoleArn=role, RoleSessionName="s1"))
    else:
        thief = session(client, "sqs", sts.get_federation_token(Name="guest", Policy=EVERYTHING))
    thief.send_message(QueueUrl=url, MessageBody="allowed until now")
    company.attach(company.root, deny("sqs:SendMessage", Principal="*"), RCP)
    with refused("AccessDenied", "explicit deny in a resource control policy", 403):
        thief.send_message(QueueUrl=url, MessageBody="stolen")


def test_what_was_taken_back_is_not_remembered(company: Company, client: Client, name: str) -> None:
    """What a call changes before it fails never was: not even when others have changed as much since.

    Who accepts an invitation leaves the organization that it is in, and its policies, before the linked role is made.
    """
    company.enable()
    member = company.invite("a")
    company.attach(member, deny("sqs:*"))
    iam = company.client("iam", member)
    iam.delete_service_linked_role(RoleName="AWSServiceRoleForOrganizations")
    key = add_user(iam, "eve", allow("organizations:*", "sqs:*"))
    accomplice = Company(company.cloud, f"{name} accomplice")
    invitation = accomplice.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": member})
    for changes in range(1, 7):
        with refused("AccessDeniedForDependencyException"):
            client("organizations", key=key).accept_handshake(HandshakeId=invitation["Handshake"]["Id"])
        for number in range(changes):
            accomplice.unit(f"unit {changes}.{number}")
        with refused("AccessDenied", "explicit deny in a service control policy", 403):
            client("sqs", key=key).list_queues()


def test_policies_of_aws_are_not_open_to_everybody(company: Company, client: Client) -> None:
    """They belong to no account, which does not make them shared: who may nothing does not see where they are."""
    company.enable()
    iam = company.client("iam", company.management)
    organizations = client("organizations", key=add_user(iam, "nobody"))
    with refused("AccessDeniedException", "organizations:DescribePolicy", 400):
        organizations.describe_policy(PolicyId="p-FullAWSAccess")
    with refused("AccessDeniedException", "organizations:ListTargetsForPolicy", 400):
        organizations.list_targets_for_policy(PolicyId="p-FullAWSAccess")


def test_a_queue_has_one_arn(iam: Any, client: Client, account: str) -> None:
    """Another partition names the same queue to nobody: a denial of its ARN would not hold."""
    root = client("sqs", key=(account, "test"))
    url = root.create_queue(QueueName="secret")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:secret"
    redrive = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}'
    root.create_queue(QueueName="source", Attributes={"RedrivePolicy": redrive})
    root.create_queue(QueueName="mine")
    root.send_message(QueueUrl=url, MessageBody="secret")
    sqs = client("sqs", key=add_user(iam, "alice", allow("sqs:*"), {**allow("sqs:*", resource=arn), "Effect": "Deny"}))
    with refused("AccessDenied", "explicit deny", 403):
        sqs.list_message_move_tasks(SourceArn=arn)
    elsewhere = arn.replace("arn:aws:", "arn:aws-cn:")
    with refused("ResourceNotFoundException", status=404):
        sqs.list_message_move_tasks(SourceArn=elsewhere)
    with refused("ResourceNotFoundException", status=404):
        sqs.start_message_move_task(SourceArn=elsewhere, DestinationArn=arn.replace("secret", "mine"))


def test_who_cannot_sign_makes_no_accounts(cloud: Cloud, client: Client) -> None:
    """An account comes into being when its root key is first used, which a guess with another secret is not."""

    def accounts() -> set[str]:
        return {each["AccountId"] for each in cloud.call("ListAccounts", MaxResults=1000)["Accounts"]}

    with refused("SignatureDoesNotMatch", status=403):
        client("sts", key=("987654321098", "guess")).get_caller_identity()
    assert "987654321098" not in accounts()
    client("sts", key=("987654321098", "test")).get_caller_identity()
    assert "987654321098" in accounts()


def test_another_region_is_no_way_around_a_policy(iam: Any, client: Client) -> None:
    """IAM is in us-east-1 for everybody, so a denial there holds wherever the request says that it goes."""
    here = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    key = add_user(iam, "alice", allow("iam:*"), {**allow("iam:*", Condition=here), "Effect": "Deny"})
    for region in ("us-east-1", "eu-west-1"):
        with refused("AccessDenied", "explicit deny", 403):
            client("iam", key=key, region=region).list_users()


@pytest.mark.parametrize("path", ["/a*b/", '/a"b/', "/a\\b/"])
def test_any_path_lets_users_change_their_own_passwords(iam: Any, client: Client, path: str) -> None:
    """The permission is made from the user's ARN, in which a path may have any character."""
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    iam.create_user(UserName="alice", Path=path)
    iam.create_login_profile(UserName="alice", Password="Correct-horse-1")
    own = client("iam", key=key_of(iam, "alice"))
    own.change_password(OldPassword="Correct-horse-1", NewPassword="Correct-horse-2")


def test_what_is_taken_away_in_one_process_is_gone_in_the_others(two: Cloud, account: str) -> None:
    """A key deactivated, a policy removed, a role deleted: connections go to either worker, and both remember."""
    iam = two.client("iam", key=(account, "test"))
    key = add_user(iam, "alice", allow("sqs:*", "sts:*"))
    role = add_role(iam, "worker", trusting(AWS=account), allow("sqs:*"))
    answer = two.client("sts", key=key).assume_role(RoleArn=role, RoleSessionName="s1")

    def everywhere(who: Any) -> set[str]:
        """What clients with connections of their own, which the kernel spreads over the workers, are answered."""
        found = set()
        for _ in range(12):
            try:
                who().list_queues()
                found.add("allowed")
            except ClientError as error:
                found.add(code_of(error))
        return found

    def user() -> Any:
        return two.client("sqs", key=key)

    def assumed() -> Any:
        return session(two.client, "sqs", answer)

    for _ in range(ROUNDS):
        assert everywhere(user) == {"allowed"}
        two.client("iam", key=(account, "test")).update_access_key(
            UserName="alice", AccessKeyId=key[0], Status="Inactive"
        )
        assert everywhere(user) == {"InvalidClientTokenId"}
        two.client("iam", key=(account, "test")).update_access_key(
            UserName="alice", AccessKeyId=key[0], Status="Active"
        )
    two.client("iam", key=(account, "test")).delete_user_policy(UserName="alice", PolicyName="own")
    assert everywhere(user) == {"AccessDenied"}
    assert everywhere(assumed) == {"allowed"}
    iam.delete_role_policy(RoleName="worker", PolicyName="own")
    assert everywhere(assumed) == {"AccessDenied"}
    iam.delete_role(RoleName="worker")
    add_role(iam, "worker", trusting(AWS=account), allow("sqs:*"))
    assert everywhere(assumed) == {"InvalidClientTokenId"}
