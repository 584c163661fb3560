"""The policy simulator: results, what is matched and missing, boundaries, organizations, other accounts, bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.services.iam.people import add_user
from tests.support.refusals import refused

Client = Callable[..., Any]
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
QUEUE = "arn:aws:sqs:us-east-1:{}:orders"
DENY = {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"}


def custom(iam: Any, *policies: str, action: str = "sqs:SendMessage", **members: Any) -> dict[str, Any]:
    """The one result of simulating one action."""
    answer = iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=[action], **members)
    [result] = answer["EvaluationResults"]
    found: dict[str, Any] = result
    return found


def entry(name: str, kind: str, *values: str) -> dict[str, Any]:
    """A context entry."""
    return {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": list(values)}


def test_a_result_without_resources_is_about_all(iam: Any) -> None:
    """The statement that allows is shown by its policy and place; there is nothing else to say."""
    result = custom(iam, policy(allow("s3:*")), '{"Version":"2012-10-17","Statement":' + _statement() + "}")
    assert result == {
        "EvalActionName": "sqs:SendMessage",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.2",
                "SourcePolicyType": "none",
                "StartPosition": {"Line": 1, "Column": 37},
                "EndPosition": {"Line": 1, "Column": 37 + len(_statement())},
            }
        ],
        "MissingContextValues": [],
    }


def _statement() -> str:
    return '{"Effect":"Allow","Action":"sqs:*","Resource":"*"}'


def test_an_explicit_deny_is_all_that_is_shown(iam: Any) -> None:
    """Whatever allows does not matter any more, and is not among the matched statements."""
    result = custom(iam, EVERYTHING, policy(DENY), action="sqs:DeleteQueue")
    assert result["EvalDecision"] == "explicitDeny"
    assert [match["SourcePolicyId"] for match in result["MatchedStatements"]] == ["PolicyInputList.2"]
    assert custom(iam, policy(DENY))["EvalDecision"] == "implicitDeny"


def test_the_strictest_decision_about_several_resources_counts(iam: Any, account: str) -> None:
    """One result for an action and type of resource, and in it one for each resource."""
    mine, other = QUEUE.format(account), QUEUE.format(account) + "-2"
    result = custom(iam, policy(allow("sqs:*", resource=mine)), ResourceArns=[mine, other])
    assert result["EvalResourceName"] == "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MatchedStatements"] == []
    specific = result["ResourceSpecificResults"]
    assert [(each["EvalResourceName"], each["EvalResourceDecision"]) for each in specific] == [
        (mine, "allowed"),
        (other, "implicitDeny"),
    ]
    assert [len(each["MatchedStatements"]) for each in specific] == [1, 0]
    assert result["EvalDecisionDetails"] == {}


def test_each_type_of_resource_has_its_result(iam: Any) -> None:
    """An action that is about several; one of a service of which nothing is known is about `*`."""
    user, group = "arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:group/g"
    answer = iam.simulate_custom_policy(
        PolicyInputList=[EVERYTHING],
        ActionNames=["iam:AddUserToGroup", "iam:SimulatePrincipalPolicy", "unheard-of:Of"],
        ResourceArns=[user, group],
    )
    found = [(result["EvalActionName"], result["EvalResourceName"]) for result in answer["EvaluationResults"]]
    group_template = "arn:${Partition}:iam::${Account}:group/${GroupNameWithPath}"
    assert found == [
        ("iam:AddUserToGroup", "*"),
        ("iam:AddUserToGroup", group_template),
        ("iam:SimulatePrincipalPolicy", "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"),
        ("iam:SimulatePrincipalPolicy", group_template),
        ("unheard-of:Of", "*"),
    ]


@pytest.mark.parametrize(
    ("condition", "given", "decision"),
    [
        (
            {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
            entry("aws:RequestedRegion", "string", "eu-west-1"),
            1,
        ),
        (
            {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
            entry("AWS:requestedregion", "string", "us-east-1"),
            0,
        ),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, entry("aws:TagKeys", "stringList", "a", "b"), 1),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, entry("aws:TagKeys", "stringList", "a", "c"), 0),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, entry("aws:MultiFactorAuthAge", "numeric", "299"), 1),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, entry("aws:MultiFactorAuthAge", "numeric", "300"), 0),
        ({"Bool": {"aws:SecureTransport": "true"}}, entry("aws:SecureTransport", "boolean", "true"), 1),
        ({"Bool": {"aws:SecureTransport": "true"}}, entry("aws:SecureTransport", "boolean", "false"), 0),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, entry("aws:SourceIp", "ip", "203.0.113.7"), 1),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, entry("aws:SourceIp", "ip", "198.51.100.7"), 0),
        (
            {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
            entry("aws:CurrentTime", "date", "2026-11-21"),
            1,
        ),
        (
            {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
            entry("aws:CurrentTime", "date", "2027-11-21"),
            0,
        ),
        ({"BinaryEquals": {"a:key": "QmluYXJ5"}}, entry("a:key", "binary", "QmluYXJ5"), 1),
    ],
)
def test_context_entries_of_every_type(iam: Any, condition: Any, given: Any, decision: int) -> None:
    """A condition holds by what is given, and the key is not missing then; without it, it is."""
    document = policy(allow("sqs:*", Condition=condition))
    result = custom(iam, document, ContextEntries=[given])
    assert result["EvalDecision"] == ("implicitDeny", "allowed")[decision]
    assert result["MissingContextValues"] == []
    [(_, keys)] = condition.items()
    assert custom(iam, document)["MissingContextValues"] == list(keys)


def test_missing_keys_are_those_of_statements_about_the_action(iam: Any, account: str) -> None:
    """Variables too; with resources they are listed for each, and together once."""
    statements = (
        allow("sqs:*", resource=QUEUE.format(account) + "-${aws:PrincipalTag/team}"),
        allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    )
    arns = [QUEUE.format(account), QUEUE.format(account) + "-a"]
    result = custom(iam, policy(*statements), ResourceArns=arns)
    assert result["MissingContextValues"] == ["aws:PrincipalTag/team"]
    for specific in result["ResourceSpecificResults"]:
        assert specific["MissingContextValues"] == ["aws:PrincipalTag/team"]
    given = [entry("aws:PrincipalTag/team", "string", "a")]
    result = custom(iam, policy(*statements), ResourceArns=arns[1:], ContextEntries=given)
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_the_caller_gives_keys(iam: Any) -> None:
    """A policy with the user's name in it decides as it will when the user asks; an entry says otherwise."""
    home = allow("s3:GetObject", resource="arn:aws:s3:::homes/${aws:username}/*")
    tagged = allow("sqs:SendMessage", Condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}})
    arn = iam.create_user(UserName="alice", Tags=[{"Key": "Team", "Value": "blue"}])["User"]["Arn"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(home, tagged))
    asked = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::homes/alice/x"]}
    assert iam.simulate_principal_policy(**asked)["EvaluationResults"][0]["EvalDecision"] == "allowed"
    bob = [entry("aws:username", "string", "bob")]
    answer = iam.simulate_principal_policy(**asked, ContextEntries=bob)
    assert answer["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["sqs:SendMessage"])
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    as_bob = iam.simulate_principal_policy(**asked, CallerArn=arn.replace("alice", "bob"))
    assert as_bob["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


def test_a_simulation_agrees_with_enforcement(iam: Any, client: Client) -> None:
    """What it says of a user with a group, an inline and a managed policy and a boundary is what the user gets."""
    alice = client("iam", key=add_user(iam))
    arn = iam.get_user(UserName="alice")["User"]["Arn"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=policy(allow("iam:ListRoles", "iam:ListUsers")))
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("iam:ListGroups")))
    iam.attach_user_policy(UserName="alice", PolicyArn=READ)
    deny = {"Effect": "Deny", "Action": "iam:ListPolicies", "Resource": "*"}
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=policy(allow("iam:List*"), deny))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=boundary)
    calls = {
        "iam:ListRoles": ("allowed", alice.list_roles),
        "iam:ListGroups": ("allowed", alice.list_groups),
        "iam:ListAccountAliases": ("allowed", alice.list_account_aliases),
        "iam:ListPolicies": ("explicitDeny", alice.list_policies),
        "iam:GetAccountSummary": ("implicitDeny", alice.get_account_summary),
    }
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(calls))
    results = {result["EvalActionName"]: result for result in answer["EvaluationResults"]}
    for action, (decision, call) in calls.items():
        assert results[action]["EvalDecision"] == decision
        bounded = results[action]["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]
        assert bounded is (decision == "allowed")
        if decision == "allowed":
            call()
        else:
            with refused("AccessDenied", status=403):
                call()
    matched = {
        (match["SourcePolicyId"], match["SourcePolicyType"]) for match in results["iam:ListRoles"]["MatchedStatements"]
    }
    assert matched == {("group_g_p", "group"), ("ReadOnlyAccess", "aws-managed")}


def test_further_policies_and_another_boundary(iam: Any) -> None:
    """What is passed comes on top of what is there; a boundary replaces the one that is there."""
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, PermissionsBoundary=READ)["Role"]["Arn"]
    asked: dict[str, Any] = {"PolicySourceArn": role, "ActionNames": ["sqs:SendMessage"]}
    [result] = iam.simulate_principal_policy(**asked, PolicyInputList=[EVERYTHING])["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    [result] = iam.simulate_principal_policy(
        **asked, PolicyInputList=[EVERYTHING], PermissionsBoundaryPolicyInputList=[policy(allow("sqs:*"))]
    )["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        ({"PolicyType": "inline"}, {"aws-managed", "user-managed"}),
        ({"PolicyType": "aws-managed"}, {"user", "group", "user-managed"}),
        ({"PolicyType": "user-managed"}, {"user", "group", "aws-managed"}),
        ({"PolicyType": "rcp"}, {"user", "group", "aws-managed", "user-managed"}),
        ({"PolicyArn": "arn:aws:iam::aws:policy/Admin*"}, {"user", "group", "user-managed"}),
        ({"PolicyArn": "arn:aws:iam::aws:policy/Nothing"}, {"user", "group", "aws-managed", "user-managed"}),
        (_inline := {"PolicyName": "p", "AttachmentType": "group", "AttachmentName": "g"}, {"user", "managed"}),
        ({**_inline, "AttachmentType": "user", "AttachmentName": "alice"}, {"group", "managed"}),
    ],
)
def test_policies_can_be_left_out(iam: Any, excluded: dict[str, str], left: set[str]) -> None:
    """By type, by ARN with wildcards, and inline ones by name and whose they are."""
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=EVERYTHING)
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=EVERYTHING)
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    own = iam.create_policy(PolicyName="p", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn=own)
    identifier = {"InlinePolicyIdentifier": excluded} if "PolicyName" in excluded else excluded
    [result] = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["sqs:SendMessage"], PolicyExclusionList=[identifier]
    )["EvaluationResults"]
    types = {match["SourcePolicyType"] for match in result["MatchedStatements"]}
    if "managed" in left:
        left = left - {"managed"} | {"aws-managed", "user-managed"}
    assert types == left


