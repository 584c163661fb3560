"""ARN operators, which compare six components one by one, and those for IP addresses and ranges of both versions."""

from __future__ import annotations

from tests.api.policy.cases import ALICE, EXPLICIT, IMPLICIT, Case, allow, check, deny, fails, holds, rule

OPERATORS = "reference_policies_elements_condition_operators.html"
LOGIC = "reference_policies_condition-logic-multiple-context-keys-or-values.html"

SOURCE = "aws:SourceArn"
TOPIC = "arn:aws:sns:us-east-1:111122223333:news"


@rule(
    OPERATORS + "#Conditions_ARN",
    holds("ArnEquals: the same", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC}),
    fails("ArnEquals: another name", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC + "2"}),
    fails("ArnEquals: another case", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC.replace("news", "News")}),
    fails("ArnEquals: another service", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC.replace("sns", "sqs")}),
    fails("ArnEquals: another region", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC.replace("east", "west")}),
    fails("ArnEquals: another account", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC.replace("1111", "9999")}),
    fails("ArnEquals: another partition", {"ArnEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC.replace("aws", "aws-cn")}),
    holds("ArnLike: the same", {"ArnLike": {SOURCE: TOPIC}}, {SOURCE: TOPIC}),
    fails("ArnLike: another name", {"ArnLike": {SOURCE: TOPIC}}, {SOURCE: TOPIC + "2"}),
    fails("ArnNotEquals: the same", {"ArnNotEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC}),
    holds("ArnNotEquals: another name", {"ArnNotEquals": {SOURCE: TOPIC}}, {SOURCE: TOPIC + "2"}),
    fails("ArnNotLike: the same", {"ArnNotLike": {SOURCE: TOPIC}}, {SOURCE: TOPIC}),
    holds("ArnNotLike: another account", {"ArnNotLike": {SOURCE: TOPIC}}, {SOURCE: TOPIC.replace("1111", "9999")}),
)
def test_arn_operators(case: Case) -> None:
    """Case-sensitive matching of the ARN, each of the six colon-delimited components separately; and negated."""
    check(case)


@rule(
    OPERATORS + "#Conditions_ARN",
    holds("ArnLike: any name", {"ArnLike": {SOURCE: "arn:aws:sns:us-east-1:111122223333:*"}}, {SOURCE: TOPIC}),
    holds(
        "ArnEquals behaves identically",
        {"ArnEquals": {SOURCE: "arn:aws:sns:us-east-1:111122223333:*"}},
        {SOURCE: TOPIC},
    ),
    holds("any region and account", {"ArnLike": {SOURCE: "arn:aws:sns:*:*:news"}}, {SOURCE: TOPIC}),
    holds("any part of a component", {"ArnLike": {SOURCE: "arn:aws:sns:us-*:1111*:n*s"}}, {SOURCE: TOPIC}),
    holds("every component", {"ArnLike": {SOURCE: "arn:*:*:*:*:*"}}, {SOURCE: TOPIC}),
    holds("? is one character", {"ArnLike": {SOURCE: "arn:aws:sns:us-east-?:111122223333:new?"}}, {SOURCE: TOPIC}),
    fails("? is not none", {"ArnLike": {SOURCE: TOPIC + "?"}}, {SOURCE: TOPIC}),
    holds("* is an empty component", {"ArnLike": {SOURCE: "arn:aws:s3:*:*:logs"}}, {SOURCE: "arn:aws:s3:::logs"}),
    holds("* spans slashes", {"ArnLike": {SOURCE: "arn:aws:iam::*:role/*"}}, {SOURCE: "arn:aws:iam::1:role/a/b"}),
    holds(
        "colons in the last component",
        {"ArnLike": {SOURCE: "arn:aws:logs:*:*:log-group:*"}},
        {SOURCE: "arn:aws:logs:a:1:log-group:b:c"},
    ),
    fails("ArnNotLike with a wildcard", {"ArnNotLike": {SOURCE: "arn:aws:sns:*:*:*"}}, {SOURCE: TOPIC}),
    fails("ArnNotEquals behaves identically", {"ArnNotEquals": {SOURCE: "arn:aws:sns:*:*:*"}}, {SOURCE: TOPIC}),
    holds("ArnNotLike of another service", {"ArnNotLike": {SOURCE: "arn:aws:sqs:*:*:*"}}, {SOURCE: TOPIC}),
)
def test_wildcards_in_arn_operators(case: Case) -> None:
    """Each component can include * and ?; ArnEquals and ArnLike behave identically."""
    check(case)


PATTERN = "arn:aws:someservice:*:111122223333:finance/*"
CROOKED = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
STRAIGHT = "arn:aws:someservice:us-east-2:111122223333:finance/document.txt"


@rule(
    OPERATORS + "#Conditions_ARN",
    holds("StringLike: * spans colons", {"StringLike": {SOURCE: PATTERN}}, {SOURCE: CROOKED}),
    fails("ArnLike: it does not", {"ArnLike": {SOURCE: PATTERN}}, {SOURCE: CROOKED}),
    fails("ArnEquals: nor here", {"ArnEquals": {SOURCE: PATTERN}}, {SOURCE: CROOKED}),
    holds("ArnLike: the ARN that was meant", {"ArnLike": {SOURCE: PATTERN}}, {SOURCE: STRAIGHT}),
    holds("ArnNotLike: differs from the pattern", {"ArnNotLike": {SOURCE: PATTERN}}, {SOURCE: CROOKED}),
)
def test_an_asterisk_in_an_arn_operator_keeps_to_its_component(case: Case) -> None:
    """There are cases when a string operator would match when an ARN operator would not."""
    check(case)


@rule(
    LOGIC,
    holds("one of several ARNs", {"ArnEquals": {SOURCE: [TOPIC + "2", TOPIC]}}, {SOURCE: TOPIC}),
    fails("none of several ARNs", {"ArnEquals": {SOURCE: [TOPIC + "2", TOPIC + "3"]}}, {SOURCE: TOPIC}),
    fails("negated: one of them", {"ArnNotEquals": {SOURCE: [TOPIC + "2", TOPIC]}}, {SOURCE: TOPIC}),
    holds("negated: none of them", {"ArnNotEquals": {SOURCE: [TOPIC + "2", TOPIC + "3"]}}, {SOURCE: TOPIC}),
)
def test_several_arns(case: Case) -> None:
    """OR between values, NOR between those of a negated operator."""
    check(case)


IP = "aws:SourceIp"
OFFICE = "203.0.113.0/24"


@rule(
    OPERATORS + "#Conditions_IPAddress",
    holds("in the range", {"IpAddress": {IP: OFFICE}}, {IP: "203.0.113.7"}),
    holds("its first address", {"IpAddress": {IP: OFFICE}}, {IP: "203.0.113.0"}),
    holds("its last address", {"IpAddress": {IP: OFFICE}}, {IP: "203.0.113.255"}),
    fails("the address before", {"IpAddress": {IP: OFFICE}}, {IP: "203.0.112.255"}),
    fails("the address after", {"IpAddress": {IP: OFFICE}}, {IP: "203.0.114.0"}),
    holds("a single address is a /32", {"IpAddress": {IP: "203.0.113.7"}}, {IP: "203.0.113.7"}),
    fails("and no other one", {"IpAddress": {IP: "203.0.113.7"}}, {IP: "203.0.113.8"}),
    holds("a /32", {"IpAddress": {IP: "203.0.113.7/32"}}, {IP: "203.0.113.7"}),
    holds("a range across bytes", {"IpAddress": {IP: "10.0.0.0/9"}}, {IP: "10.127.255.255"}),
    fails("beyond a range across bytes", {"IpAddress": {IP: "10.0.0.0/9"}}, {IP: "10.128.0.0"}),
    holds("every address", {"IpAddress": {IP: "0.0.0.0/0"}}, {IP: "198.51.100.1"}),
    holds("addresses are no texts", {"IpAddress": {IP: "203.0.113.16/28"}}, {IP: "203.0.113.31"}),
)
def test_ip_address_v4(case: Case) -> None:
    """The specified address or range, in CIDR format; without a prefix it is /32."""
    check(case)


SITE = "2001:DB8:1234:5678::/64"


@rule(
    OPERATORS + "#Conditions_IPAddress",
    holds("in the range", {"IpAddress": {IP: SITE}}, {IP: "2001:db8:1234:5678::1"}),
    holds("its last address", {"IpAddress": {IP: SITE}}, {IP: "2001:db8:1234:5678:ffff:ffff:ffff:ffff"}),
    fails("the next range", {"IpAddress": {IP: SITE}}, {IP: "2001:db8:1234:5679::1"}),
    holds("zeros written out", {"IpAddress": {IP: SITE}}, {IP: "2001:0DB8:1234:5678:0000:0000:0000:0001"}),
    holds("a single address", {"IpAddress": {IP: "2001:db8::1"}}, {IP: "2001:db8:0:0::1"}),
    fails("version 4 is not in it", {"IpAddress": {IP: SITE}}, {IP: "203.0.113.7"}),
    fails("nor version 6 in a range of version 4", {"IpAddress": {IP: "0.0.0.0/0"}}, {IP: "2001:db8::1"}),
    holds("both in one policy: version 4", {"IpAddress": {IP: [OFFICE, SITE]}}, {IP: "203.0.113.7"}),
    holds("both in one policy: version 6", {"IpAddress": {IP: [OFFICE, SITE]}}, {IP: "2001:db8:1234:5678::1"}),
    fails("both in one policy: neither", {"IpAddress": {IP: [OFFICE, SITE]}}, {IP: "198.51.100.1"}),
)
def test_ip_address_v6(case: Case) -> None:
    """Ranges of both versions can be mixed; :: represents a range of zeros."""
    check(case)


OUTSIDE = (allow(), deny(condition={"NotIpAddress": {IP: [OFFICE, SITE]}}))


@rule(
    OPERATORS + "#Conditions_IPAddress",
    fails("in the range", {"NotIpAddress": {IP: OFFICE}}, {IP: "203.0.113.7"}),
    holds("out of the range", {"NotIpAddress": {IP: OFFICE}}, {IP: "198.51.100.1"}),
    fails("in one of the ranges", {"NotIpAddress": {IP: [OFFICE, "198.51.100.0/24"]}}, {IP: "198.51.100.1"}),
    holds("out of all ranges", {"NotIpAddress": {IP: [OFFICE, "198.51.100.0/24"]}}, {IP: "192.0.2.1"}),
    fails("version 6 in the range", {"NotIpAddress": {IP: SITE}}, {IP: "2001:db8:1234:5678::1"}),
    holds("the other version is out of it", {"NotIpAddress": {IP: OFFICE}}, {IP: "2001:db8::1"}),
    Case("deny from elsewhere", ALICE, EXPLICIT, identity=OUTSIDE, keys={IP: "198.51.100.1"}),
    Case("through a VPC endpoint there is no address", ALICE, EXPLICIT, identity=OUTSIDE),
    Case(
        "an Allow needs the address",
        ALICE,
        IMPLICIT,
        identity=(allow(condition={"IpAddress": {IP: OFFICE}}),),
        keys={"aws:VpcSourceIp": "10.0.0.7"},
    ),
)
def test_not_ip_address(case: Case) -> None:
    """All addresses except the specified ones; aws:SourceIp is absent when a VPC endpoint is used."""
    check(case)
