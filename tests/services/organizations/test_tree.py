"""Units, and accounts in the tree.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html and its
neighbours.
"""

from __future__ import annotations

from tests.services.organizations.company import SCP, Company, document, refused


def test_units_are_created_renamed_and_deleted(company: Company) -> None:
    """Names are unique below a parent; only an empty unit can be deleted."""
    made = company.api.create_organizational_unit(
        ParentId=company.root, Name="sales", Tags=[{"Key": "a", "Value": "1"}]
    )
    unit = made["OrganizationalUnit"]
    organization = company.organization["Id"]
    assert unit["Arn"] == f"arn:aws:organizations::{company.management}:ou/{organization}/{unit['Id']}"
    assert unit["Id"].startswith(f"ou-{company.root.removeprefix('r-')}-")
    assert unit["Path"] == f"{organization}/{company.root}/{unit['Id']}/"
    assert company.api.list_tags_for_resource(ResourceId=unit["Id"])["Tags"] == [{"Key": "a", "Value": "1"}]
    with refused("DuplicateOrganizationalUnitException", "An OU with the same name already exists."):
        company.unit("sales")
    inner = company.unit("sales", parent=unit["Id"])
    with refused("OrganizationalUnitNotEmptyException"):
        company.api.delete_organizational_unit(OrganizationalUnitId=unit["Id"])
    renamed = company.api.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="market")
    assert renamed["OrganizationalUnit"] == {**unit, "Name": "market"}
    other = company.unit("sales")
    with refused("DuplicateOrganizationalUnitException"):
        company.api.update_organizational_unit(OrganizationalUnitId=other, Name="market")
    company.api.delete_organizational_unit(OrganizationalUnitId=inner)
    company.api.delete_organizational_unit(OrganizationalUnitId=unit["Id"])
    for call in (company.api.describe_organizational_unit, company.api.delete_organizational_unit):
        with refused("OrganizationalUnitNotFoundException"):
            call(OrganizationalUnitId=unit["Id"])
    with refused("ParentNotFoundException"):
        company.unit("x", parent=unit["Id"])


def test_units_are_five_deep_at_most(company: Company) -> None:
    """The root does not count."""
    parent = company.root
    for depth in range(5):
        parent = company.unit(f"level-{depth}", parent)
    assert (
        company.api.describe_organizational_unit(OrganizationalUnitId=parent)["OrganizationalUnit"]["Path"].count("ou-")
        == 5
    )
    with refused("ConstraintViolationException", reason="OU_DEPTH_LIMIT_EXCEEDED"):
        company.unit("level-5", parent)


