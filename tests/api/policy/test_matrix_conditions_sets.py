"""ForAllValues and ForAnyValue: keys that have several values in one request.

The difference to the values of a policy matters: those of one key are always alternatives.
"""

from __future__ import annotations

from gureum.api.policy.model import Kind
from tests.api.policy.cases import ALICE, ALLOWED, EXPLICIT, Case, allow, check, deny, fails, holds, rule

KEYS = "reference_policies_condition-single-vs-multi-valued-context-keys.html"
EXAMPLES = "reference_policies_condition_examples-multi-valued-context-keys.html"

TAGS = "aws:TagKeys"
ATTRIBUTES = "dynamodb:Attributes"
THREAD = ["PostDateTime", "Message", "Tags"]


@rule(
    KEYS + "#reference_policies_condition-multi-valued-context-keys",
    holds(
        "all are listed", {"ForAllValues:StringLike": {ATTRIBUTES: THREAD}}, {ATTRIBUTES: ("PostDateTime", "Message")}
    ),
    holds("exactly the list", {"ForAllValues:StringEquals": {ATTRIBUTES: THREAD}}, {ATTRIBUTES: tuple(THREAD)}),
    holds("one that is listed", {"ForAllValues:StringEquals": {ATTRIBUTES: THREAD}}, {ATTRIBUTES: ("Tags",)}),
    fails(
        "one is not listed",
        {"ForAllValues:StringLike": {ATTRIBUTES: THREAD}},
        {ATTRIBUTES: ("PostDateTime", "UserName")},
    ),
    fails("none is listed", {"ForAllValues:StringEquals": {ATTRIBUTES: THREAD}}, {ATTRIBUTES: ("ID", "UserName")}),
    fails("case counts", {"ForAllValues:StringEquals": {ATTRIBUTES: THREAD}}, {ATTRIBUTES: ("message",)}),
    holds("patterns", {"ForAllValues:StringLike": {TAGS: ["key1*", "key2*"]}}, {TAGS: ("key1-a", "key2-b", "key1")}),
    fails(
        "a value without pattern", {"ForAllValues:StringLike": {TAGS: ["key1*", "key2*"]}}, {TAGS: ("key1-a", "key3")}
    ),
    holds("a single text is a set of one", {"ForAllValues:StringEquals": {TAGS: ["alpha", "beta"]}}, {TAGS: "alpha"}),
    fails(
        "a single text that is not listed", {"ForAllValues:StringEquals": {TAGS: ["alpha", "beta"]}}, {TAGS: "gamma"}
    ),
)
def test_for_all_values(case: Case) -> None:
    """True if every value in the request matches at least one value in the policy."""
    check(case)


@rule(
    KEYS + "#reference_policies_condition-multi-valued-context-keys",
    holds("the key is missing", {"ForAllValues:StringEquals": {TAGS: ["a", "b"]}}, {}),
    holds("the key has no values", {"ForAllValues:StringEquals": {TAGS: ["a", "b"]}}, {TAGS: ()}),
    holds("missing, with a pattern", {"ForAllValues:StringLike": {TAGS: "a*"}}, {}),
    holds("missing, negated", {"ForAllValues:StringNotEquals": {TAGS: "a"}}, {}),
    fails("Null false guards against it", {"ForAllValues:StringEquals": {TAGS: ["a"]}, "Null": {TAGS: "false"}}, {}),
    fails("and against no values", {"ForAllValues:StringEquals": {TAGS: ["a"]}, "Null": {TAGS: "false"}}, {TAGS: ()}),
    holds(
        "and lets values pass", {"ForAllValues:StringEquals": {TAGS: ["a"]}, "Null": {TAGS: "false"}}, {TAGS: ("a",)}
    ),
)
def test_for_all_values_of_nothing(case: Case) -> None:
    """It also returns true if there are no context keys in the request; a Null condition guards against that."""
    check(case)


@rule(
    KEYS + "#reference_policies_condition-multi-valued-context-keys",
    holds(
        "one of them is listed",
        {"ForAnyValue:StringLike": {ATTRIBUTES: ["ID", "PostDateTime"]}},
        {ATTRIBUTES: ("UserName", "Message", "PostDateTime")},
    ),
    holds("all of them are", {"ForAnyValue:StringEquals": {TAGS: ["a", "b"]}}, {TAGS: ("a", "b")}),
    fails(
        "none of them is",
        {"ForAnyValue:StringEquals": {ATTRIBUTES: ["ID", "PostDateTime"]}},
        {ATTRIBUTES: ("UserName",)},
    ),
    fails("case counts", {"ForAnyValue:StringEquals": {TAGS: ["a", "b"]}}, {TAGS: ("A", "B")}),
    holds("a pattern", {"ForAnyValue:StringLike": {TAGS: "cost*"}}, {TAGS: ("team", "cost-center")}),
    holds("a single text is a set of one", {"ForAnyValue:StringEquals": {TAGS: ["alpha", "beta"]}}, {TAGS: "beta"}),
    fails("the key is missing", {"ForAnyValue:StringEquals": {TAGS: ["a", "b"]}}, {}),
    fails("the key has no values", {"ForAnyValue:StringEquals": {TAGS: ["a", "b"]}}, {TAGS: ()}),
)
def test_for_any_value(case: Case) -> None:
    """True if any value in the request matches any value in the policy; false without the key or without values."""
    check(case)


