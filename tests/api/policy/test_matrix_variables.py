"""Policy variables: values of the request in resources and conditions, defaults, and what means only itself."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from tests.api.policy.cases import ALICE, ALLOWED, EXPLICIT, IMPLICIT, Case, allow, check, deny, fails, holds, rule

VARIABLES = "reference_policies_variables.html"

allowed = partial(Case, who=ALICE, answer=ALLOWED, by=Kind.IDENTITY)
refused = partial(Case, who=ALICE, answer=IMPLICIT, by=Kind.IDENTITY)

NAME = "aws:username"
HOME = (allow(resource="arn:aws:s3:::mybucket/${aws:username}/*"),)
OWN_QUEUE = (allow(resource="arn:aws:sqs:us-east-1:*:${aws:username}-queue"),)
BUCKET = "arn:aws:s3:::mybucket/"


@rule(
    VARIABLES + "#policy-vars-resourceelement",
    allowed("one's own folder", resource=BUCKET + "alice/a", identity=HOME, keys={NAME: "alice"}),
    refused("somebody else's folder", resource=BUCKET + "bob/a", identity=HOME, keys={NAME: "alice"}),
    refused("a longer name", resource=BUCKET + "alice2/a", identity=HOME, keys={NAME: "alice"}),
    refused("the case of the value counts", resource=BUCKET + "Alice/a", identity=HOME, keys={NAME: "alice"}),
    allowed(
        "with text behind",
        resource="arn:aws:sqs:us-east-1:111122223333:alice-queue",
        identity=OWN_QUEUE,
        keys={NAME: "alice"},
    ),
    allowed(
        "two in one ARN",
        resource=BUCKET + "blue/alice",
        identity=(allow(resource=BUCKET + "${aws:PrincipalTag/team}/${aws:username}"),),
        keys={NAME: "alice", "aws:PrincipalTag/team": "blue"},
    ),
    allowed(
        "a tag of the principal",
        resource="arn:aws:s3:::bucket/sales",
        identity=(allow(resource="arn:aws:s3:::bucket/${aws:PrincipalTag/department}"),),
        keys={"aws:PrincipalTag/department": "sales"},
    ),
    allowed(
        "in NotResource: others",
        resource=BUCKET + "bob/a",
        identity=(allow("s3:*", NotResource=BUCKET + "${aws:username}/*"),),
        action="s3:GetObject",
        keys={NAME: "alice"},
    ),
    refused(
        "in NotResource: one's own",
        resource=BUCKET + "alice/a",
        identity=(allow("s3:*", NotResource=BUCKET + "${aws:username}/*"),),
        action="s3:GetObject",
        keys={NAME: "alice"},
    ),
    Case(
        "in a Deny",
        ALICE,
        EXPLICIT,
        Kind.IDENTITY,
        resource=BUCKET + "alice/a",
        identity=(allow(), deny(resource=BUCKET + "${aws:username}/*")),
        keys={NAME: "alice"},
    ),
)
def test_variables_in_resources(case: Case) -> None:
    """The value from the request context takes the variable's place."""
    check(case)


PREFIX = "s3:prefix"