def test_the_tree_can_be_walked(company: Company) -> None:
    """Parents up, children down, units by name, accounts by number."""
    outer, account = company.unit("outer"), company.invite("a")
    inner = company.unit("inner", outer)
    company.move(account, inner)
    api = company.api
    assert api.list_parents(ChildId=account)["Parents"] == [{"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}]
    assert api.list_parents(ChildId=outer)["Parents"] == [{"Id": company.root, "Type": "ROOT"}]
    assert api.list_children(ParentId=company.root, ChildType="ORGANIZATIONAL_UNIT")["Children"] == [
        {"Id": outer, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert api.list_children(ParentId=inner, ChildType="ACCOUNT")["Children"] == [{"Id": account, "Type": "ACCOUNT"}]
    assert [each["Id"] for each in api.list_accounts_for_parent(ParentId=inner)["Accounts"]] == [account]
    assert [each["Id"] for each in api.list_accounts_for_parent(ParentId=company.root)["Accounts"]] == [
        company.management
    ]
    listed = api.list_organizational_units_for_parent(ParentId=outer)["OrganizationalUnits"]
    assert [each["Name"] for each in listed] == ["inner"]
    shown = api.describe_account(AccountId=account)["Account"]
    assert shown["Paths"] == [f"{company.organization['Id']}/{company.root}/{outer}/{inner}/{account}/"]
    with refused("ChildNotFoundException"):
        api.list_parents(ChildId="000000000009")
    for call in (api.list_accounts_for_parent, api.list_organizational_units_for_parent):
        with refused("ParentNotFoundException"):
            call(ParentId="r-none")


def test_accounts_move_from_where_they_are(company: Company) -> None:
    """Source and destination have to be there, and the account in the source."""
    account, one, two = company.invite("a"), company.unit("one"), company.unit("two")
    move = company.api.move_account
    with refused("AccountNotFoundException"):
        move(AccountId=account, SourceParentId=one, DestinationParentId=two)
    with refused("DuplicateAccountException"):
        move(AccountId=account, SourceParentId=company.root, DestinationParentId=company.root)
    with refused("SourceParentNotFoundException"):
        move(AccountId=account, SourceParentId="r-none", DestinationParentId=two)
    with refused("DestinationParentNotFoundException"):
        move(AccountId=account, SourceParentId=company.root, DestinationParentId="r-none")
    with refused("AccountNotFoundException"):
        move(AccountId="000000000009", SourceParentId=company.root, DestinationParentId=two)
    company.api.move_account(AccountId=account, SourceParentId=company.root, DestinationParentId=two)
    assert company.api.list_parents(ChildId=account)["Parents"][0]["Id"] == two


def test_long_lists_come_in_pages(company: Company) -> None:
    """Twenty at most; a token belongs to one listing."""
    names = [f"unit-{index:02d}" for index in range(25)]
    for name in names:
        company.unit(name)
    api = company.api
    pages = list(api.get_paginator("list_organizational_units_for_parent").paginate(ParentId=company.root))
    assert [len(page["OrganizationalUnits"]) for page in pages] == [20, 5]
    assert [unit["Name"] for page in pages for unit in page["OrganizationalUnits"]] == names
    first = api.list_children(ParentId=company.root, ChildType="ORGANIZATIONAL_UNIT", MaxResults=2)
    assert len(first["Children"]) == 2
    with refused("InvalidInputException", reason="INVALID_NEXT_TOKEN"):
        api.list_children(ParentId=company.root, ChildType="ACCOUNT", NextToken=first["NextToken"])
    for call in (api.list_roots, api.list_accounts):
        with refused("InvalidInputException", reason="INVALID_NEXT_TOKEN"):
            call(NextToken="x")
    with refused("InvalidInputException"):
        api.list_accounts(MaxResults=21)


def test_everything_can_be_tagged(company: Company) -> None:
    """Root, unit, account and policy; AWS's own policies not.  Tags of an account end with its membership."""
    company.enable()
    account, unit = company.invite("a"), company.unit("u")
    policy = company.policy('{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}')
    api = company.api
    for resource in (company.root, unit, account, policy):
        api.tag_resource(ResourceId=resource, Tags=[{"Key": "team", "Value": "a"}, {"Key": "Stage", "Value": ""}])
        api.tag_resource(ResourceId=resource, Tags=[{"Key": "team", "Value": "b"}])
        api.untag_resource(ResourceId=resource, TagKeys=["Stage", "none"])
        assert api.list_tags_for_resource(ResourceId=resource)["Tags"] == [{"Key": "team", "Value": "b"}]
    with refused("InvalidInputException", reason="TARGET_NOT_SUPPORTED"):
        api.tag_resource(ResourceId="p-FullAWSAccess", Tags=[{"Key": "a", "Value": "b"}])
    with refused("TargetNotFoundException"):
        api.list_tags_for_resource(ResourceId="p-0000000000")
    with refused("InvalidInputException", reason="DUPLICATE_TAG_KEY"):
        api.tag_resource(ResourceId=unit, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    with refused("NotImplemented", "differ only in case", status=501):
        api.tag_resource(ResourceId=unit, Tags=[{"Key": "Team", "Value": "1"}])
    with refused("InvalidInputException", reason="INVALID_SYSTEM_TAGS_PARAMETER"):
        api.tag_resource(ResourceId=unit, Tags=[{"Key": "AWS:x", "Value": "1"}])
    with refused("ConstraintViolationException", reason="MAX_TAG_LIMIT_EXCEEDED"):
        api.tag_resource(ResourceId=unit, Tags=[{"Key": f"key-{index}", "Value": ""} for index in range(50)])
    api.remove_account_from_organization(AccountId=account)
    company.invite("a")
    assert api.list_tags_for_resource(ResourceId=account)["Tags"] == []


def test_permissions_can_be_given_by_tag_type_and_resource(company: Company) -> None:
    """`aws:ResourceTag`, `organizations:PolicyType`, and ARNs of units decide for users of the management account."""
    company.enable()
    red, blue = company.unit("red"), company.unit("blue")
    company.api.tag_resource(ResourceId=red, Tags=[{"Key": "colour", "Value": "red"}])
    iam = company.client("iam", company.management)
    iam.create_user(UserName="carol")
    statements = [
        {
            "Effect": "Allow",
            "Action": "organizations:CreateOrganizationalUnit",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/colour": "red"}},
        },
        {
            "Effect": "Allow",
            "Action": "organizations:ListPolicies",
            "Resource": "*",
            "Condition": {"StringEquals": {"organizations:PolicyType": SCP}},
        },
    ]
    iam.put_user_policy(UserName="carol", PolicyName="p", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName="carol")["AccessKey"]
    carol = company.cloud.client("organizations", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    carol.create_organizational_unit(ParentId=red, Name="x")
    with refused("AccessDeniedException", "organizations:CreateOrganizationalUnit"):
        carol.create_organizational_unit(ParentId=blue, Name="x")
    with refused("AccessDeniedException", "organizations:TagResource"):
        carol.create_organizational_unit(ParentId=red, Name="y", Tags=[{"Key": "a", "Value": "b"}])
    assert carol.list_policies(Filter=SCP)["Policies"][0]["Name"] == "FullAWSAccess"
    with refused("AccessDeniedException", "organizations:ListPolicies"):
        carol.list_policies(Filter="RESOURCE_CONTROL_POLICY")
