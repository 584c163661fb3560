"""Policies of organizations decide about requests: service control policies about who is in the account, resource
control policies about what is in it.

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gureum.api.principal import Principal, Session
from gureum.api.vault import Vault
from gureum.base.clock import host_ms
from gureum.base.ids import Ids
from gureum.identity import organization as directory
from gureum.identity import tables
from gureum.identity.credentials import issue
from gureum.identity.organization import ControlAttachment, ControlPolicy, Member, Organization
from gureum.identity.records import Attachment, Owner, Role
from gureum.services.sqs import sqs as sqs_service
from gureum.state.store import Transaction
from tests.services.organizations.company import RCP, SCP, Company, allow, deny, document, number, refused
from tests.support.inprocess import serving

NOT_ALLOWED = "because no service control policy allows the sqs:ListQueues action"
DENIED = "with an explicit deny in a service control policy"


@pytest.fixture
def guarded(company: Company) -> Company:
    """With service control policies."""
    company.enable()
    return company


def clients(company: Company, account: str) -> list[Any]:
    """SQS as the root user of an account, and as an administrator in it."""
    return [company.client("sqs", account), company.cloud.client("sqs", key=company.user(account))]


def test_a_denial_on_a_unit_holds_for_the_accounts_below(guarded: Company) -> None:
    """For root users and users; AWS's sentence names the kind of policy."""
    unit, account = guarded.unit("u"), guarded.invite("a")
    inner = guarded.unit("inner", unit)
    root, alice = clients(guarded, account)
    policy = guarded.attach(unit, deny("sqs:*"))
    root.list_queues()
    guarded.move(account, inner)
    arn = guarded.api.describe_policy(PolicyId=policy)["Policy"]["PolicySummary"]["Arn"]
    for principal, client in ((f"arn:aws:iam::{account}:root", root), (f"arn:aws:iam::{account}:user/alice", alice)):
        sentence = f"User: {principal} is not authorized to perform: sqs:ListQueues on resource: "
        with refused("AccessDenied", sentence, status=403):
            client.list_queues()
        with refused("AccessDenied", f"{DENIED}: {arn}", status=403):
            client.list_queues()
    guarded.client("iam", account).list_users()


def test_what_changes_holds_with_the_next_request(guarded: Company) -> None:
    """Attached, changed, detached, and the whole type disabled."""
    account = guarded.invite("a")
    root = guarded.client("sqs", account)
    policy = guarded.attach(account, deny("sqs:*"))
    with refused("AccessDenied", DENIED, status=403):
        root.list_queues()
    guarded.api.update_policy(PolicyId=policy, Content=deny("sns:*"))
    root.list_queues()
    guarded.api.update_policy(PolicyId=policy, Content=deny("sqs:List*"))
    with refused("AccessDenied", DENIED, status=403):
        root.list_queues()
    guarded.api.detach_policy(PolicyId=policy, TargetId=account)
    root.list_queues()
    guarded.api.attach_policy(PolicyId=policy, TargetId=guarded.root)
    with refused("AccessDenied", DENIED, status=403):
        root.list_queues()
    guarded.api.disable_policy_type(RootId=guarded.root, PolicyType=SCP)
    root.list_queues()


def test_the_management_account_is_not_restricted(guarded: Company) -> None:
    """Wherever the policy is attached, also to the account itself."""
    policy = guarded.attach(guarded.root, deny("*"))
    guarded.api.attach_policy(PolicyId=policy, TargetId=guarded.management)
    for client in clients(guarded, guarded.management):
        client.list_queues()


def test_every_level_has_to_allow(guarded: Company) -> None:
    """Root, each unit and the account: what one does not allow is not allowed, whatever the others say."""
    unit, account = guarded.unit("u"), guarded.invite("a")
    guarded.move(account, unit)
    everyone = clients(guarded, account)
    for target in (guarded.root, unit, account):
        some = guarded.policy(allow("iam:*", "sns:*"), name=f"some-{target}")
        guarded.api.attach_policy(PolicyId=some, TargetId=target)
        for client in everyone:
            client.list_queues()
        guarded.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=target)
        for client in everyone:
            with refused("AccessDenied", NOT_ALLOWED, status=403):
                client.list_queues()
        more = guarded.policy(allow("sqs:ListQueues"), name=f"more-{target}")
        guarded.api.attach_policy(PolicyId=more, TargetId=target)
        for client in everyone:
            client.list_queues()
            with refused("AccessDenied", "because no service control policy allows", status=403):
                client.create_queue(QueueName="x")