def test_resource_policies_in_the_same_account(iam: Any, account: str) -> None:
    """One that names the caller is enough; one that denies wins.  Details are empty."""
    arn = f"arn:aws:iam::{account}:user/alice"
    members: dict[str, Any] = {"ResourceArns": [QUEUE.format(account)], "CallerArn": arn}
    named = policy({**allow("sqs:SendMessage"), "Principal": {"AWS": arn}})
    result = custom(iam, policy(allow("s3:*")), ResourcePolicy=named, **members)
    assert result["EvalDecision"] == "allowed"
    assert [match["SourcePolicyType"] for match in result["MatchedStatements"]] == ["resource"]
    assert result["EvalDecisionDetails"] == {}
    denied = policy({"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Principal": "*"})
    result = custom(iam, EVERYTHING, ResourcePolicy=denied, **members)
    assert result["EvalDecision"] == "explicitDeny"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "ResourcePolicy"


def test_across_accounts_both_have_to_allow(iam: Any, account: str) -> None:
    """The account of a bucket is told by ResourceOwner, that of a queue by its ARN; details say who says what."""
    arn, owner = f"arn:aws:iam::{account}:user/alice", "arn:aws:iam::999999999999:root"
    bucket = "arn:aws:s3:::b/x"
    opened = policy({**allow("s3:GetObject", "sqs:*"), "Principal": {"AWS": arn}})
    asked: dict[str, Any] = {"action": "s3:GetObject", "ResourceArns": [bucket], "CallerArn": arn}
    both = custom(iam, EVERYTHING, ResourcePolicy=opened, ResourceOwner=owner, **asked)
    assert both["EvalDecision"] == "allowed"
    assert both["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    one = custom(iam, policy(allow("sqs:*")), ResourcePolicy=opened, ResourceOwner=owner, **asked)
    assert one["EvalDecision"] == "implicitDeny"
    assert one["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    other = custom(iam, EVERYTHING, ResourceOwner=owner, **asked)
    assert other["EvalDecision"] == "implicitDeny"
    assert other["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}
    asked = {"ResourceArns": [QUEUE.format("999999999999")], "CallerArn": arn, "ResourcePolicy": opened}
    assert custom(iam, policy(allow("s3:*")), **asked)["EvalDecision"] == "implicitDeny"
    assert custom(iam, EVERYTHING, **asked)["EvalDecision"] == "allowed"


def test_service_control_policies_by_level(iam: Any) -> None:
    """Every level from the root down has to allow; that is told apart from what the policies of the caller say."""
    full, only = (
        {"ServiceControlPolicyInputList": [EVERYTHING]},
        {"ServiceControlPolicyInputList": [policy(allow("s3:*"))]},
    )
    result = custom(iam, EVERYTHING, OrderedOrganizationPolicyInputList=[full, full])
    assert result["EvalDecision"] == "allowed"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    result = custom(iam, EVERYTHING, OrderedOrganizationPolicyInputList=[full, only], ResourceArns=["arn:aws:sqs:::q"])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert "EvalDecisionDetails" not in result


def test_the_organization_of_a_principal(iam: Any, client: Client, account: str) -> None:
    """The service control policies of its account are part of the simulation, unless they are left out."""
    organizations = client("organizations", key=(f"2{account[1:]}", "test"))
    organizations.create_organization(FeatureSet="ALL")
    handshake = organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
    client("organizations", key=(account, "test")).accept_handshake(HandshakeId=handshake["Id"])
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=EVERYTHING)

    def simulated(**members: Any) -> tuple[str, Any]:
        answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["sqs:DeleteQueue"], **members)
        [result] = answer["EvaluationResults"]
        return result["EvalDecision"], result["OrganizationsDecisionDetail"]["AllowedByOrganizations"]

    assert simulated() == ("allowed", True)
    control = organizations.create_policy(
        Name="no-delete", Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(DENY)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=control, TargetId=account)
    assert simulated() == ("explicitDeny", False)
    assert simulated(PolicyExclusionList=[{"PolicyType": "scp"}]) == ("allowed", True)


def test_pages(iam: Any) -> None:
    """A marker belongs to its request."""
    actions = ["sqs:SendMessage", "sqs:DeleteQueue", "sqs:GetQueueUrl"]
    asked: dict[str, Any] = {"PolicyInputList": [EVERYTHING], "ActionNames": actions}
    pages = iam.get_paginator("simulate_custom_policy").paginate(**asked, PaginationConfig={"PageSize": 2})
    assert [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages] == [
        actions[:2],
        actions[2:],
    ]
    first = iam.simulate_custom_policy(**asked, MaxItems=1)
    assert first["IsTruncated"] is True
    with refused("ValidationError"):
        iam.simulate_custom_policy(PolicyInputList=[EVERYTHING], ActionNames=actions[:2], Marker=first["Marker"])


def test_a_page_has_a_bounded_number_of_decisions(iam: Any) -> None:
    """Fewer results than were asked for, when there are many resources; the next pages have the others."""
    resources = [f"arn:aws:s3:::b/{number}" for number in range(1500)]
    asked = {
        "PolicyInputList": [EVERYTHING],
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": resources,
    }
    first = iam.simulate_custom_policy(**asked, MaxItems=100)
    assert [len(result["ResourceSpecificResults"]) for result in first["EvaluationResults"]] == [1500]
    second = iam.simulate_custom_policy(**asked, MaxItems=100, Marker=first["Marker"])
    assert [result["EvalActionName"] for result in second["EvaluationResults"]] == ["s3:PutObject"]
    assert second["IsTruncated"] is False


INSTANCE = [
    f"arn:aws:ec2:us-east-1:111122223333:{kind}/x" for kind in ("instance", "security-group", "network-interface")
]
IMAGE = "arn:aws:ec2:us-east-1::image/ami-1"


def test_scenarios_of_ec2_want_their_resources(iam: Any) -> None:
    """With all that a scenario needs it is simulated, without one it is refused."""
    asked: dict[str, Any] = {"action": "ec2:RunInstances", "ResourceHandlingOption": "EC2-VPC-InstanceStore"}
    answer = iam.simulate_custom_policy(
        PolicyInputList=[EVERYTHING],
        ActionNames=["ec2:RunInstances"],
        ResourceArns=[*INSTANCE, IMAGE],
        ResourceHandlingOption="EC2-VPC-InstanceStore",
    )
    assert {result["EvalDecision"] for result in answer["EvaluationResults"]} == {"allowed"}
    with refused("InvalidInput", "image"):
        custom(iam, EVERYTHING, ResourceArns=INSTANCE, **asked)
    asked["ResourceHandlingOption"] = "EC2-VPC-EBS-Subnet"
    with refused("InvalidInput", "subnet, volume"):
        custom(iam, EVERYTHING, ResourceArns=[*INSTANCE, IMAGE], **asked)
    asked["ResourceHandlingOption"] = "EC2-Moon"
    with refused("InvalidInput", "EC2-Moon"):
        custom(iam, EVERYTHING, ResourceArns=[IMAGE], **asked)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"ActionNames": ["SendMessage"]}, "SendMessage"),
        ({"ActionNames": ["sqs:*"]}, "sqs:*"),
        ({"ActionNames": ["sqs:Send:Message"]}, "sqs:Send:Message"),
        ({"PolicyInputList": ["{"]}, "PolicyInputList.1"),
        ({"PolicyInputList": [EVERYTHING, policy({**allow("*"), "Principal": "*"})]}, "PolicyInputList.2"),
        ({"PolicyInputList": [policy({**allow("*"), "Effect": "Perhaps"})]}, "Perhaps"),
        ({"PermissionsBoundaryPolicyInputList": [EVERYTHING, EVERYTHING]}, "Only one"),
        ({"ResourceArns": ["14a050d4"]}, "ResourceNames are not in a valid ARN format: 14a050d4."),
        ({"ResourceOwner": "123456789012"}, "'123456789012' is not a valid as a Resource Owner."),
        ({"ResourcePolicy": policy({**allow("*"), "Principal": "*"})}, "CallerArn"),
        ({"CallerArn": "arn:aws:sts::111122223333:assumed-role/r/s"}, "does not clearly define entity type and name."),
        ({"CallerArn": "arn:aws:iam::111122223333:root"}, "does not clearly define entity type and name."),
        ({"ContextEntries": [entry("aws:SourceIp", "ip", "here")]}, "aws:SourceIp"),
        ({"ContextEntries": [entry("aws:SourceIp", "ip", "10.0.0.1", "10.0.0.2")]}, "number of values"),
        ({"ContextEntries": [entry("aws:CurrentTime", "date", "tomorrow")]}, "aws:CurrentTime"),
        ({"ContextEntries": [entry("aws:EpochTime", "numericList", "1", "one")]}, "aws:EpochTime"),
        ({"ContextEntries": [entry("aws:SecureTransport", "boolean", "yes")]}, "aws:SecureTransport"),
        ({"ContextEntries": [entry("nocolon", "string", "x")]}, "nocolon"),
        ({"ContextEntries": [{"ContextKeyName": "aws:userid"}]}, "ContextKeyType"),
        ({"ContextEntries": [entry("aws:UserId", "string", "a"), entry("aws:userid", "string", "b")]}, "aws:userid"),
        ({"ResourceArns": [f"arn:aws:s3:::b/{n}" for n in range(2001)]}, "2000"),
    ],
)
def test_bad_input(iam: Any, members: dict[str, Any], text: str) -> None:
    """InvalidInput, naming what is wrong."""
    asked = {"PolicyInputList": [EVERYTHING], "ActionNames": ["sqs:SendMessage"], **members}
    with refused("InvalidInput", text):
        iam.simulate_custom_policy(**asked)