@rule(
    VARIABLES + "#policy-vars-conditionelement",
    holds("StringLike", {"StringLike": {PREFIX: "${aws:username}/*"}}, {PREFIX: "alice/a", NAME: "alice"}),
    fails("StringLike of another", {"StringLike": {PREFIX: "${aws:username}/*"}}, {PREFIX: "bob/a", NAME: "alice"}),
    holds("StringEquals", {"StringEquals": {PREFIX: "home/${aws:username}"}}, {PREFIX: "home/alice", NAME: "alice"}),
    fails("StringNotEquals", {"StringNotEquals": {PREFIX: "${aws:username}"}}, {PREFIX: "alice", NAME: "alice"}),
    holds("StringNotEquals of another", {"StringNotEquals": {PREFIX: "${aws:username}"}}, {PREFIX: "b", NAME: "alice"}),
    holds(
        "StringEqualsIgnoreCase",
        {"StringEqualsIgnoreCase": {PREFIX: "${aws:username}"}},
        {PREFIX: "ALICE", NAME: "alice"},
    ),
    holds(
        "ArnLike",
        {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:${aws:username}-*"}},
        {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:alice-news", NAME: "alice"},
    ),
    fails(
        "ArnEquals of another",
        {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:*:${aws:username}"}},
        {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:bob", NAME: "alice"},
    ),
    holds(
        "tags compared with each other",
        {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}},
        {"aws:ResourceTag/project": "moon", "aws:PrincipalTag/project": "moon"},
    ),
    fails(
        "tags that differ",
        {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}},
        {"aws:ResourceTag/project": "moon", "aws:PrincipalTag/project": "mars"},
    ),
    holds(
        "one of several values",
        {"StringLike": {PREFIX: ["", "home/", "home/${aws:username}/"]}},
        {PREFIX: "home/alice/", NAME: "alice"},
    ),
)
def test_variables_in_conditions(case: Case) -> None:
    """Any condition with string or ARN operators may have variables in its values."""
    check(case)


@rule(
    VARIABLES + "#policy-vars-infoallreqs",
    holds("in the variable", {"StringEquals": {PREFIX: "${AWS:UserName}"}}, {PREFIX: "alice", NAME: "alice"}),
    holds("in the condition", {"StringEquals": {"AWS:USERNAME": "alice"}}, {NAME: "alice"}),
    holds("of a tag's key", {"StringEquals": {"aws:principaltag/TEAM": "blue"}}, {"aws:PrincipalTag/team": "blue"}),
)
def test_names_of_keys_ignore_case(case: Case) -> None:
    """aws:CurrentTime is equivalent to AWS:currenttime."""
    check(case)


@rule(
    VARIABLES + "#policy-vars-no-value",
    refused("in a Resource", resource=BUCKET + "alice/a", identity=HOME),
    refused("nor is it empty", resource=BUCKET + "/a", identity=HOME),
    refused("nor its own text", resource=BUCKET + "${aws:username}/a", identity=HOME),
    allowed("a Deny does not apply", identity=(allow(), deny(resource="arn:aws:sqs:*:*:${aws:username}*"))),
    fails("in a condition", {"StringEquals": {PREFIX: "${aws:username}"}}, {PREFIX: "alice"}),
    fails("in a pattern", {"StringLike": {PREFIX: "${aws:username}*"}}, {PREFIX: "alice"}),
)
def test_a_variable_without_a_value_matches_nothing(case: Case) -> None:
    """The value is effectively null: there is no equal or like value, and a resource that has it is no resource."""
    check(case)


TEAM_TAG, OBJECT_TAG = "aws:PrincipalTag/Team", "s3:ExistingObjectTag/Team"
OWN_TEAM = (allow(), deny("s3:GetObject", condition={"StringNotEquals": {OBJECT_TAG: "${aws:PrincipalTag/Team}"}}))
read = partial(Case, who=ALICE, by=Kind.IDENTITY, action="s3:GetObject", resource=BUCKET + "a", identity=OWN_TEAM)


@rule(
    VARIABLES + "#policy-vars-no-value",
    read("the same team", answer=ALLOWED, keys={OBJECT_TAG: "blue", TEAM_TAG: "blue"}),
    read("another team", answer=EXPLICIT, keys={OBJECT_TAG: "blue", TEAM_TAG: "red"}),
    read("no team: explicitly denied", answer=EXPLICIT, keys={OBJECT_TAG: "blue"}),
    read("no team and an object without one", answer=EXPLICIT),
    holds("StringNotEquals", {"StringNotEquals": {PREFIX: "${aws:username}"}}, {PREFIX: "bob"}),
    holds("StringNotLike", {"StringNotLike": {PREFIX: "${aws:username}/*"}}, {PREFIX: "bob/a"}),
    holds(
        "ArnNotLike",
        {"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:${aws:username}"}},
        {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:bob"},
    ),
    fails(
        "not where another value of the list is equal",
        {"StringNotEquals": {PREFIX: ["${aws:username}", "b"]}},
        {PREFIX: "b"},
    ),
)
def test_inverted_operators_match_a_variable_without_a_value(case: Case) -> None:
    """The value of the key is not equal to or like the effectively null value; the page's example denies."""
    check(case)


@rule(
    "reference_policies_condition-single-vs-multi-valued-context-keys.html#reference_policies_condition-key-points",
    fails("in a condition", {"StringEquals": {PREFIX: "${aws:TagKeys}"}}, {PREFIX: "a", "aws:TagKeys": ("a", "b")}),
    refused(
        "in a Resource",
        resource=BUCKET + "a",
        identity=(allow(resource=BUCKET + "${aws:TagKeys}"),),
        keys={"aws:TagKeys": ("a", "b")},
    ),
)
def test_a_multivalued_key_is_no_variable(case: Case) -> None:
    """You can use any single-valued context key as a policy variable, but not a multivalued one."""
    check(case)


TEAM = (allow(resource="arn:aws:s3:::amzn-s3-demo-bucket-${aws:PrincipalTag/team, 'company-wide'}"),)
TEAM_BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket-"
TAG = {"aws:PrincipalTag/team": "yellow"}
WHO: dict[str, dict[str, str]] = {"StringEquals": {PREFIX: "home/${aws:userid, 'anonymous'}"}}


@rule(
    VARIABLES + "#policy-vars-default-values",
    allowed("the value where there is one", resource=TEAM_BUCKET + "yellow", identity=TEAM, keys=TAG),
    refused("then not the default", resource=TEAM_BUCKET + "company-wide", identity=TEAM, keys=TAG),
    allowed("the default where there is none", resource=TEAM_BUCKET + "company-wide", identity=TEAM),
    refused("then nothing else", resource=TEAM_BUCKET + "yellow", identity=TEAM),
    holds("in a condition: the default", WHO, {PREFIX: "home/anonymous"}),
    holds("in a condition: the value", WHO, {PREFIX: "home/AIDAX", "aws:userid": "AIDAX"}),
    fails("in a condition: not the default", WHO, {PREFIX: "home/anonymous", "aws:userid": "AIDAX"}),
)
def test_a_default_takes_the_place_of_a_missing_value(case: Case) -> None:
    """The default stands in single quotes behind a comma and a space."""
    check(case)


@rule(
    VARIABLES + "#policy-vars-specialchars",
    holds("${*} is an asterisk", {"StringLike": {PREFIX: "a${*}b"}}, {PREFIX: "a*b"}),
    fails("${*} is no wildcard", {"StringLike": {PREFIX: "a${*}b"}}, {PREFIX: "axxb"}),
    holds("${?} is a question mark", {"StringLike": {PREFIX: "a${?}b"}}, {PREFIX: "a?b"}),
    fails("${?} is no wildcard", {"StringLike": {PREFIX: "a${?}b"}}, {PREFIX: "axb"}),
    holds("${$} is a dollar sign", {"StringEquals": {PREFIX: "${$}5"}}, {PREFIX: "$5"}),
    holds("beside a wildcard", {"StringLike": {PREFIX: "*${*}"}}, {PREFIX: "all of *"}),
    allowed("in a Resource", resource=BUCKET + "a*", identity=(allow(resource=BUCKET + "a${*}"),)),
    refused("no wildcard in a Resource", resource=BUCKET + "ab", identity=(allow(resource=BUCKET + "a${*}"),)),
)
def test_special_characters_can_be_written(case: Case) -> None:
    """Predefined variables stand for characters that otherwise have special meaning."""
    check(case)


LITERAL = "${aws:username}"
OLD = (allow(condition={"StringEquals": {PREFIX: LITERAL}}),)


@rule(
    "reference_policies_elements_version.html",
    refused("2008-10-17 does not know them", version="2008-10-17", identity=OLD, keys={PREFIX: "alice", NAME: "alice"}),
    refused("nor a policy without Version", version=None, identity=OLD, keys={PREFIX: "alice", NAME: "alice"}),
    allowed("they are literal text", version="2008-10-17", identity=OLD, keys={PREFIX: LITERAL, NAME: "alice"}),
    allowed("also without Version", version=None, identity=OLD, keys={PREFIX: LITERAL, NAME: "alice"}),
    refused("in a Resource", version="2008-10-17", resource=BUCKET + "alice/a", identity=HOME, keys={NAME: "alice"}),
    allowed("literal in a Resource", version="2008-10-17", resource=BUCKET + LITERAL + "/a", identity=HOME),
    allowed("2012-10-17 does", identity=OLD, keys={PREFIX: "alice", NAME: "alice"}),
)
def test_variables_need_the_newer_version(case: Case) -> None:
    """Without a Version of 2012-10-17, variables are treated as literal strings."""
    check(case)