@rule(
    KEYS + "#reference_policies_condition-multi-valued-context-keys",
    holds("all below", {"ForAllValues:NumericLessThan": {"x:sizes": "10"}}, {"x:sizes": ("1", "9")}),
    fails("one above", {"ForAllValues:NumericLessThan": {"x:sizes": "10"}}, {"x:sizes": ("1", "11")}),
    holds("any above", {"ForAnyValue:NumericGreaterThan": {"x:sizes": "10"}}, {"x:sizes": ("1", "11")}),
    holds(
        "all ARNs",
        {"ForAllValues:ArnLike": {"x:arns": "arn:aws:iam::*:role/*"}},
        {"x:arns": ("arn:aws:iam::1:role/a", "arn:aws:iam::2:role/b")},
    ),
    fails(
        "one other ARN",
        {"ForAllValues:ArnLike": {"x:arns": "arn:aws:iam::*:role/*"}},
        {"x:arns": ("arn:aws:iam::1:role/a", "arn:aws:iam::1:user/b")},
    ),
    holds(
        "any ARN",
        {"ForAnyValue:ArnEquals": {"x:arns": "arn:aws:iam::1:role/a"}},
        {"x:arns": ("arn:aws:iam::2:role/b", "arn:aws:iam::1:role/a")},
    ),
    holds("any address", {"ForAnyValue:IpAddress": {"x:ips": "10.0.0.0/8"}}, {"x:ips": ("192.0.2.1", "10.1.2.3")}),
    fails(
        "not all addresses", {"ForAllValues:IpAddress": {"x:ips": "10.0.0.0/8"}}, {"x:ips": ("192.0.2.1", "10.1.2.3")}
    ),
    holds("ignoring case", {"ForAllValues:StringEqualsIgnoreCase": {TAGS: ["a", "b"]}}, {TAGS: ("A", "B")}),
    holds("any truth", {"ForAnyValue:Bool": {"x:flags": "true"}}, {"x:flags": ("false", "true")}),
    holds("any date", {"ForAnyValue:DateLessThan": {"x:days": "2020-01-01"}}, {"x:days": ("2021-01-01", "2019-01-01")}),
)
def test_set_operators_go_with_every_operator(case: Case) -> None:
    """The qualifiers add set-operation functionality to the condition operator that follows them."""
    check(case)


NOT_KEY1 = (allow(), deny(["iam:Tag*", "iam:Untag*"], condition={"ForAllValues:StringNotLike": {TAGS: "key1*"}}))


def tagging(id: str, tags: tuple[str, ...] | None, denied: bool) -> Case:  # noqa: A002
    answer = EXPLICIT if denied else ALLOWED
    keys = {} if tags is None else {TAGS: tags}
    return Case(id, ALICE, answer, Kind.IDENTITY, action="iam:TagUser", identity=NOT_KEY1, keys=keys)


@rule(
    EXAMPLES,
    tagging("key1: does not match", ("key1:legal",), denied=False),
    tagging("several that start with key1", ("key1:hr", "key1:personnel"), denied=False),
    tagging("key2: all differ, match", ("key2:audit",), denied=True),
    tagging("key1 and key2: one does not differ", ("key1:legal", "key2:audit"), denied=False),
    tagging("none: ForAllValues is true", None, denied=True),
)
def test_deny_with_for_all_values(case: Case) -> None:
    """ForAllValues:StringNotLike with key1* is true of a request all of whose tag keys differ from it."""
    check(case)


SNAPSHOTS = (
    allow(),
    deny(
        ["ec2:CreateSnapshot", "ec2:CreateSnapshots"],
        "arn:aws:ec2:us-west-2::snapshot/*",
        {"ForAnyValue:StringEquals": {TAGS: ["environment", "webserver"]}},
    ),
)
SNAPSHOT = "arn:aws:ec2:us-west-2::snapshot/snap-1"


def snapshot(id: str, tags: tuple[str, ...] | None, denied: bool) -> Case:  # noqa: A002
    answer = EXPLICIT if denied else ALLOWED
    keys = {} if tags is None else {TAGS: tags}
    return Case(id, ALICE, answer, action="ec2:CreateSnapshot", resource=SNAPSHOT, identity=SNAPSHOTS, keys=keys)


@rule(
    EXAMPLES,
    snapshot("webserver", ("webserver",), denied=True),
    snapshot("environment and webserver", ("environment", "webserver"), denied=True),
    snapshot("one of several", ("cost", "webserver"), denied=True),
    snapshot("neither", ("test",), denied=False),
    snapshot("no tags", None, denied=False),
)
def test_deny_with_for_any_value(case: Case) -> None:
    """Snapshots are denied if they are tagged with any one of the keys specified in the policy."""
    check(case)


@rule(
    KEYS + "#reference_policies_condition-multi-valued-context-keys",
    holds("any that differs from all", {"ForAnyValue:StringNotEquals": {TAGS: ["a", "b"]}}, {TAGS: ("a", "c")}),
    fails("all of them are listed", {"ForAnyValue:StringNotEquals": {TAGS: ["a", "b"]}}, {TAGS: ("a", "b")}),
    holds("all differ from all", {"ForAllValues:StringNotEquals": {TAGS: ["a", "b"]}}, {TAGS: ("c", "d")}),
    fails("one of them does not", {"ForAllValues:StringNotEquals": {TAGS: ["a", "b"]}}, {TAGS: ("a", "c")}),
)
def test_set_operators_with_negated_operators(case: Case) -> None:
    """Each value in the request is tested with the operator; a negated one is true of a value that none equals."""
    check(case)