def test_resource_policies_are_for_users(iam: Any, account: str) -> None:
    """As AWS documents."""
    members: dict[str, Any] = {
        "ResourcePolicy": policy({**allow("*"), "Principal": "*"}),
        "ResourceArns": [QUEUE.format(account)],
    }
    with refused("InvalidInput", "isn't supported for IAM roles"):
        custom(iam, EVERYTHING, CallerArn=f"arn:aws:iam::{account}:role/r", **members)


def test_principals_that_are_none(iam: Any, account: str) -> None:
    """Those that do not exist, that have another path or account, and what is no user, group or role."""
    iam.create_user(UserName="alice", Path="/a/")
    for arn in (f"arn:aws:iam::{account}:user/bob", f"arn:aws:iam::{account}:user/alice"):
        with refused("NoSuchEntity", status=404):
            iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["sqs:SendMessage"])
    with refused("InvalidInput", f"Invalid Entity Arn: arn:aws:iam::{account}:policy/p"):
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{account}:policy/p", ActionNames=["sqs:SendMessage"]
        )
    with refused("AccessDenied", status=403):
        iam.simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::999999999999:user/alice", ActionNames=["sqs:SendMessage"]
        )


def test_malformed_exclusions(iam: Any) -> None:
    """ARNs that are none, too many wildcards."""
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    for identifier in (
        {"PolicyArn": "arn:aws:iam::*:policy/p-12345678"},
        {"PolicyArn": "arn:aws:iam::aws:policy/A*B*C-12345"},
    ):
        with refused("InvalidInput"):
            iam.simulate_principal_policy(
                PolicySourceArn=arn, ActionNames=["sqs:SendMessage"], PolicyExclusionList=[identifier]
            )


def test_context_keys_of_policies(iam: Any) -> None:
    """Of conditions and variables, each once whatever its case; a principal's with its groups and further policies."""
    first = policy(
        allow("*", resource="arn:aws:s3:::b/${aws:username}", Condition={"Bool": {"aws:SecureTransport": "true"}})
    )
    second = policy(
        allow("*", Condition={"StringEquals": {"AWS:UserName": "a", "s3:prefix": "${aws:PrincipalTag/Team}"}})
    )
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[first, second])["ContextKeyNames"]
    assert keys == ["aws:username", "aws:SecureTransport", "s3:prefix", "aws:PrincipalTag/Team"]
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=first)
    own = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)
    assert own["ContextKeyNames"] == ["aws:username", "aws:SecureTransport"]
    both = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn, PolicyInputList=[second])
    assert both["ContextKeyNames"] == keys
    with refused("InvalidInput", "PolicyInputList.1"):
        iam.get_context_keys_for_custom_policy(PolicyInputList=["no policy"])
    with refused("NoSuchEntity", status=404):
        iam.get_context_keys_for_principal_policy(PolicySourceArn=arn + "x")
