"""String and boolean and binary operators, and how keys, values and operators of one Condition element combine."""

from __future__ import annotations

from tests.api.policy.cases import ALICE, ALLOWED, EXPLICIT, Case, allow, check, deny, fails, holds, rule

OPERATORS = "reference_policies_elements_condition_operators.html"
CONDITION = "reference_policies_elements_condition.html"
LOGIC = "reference_policies_condition-logic-multiple-context-keys-or-values.html"

NAME = "aws:username"
TYPE = "ec2:InstanceType"


@rule(
    OPERATORS + "#Conditions_String",
    holds("the same text", {"StringEquals": {NAME: "johndoe"}}, {NAME: "johndoe"}),
    fails("another text", {"StringEquals": {NAME: "johndoe"}}, {NAME: "janedoe"}),
    fails("another case", {"StringEquals": {NAME: "johndoe"}}, {NAME: "JohnDoe"}),
    fails("a part", {"StringEquals": {NAME: "johndoe"}}, {NAME: "john"}),
    fails("more than it", {"StringEquals": {NAME: "johndoe"}}, {NAME: "johndoe2"}),
    fails("space counts", {"StringEquals": {NAME: "johndoe"}}, {NAME: " johndoe"}),
    fails("* means itself", {"StringEquals": {NAME: "john*"}}, {NAME: "johndoe"}),
    holds("* equals *", {"StringEquals": {NAME: "john*"}}, {NAME: "john*"}),
    fails("? means itself", {"StringEquals": {NAME: "johndo?"}}, {NAME: "johndoe"}),
)
def test_string_equals(case: Case) -> None:
    """Exact matching, case sensitive."""
    check(case)


@rule(
    OPERATORS + "#Conditions_String",
    fails("the same text", {"StringNotEquals": {NAME: "johndoe"}}, {NAME: "johndoe"}),
    holds("another text", {"StringNotEquals": {NAME: "johndoe"}}, {NAME: "janedoe"}),
    holds("another case", {"StringNotEquals": {NAME: "johndoe"}}, {NAME: "JohnDoe"}),
    holds("* means itself", {"StringNotEquals": {NAME: "*"}}, {NAME: "johndoe"}),
)
def test_string_not_equals(case: Case) -> None:
    """Negated matching."""
    check(case)


@rule(
    OPERATORS + "#Conditions_String",
    holds("the same text", {"StringEqualsIgnoreCase": {NAME: "johndoe"}}, {NAME: "johndoe"}),
    holds("another case", {"StringEqualsIgnoreCase": {NAME: "johndoe"}}, {NAME: "JohnDoe"}),
    fails("another text", {"StringEqualsIgnoreCase": {NAME: "johndoe"}}, {NAME: "JaneDoe"}),
    fails("negated: another case", {"StringNotEqualsIgnoreCase": {NAME: "johndoe"}}, {NAME: "JOHNDOE"}),
    holds("negated: another text", {"StringNotEqualsIgnoreCase": {NAME: "johndoe"}}, {NAME: "JANEDOE"}),
)
def test_string_operators_that_ignore_case(case: Case) -> None:
    """Exact matching, and negated matching, ignoring case."""
    check(case)


@rule(
    OPERATORS + "#Conditions_String",
    holds("* at the end", {"StringLike": {NAME: "john*"}}, {NAME: "johndoe"}),
    holds("* at the beginning", {"StringLike": {NAME: "*doe"}}, {NAME: "johndoe"}),
    holds("* in the middle", {"StringLike": {NAME: "j*e"}}, {NAME: "johndoe"}),
    holds("several", {"StringLike": {NAME: "*o*n*o*"}}, {NAME: "johndoe"}),
    holds("* may be nothing", {"StringLike": {NAME: "johndoe*"}}, {NAME: "johndoe"}),
    holds("* alone is any text", {"StringLike": {NAME: "*"}}, {NAME: "johndoe"}),
    holds("* spans slashes and colons", {"StringLike": {NAME: "a*z"}}, {NAME: "a/b:c/z"}),
    holds("? is one character", {"StringLike": {NAME: "j?hnd?e"}}, {NAME: "johndoe"}),
    fails("? is not none", {"StringLike": {NAME: "johndoe?"}}, {NAME: "johndoe"}),
    fails("? is not two", {"StringLike": {NAME: "joh?oe"}}, {NAME: "johndoe"}),
    fails("case counts", {"StringLike": {NAME: "John*"}}, {NAME: "johndoe"}),
    fails("without wildcards no partial match", {"StringLike": {NAME: "john"}}, {NAME: "johndoe"}),
    holds("no regular expression: a period and anything", {"StringLike": {TYPE: "t1.*"}}, {TYPE: "t1.micro"}),
    fails("no regular expression: a period is a period", {"StringLike": {TYPE: "t1.*"}}, {TYPE: "t1-micro"}),
    fails("no character classes", {"StringLike": {TYPE: "t[12].*"}}, {TYPE: "t1.micro"}),
    holds("the empty text", {"StringLike": {"s3:prefix": ["", "home/"]}}, {"s3:prefix": ""}),
)
def test_string_like(case: Case) -> None:
    """Case-sensitive matching with multi-character and single-character wildcards anywhere in the string."""
    check(case)


@rule(
    OPERATORS + "#Conditions_String",
    fails("a text of the pattern", {"StringNotLike": {NAME: "john*"}}, {NAME: "johndoe"}),
    holds("a text of another pattern", {"StringNotLike": {NAME: "jane*"}}, {NAME: "johndoe"}),
    holds("case counts", {"StringNotLike": {NAME: "John*"}}, {NAME: "johndoe"}),
    fails("? counts", {"StringNotLike": {NAME: "johndo?"}}, {NAME: "johndoe"}),
)
def test_string_not_like(case: Case) -> None:
    """Negated case-sensitive matching with wildcards."""
    check(case)