def test_a_policy_gives_nothing_to_users(guarded: Company) -> None:
    """It says what may be given: a user without policies of its own may do nothing."""
    account = guarded.invite("a")
    iam = guarded.client("iam", account)
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = guarded.cloud.client("sqs", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    with refused("AccessDenied", "because no identity-based policy allows the sqs:ListQueues action", status=403):
        bob.list_queues()


def test_sessions_of_roles_are_restricted_as_well(guarded: Company) -> None:
    """Also those of the management account's people in a member account."""
    account = guarded.create("a")
    sts = guarded.cloud.client("sts", key=guarded.user(guarded.management))
    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    key = sts.assume_role(RoleArn=arn, RoleSessionName="way-in")["Credentials"]
    session = (key["AccessKeyId"], key["SecretAccessKey"])
    inside = guarded.cloud.client("sqs", key=session, token=key["SessionToken"])
    inside.list_queues()
    guarded.attach(account, deny("sqs:*"))
    with refused("AccessDenied", DENIED, status=403):
        inside.list_queues()


def test_conditions_on_principals(guarded: Company) -> None:
    """The usual exception for one role or user."""
    account = guarded.invite("a")
    root, alice = clients(guarded, account)
    condition = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/alice"}}
    guarded.attach(account, deny("sqs:*", Condition=condition))
    alice.list_queues()
    with refused("AccessDenied", DENIED, status=403):
        root.list_queues()


def test_policies_hold_from_joining_on(guarded: Company) -> None:
    """Not for the linked role that is made on the way in."""
    guarded.attach(guarded.root, deny("iam:*"))
    account = guarded.invite("a")
    with refused("AccessDenied", DENIED, status=403):
        guarded.client("iam", account).list_users()


def test_a_policy_can_keep_members_in(guarded: Company) -> None:
    """LeaveOrganization is an action like any other, and who goes to another organization leaves this one."""
    account = guarded.invite("a")
    guarded.attach(guarded.root, deny("organizations:LeaveOrganization"))
    organizations = guarded.client("organizations", account)
    with refused("AccessDeniedException", DENIED):
        organizations.leave_organization()
    other = Company(guarded.cloud, f"{guarded.name} other")
    invitation = other.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
    with refused("AccessDeniedException", DENIED):
        organizations.accept_handshake(HandshakeId=invitation["Id"])


def queue_with(company: Company, account: str, name: str, statement: dict[str, Any]) -> str:
    """The URL of a queue of `account` with a policy."""
    owner = company.client("sqs", account)
    url: str = owner.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:{name}"
    whole = document({"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn, **statement})
    owner.set_queue_attributes(QueueUrl=url, Attributes={"Policy": whole})
    return url


def test_a_resource_control_policy_keeps_outsiders_away(company: Company, name: str) -> None:
    """Whatever the policy of the queue says; members are let in, and so is everybody once it is detached."""
    company.enable(RCP)
    owner, member, outsider = company.invite("a"), company.invite("b"), number(f"{name} outsider")
    url = queue_with(company, owner, "shared", {})
    inside, outside = company.client("sqs", member), company.client("sqs", outsider)
    outside.send_message(QueueUrl=url, MessageBody="x")
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": company.organization["Id"]}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": condition}
    policy = company.attach(company.root, document(statement), RCP)
    inside.send_message(QueueUrl=url, MessageBody="x")
    with refused("AccessDenied", "with an explicit deny in a resource control policy", status=403):
        outside.send_message(QueueUrl=url, MessageBody="x")
    company.api.detach_policy(PolicyId=policy, TargetId=company.root)
    outside.send_message(QueueUrl=url, MessageBody="x")


def test_a_resource_control_policy_holds_for_the_owner_too(company: Company) -> None:
    """It is about resources, whoever asks; those of the management account are not concerned."""
    company.enable(RCP)
    account = company.invite("a")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": "*"}
    company.attach(company.root, document(statement), RCP)
    for owner in (account, company.management):
        sqs = company.client("sqs", owner)
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        if owner == company.management:
            sqs.purge_queue(QueueUrl=url)
        else:
            with refused("AccessDenied", "with an explicit deny in a resource control policy", status=403):
                sqs.purge_queue(QueueUrl=url)


@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"])
def test_a_queue_is_for_an_organization(company: Company, name: str, key: str) -> None:
    """By its id, or by a path in its tree: `ForAnyValue:StringLike` over `o-…/r-…/ou-…/*`."""
    unit = company.unit("u")
    inside, outside = company.invite("in"), company.invite("out")
    company.move(inside, unit)
    organization = company.organization["Id"]
    if key == "aws:PrincipalOrgID":
        condition = {"StringEquals": {key: organization}}
        outside = number(f"{name} outsider")
    else:
        condition = {"ForAnyValue:StringLike": {key: f"{organization}/{company.root}/{unit}/*"}}
    url = queue_with(company, company.management, "shared", {"Condition": condition})
    company.client("sqs", inside).send_message(QueueUrl=url, MessageBody="x")
    with refused("AccessDenied", "because no resource-based policy allows", status=403):
        company.client("sqs", outside).send_message(QueueUrl=url, MessageBody="x")


def test_own_principals_reach_own_resources_only(guarded: Company, found: Callable[..., Company]) -> None:
    """A data perimeter: `aws:ResourceOrgID` is the organization of the queue's owner."""
    account, other = guarded.invite("a"), found("other")
    condition = {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
    guarded.attach(guarded.root, deny("sqs:*", Condition=condition))
    own = queue_with(guarded, guarded.management, "own", {})
    foreign = queue_with(other, other.management, "foreign", {})
    sqs = guarded.client("sqs", account)
    sqs.send_message(QueueUrl=own, MessageBody="x")
    with refused("AccessDenied", DENIED, status=403):
        sqs.send_message(QueueUrl=foreign, MessageBody="x")


MEMBER = "333344445555"


def test_linked_roles_are_not_restricted() -> None:
    """Neither service control nor resource control policies are for the roles of AWS's services."""
    ids, vault = Ids(), Vault(bytes(32))
    key_of = {
        path: issue(
            vault,
            ids,
            Principal(
                "AssumedRole",
                MEMBER,
                f"arn:aws:sts::{MEMBER}:assumed-role/{name}/s",
                f"{unique}:s",
                name,
                f"arn:aws:iam::{MEMBER}:role{path}{name}",
            ),
            Session(host_ms(), host_ms() + 3_600_000),
        )
        for path, name, unique in (
            ("/", "Plain", "AROAPLAIN"),
            ("/aws-service-role/x.amazonaws.com/", "Linked", "AROALINKED"),
        )
    }

    def arrange(tx: Transaction) -> None:
        organization = Organization("o-aaaaaaaaaa", "111122223333", "r-aaaa", 0, enabled=(SCP, RCP))
        directory.organizations.insert(tx, organization)
        directory.members.insert(tx, Member(MEMBER, organization.id, organization.root, 0, "CREATED"))
        everywhere = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
        for policy_type, content in ((SCP, deny("sqs:*")), (RCP, document(everywhere))):
            policy = ControlPolicy(organization.id, f"p-{policy_type}", policy_type, "deny", "", content, 0)
            directory.control_policies.insert(tx, policy)
            directory.control_attachments.insert(tx, ControlAttachment(organization.id, MEMBER, policy_type, policy.id))
        for path, key in key_of.items():
            role = key.principal
            tables.roles.insert(tx, Role(MEMBER, role.name, role.unique_id, path, 0, json.dumps({})))
            administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
            tables.attachments.insert(tx, Attachment(MEMBER, Owner.ROLE, role.name, administrator, 0))

    with serving(sqs_service) as house:
        house.run(house.parts.store.transact(arrange))
        plain, linked = (
            house.client("sqs", key=(key.id, key.secret), token=key.session_token) for key in key_of.values()
        )
        with refused("AccessDenied", "control policy", status=403):
            plain.list_queues()
        linked.list_queues()