TLS = "aws:SecureTransport"
NO_TLS = (allow(), deny("s3:*", condition={"Bool": {TLS: "false"}}))


@rule(
    OPERATORS + "#Conditions_Boolean",
    holds("true is true", {"Bool": {TLS: "true"}}, {TLS: "true"}),
    fails("true is not false", {"Bool": {TLS: "true"}}, {TLS: "false"}),
    holds("false is false", {"Bool": {TLS: "false"}}, {TLS: "false"}),
    fails("false is not true", {"Bool": {TLS: "false"}}, {TLS: "true"}),
    holds("JSON's true", {"Bool": {TLS: True}}, {TLS: "true"}),
    fails("JSON's false", {"Bool": {TLS: False}}, {TLS: "true"}),
    Case("deny without TLS", ALICE, EXPLICIT, action="s3:GetObject", identity=NO_TLS, keys={TLS: "false"}),
    Case("allow with TLS", ALICE, ALLOWED, action="s3:GetObject", identity=NO_TLS, keys={TLS: "true"}),
)
def test_bool(case: Case) -> None:
    """Comparing a key to true or false."""
    check(case)


BINARY = "QmluYXJ5VmFsdWVJbkJhc2U2NA=="


@rule(
    OPERATORS + "#Conditions_BinaryEquals",
    holds("the same bytes", {"BinaryEquals": {"x:bytes": BINARY}}, {"x:bytes": BINARY}),
    fails("other bytes", {"BinaryEquals": {"x:bytes": BINARY}}, {"x:bytes": "QmluYXJ5"}),
    fails("base64 in another case is other bytes", {"BinaryEquals": {"x:bytes": BINARY}}, {"x:bytes": BINARY.lower()}),
    holds("one of several", {"BinaryEquals": {"x:bytes": ["QmluYXJ5", BINARY]}}, {"x:bytes": BINARY}),
)
def test_binary_equals(case: Case) -> None:
    """Byte for byte against a base-64 encoded representation of the binary value in the policy."""
    check(case)


DEPARTMENT, ROLE = "aws:PrincipalTag/department", "aws:PrincipalTag/role"
BOTH = {
    "StringEquals": {DEPARTMENT: ["finance", "hr", "legal"], ROLE: ["audit", "security"]},
    "ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/Mary"]},
}
ANA = {DEPARTMENT: "hr", ROLE: "audit", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Ana"}


@rule(
    LOGIC + "#reference_policies_multiple-conditions-eval",
    holds("all of them true", BOTH, ANA),
    holds("other values of the lists", BOTH, {**ANA, DEPARTMENT: "legal", ROLE: "security"}),
    fails("the first key is false", BOTH, {**ANA, DEPARTMENT: "sales"}),
    fails("the second key is false", BOTH, {**ANA, ROLE: "painter"}),
    fails("the second operator is false", BOTH, {**ANA, "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Eve"}),
    fails("a key is missing", BOTH, {DEPARTMENT: "hr", "aws:PrincipalArn": ANA["aws:PrincipalArn"]}),
    fails("all of them false", BOTH, {DEPARTMENT: "sales", ROLE: "a", "aws:PrincipalArn": "arn:aws:iam::1:user/E"}),
)
def test_operators_and_keys_are_a_conjunction_of_values(case: Case) -> None:
    """AND between operators, AND between the keys of an operator, OR between the values of a key."""
    check(case)


@rule(
    LOGIC + "#reference_policies_multiple-conditions-negated-matching-eval",
    fails("the first of them", {"StringNotEquals": {NAME: ["ann", "bob"]}}, {NAME: "ann"}),
    fails("the second of them", {"StringNotEquals": {NAME: ["ann", "bob"]}}, {NAME: "bob"}),
    holds("none of them", {"StringNotEquals": {NAME: ["ann", "bob"]}}, {NAME: "eve"}),
    fails("one of the patterns", {"StringNotLike": {NAME: ["a*", "b*"]}}, {NAME: "bob"}),
    holds("none of the patterns", {"StringNotLike": {NAME: ["a*", "b*"]}}, {NAME: "eve"}),
    fails("one of them, ignoring case", {"StringNotEqualsIgnoreCase": {NAME: ["ann", "bob"]}}, {NAME: "BOB"}),
    fails(
        "keys are still a conjunction",
        {"StringNotEquals": {NAME: "ann", "aws:PrincipalTag/team": "blue"}},
        {NAME: "eve", "aws:PrincipalTag/team": "blue"},
    ),
)
def test_values_of_a_negated_operator_are_a_nor(case: Case) -> None:
    """If a single negated matching operator includes multiple values, those are evaluated using a logical NOR."""
    check(case)


@rule(
    CONDITION,
    holds("the key's name", {"StringEquals": {"aws:SourceVPC": "vpc-1"}}, {"aws:sourcevpc": "vpc-1"}),
    holds("the key's prefix", {"StringEquals": {"AWS:sourcevpc": "vpc-1"}}, {"aws:SourceVpc": "vpc-1"}),
    holds("a tag's key", {"StringEquals": {"ec2:ResourceTag/TagKey1": "v"}}, {"ec2:ResourceTag/tagkey1": "v"}),
    fails("a tag's value has its case", {"StringEquals": {"ec2:ResourceTag/a": "V"}}, {"ec2:ResourceTag/a": "v"}),
    fails("another tag's key", {"StringEquals": {"ec2:ResourceTag/a": "v"}}, {"ec2:ResourceTag/b": "v"}),
)
def test_condition_key_names_ignore_case(case: Case) -> None:
    """Key names are not case-sensitive; whether values are depends on the operator."""
    check(case)
