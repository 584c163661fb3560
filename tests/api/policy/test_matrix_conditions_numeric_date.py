"""Numeric and date operators: numbers as numbers, instants as instants, however they are written."""

from __future__ import annotations

from tests.api.policy.cases import Case, check, fails, holds, rule

OPERATORS = "reference_policies_elements_condition_operators.html"

KEYS = "s3:max-keys"
AGE = "aws:MultiFactorAuthAge"


@rule(
    OPERATORS + "#Conditions_Numeric",
    holds("NumericEquals: equal", {"NumericEquals": {KEYS: "10"}}, {KEYS: "10"}),
    fails("NumericEquals: less", {"NumericEquals": {KEYS: "10"}}, {KEYS: "9"}),
    fails("NumericEquals: more", {"NumericEquals": {KEYS: "10"}}, {KEYS: "11"}),
    fails("NumericNotEquals: equal", {"NumericNotEquals": {KEYS: "10"}}, {KEYS: "10"}),
    holds("NumericNotEquals: less", {"NumericNotEquals": {KEYS: "10"}}, {KEYS: "9"}),
    holds("NumericLessThan: less", {"NumericLessThan": {KEYS: "10"}}, {KEYS: "9"}),
    fails("NumericLessThan: equal", {"NumericLessThan": {KEYS: "10"}}, {KEYS: "10"}),
    fails("NumericLessThan: more", {"NumericLessThan": {KEYS: "10"}}, {KEYS: "11"}),
    holds("NumericLessThanEquals: less", {"NumericLessThanEquals": {KEYS: "10"}}, {KEYS: "9"}),
    holds("NumericLessThanEquals: equal", {"NumericLessThanEquals": {KEYS: "10"}}, {KEYS: "10"}),
    fails("NumericLessThanEquals: more", {"NumericLessThanEquals": {KEYS: "10"}}, {KEYS: "11"}),
    fails("NumericGreaterThan: less", {"NumericGreaterThan": {KEYS: "10"}}, {KEYS: "9"}),
    fails("NumericGreaterThan: equal", {"NumericGreaterThan": {KEYS: "10"}}, {KEYS: "10"}),
    holds("NumericGreaterThan: more", {"NumericGreaterThan": {KEYS: "10"}}, {KEYS: "11"}),
    fails("NumericGreaterThanEquals: less", {"NumericGreaterThanEquals": {KEYS: "10"}}, {KEYS: "9"}),
    holds("NumericGreaterThanEquals: equal", {"NumericGreaterThanEquals": {KEYS: "10"}}, {KEYS: "10"}),
    holds("NumericGreaterThanEquals: more", {"NumericGreaterThanEquals": {KEYS: "10"}}, {KEYS: "11"}),
)
def test_numeric_operators(case: Case) -> None:
    """The table of numeric condition operators, each below, at and above its value."""
    check(case)


@rule(
    OPERATORS + "#Conditions_Numeric",
    holds("not as texts: 9 < 10", {"NumericLessThan": {KEYS: "10"}}, {KEYS: "9"}),
    holds("not as texts: 100 > 20", {"NumericGreaterThan": {KEYS: "20"}}, {KEYS: "100"}),
    holds("decimals", {"NumericLessThan": {KEYS: "1.5"}}, {KEYS: "1.25"}),
    fails("decimals the other way", {"NumericLessThan": {KEYS: "1.25"}}, {KEYS: "1.5"}),
    holds("10.0 is 10", {"NumericEquals": {KEYS: "10.0"}}, {KEYS: "10"}),
    holds("negative ones", {"NumericGreaterThan": {KEYS: "-2"}}, {KEYS: "-1"}),
    holds("JSON's number", {"NumericLessThanEquals": {KEYS: 10}}, {KEYS: "10"}),
    fails("beyond JSON's number", {"NumericLessThanEquals": {KEYS: 10}}, {KEYS: "11"}),
    fails("a text is no number", {"NumericLessThan": {KEYS: "10"}}, {KEYS: "many"}),
    fails("nor is nothing", {"NumericLessThan": {KEYS: "10"}}, {KEYS: ""}),
)
def test_numbers_are_integers_or_decimals(case: Case) -> None:
    """Comparing a key to an integer or decimal value."""
    check(case)


@rule(
    "reference_policies_condition-logic-multiple-context-keys-or-values.html",
    holds("one of several numbers", {"NumericEquals": {KEYS: ["5", "10"]}}, {KEYS: "10"}),
    fails("none of several numbers", {"NumericEquals": {KEYS: ["5", "10"]}}, {KEYS: "7"}),
    fails("negated: one of them", {"NumericNotEquals": {KEYS: ["5", "10"]}}, {KEYS: "10"}),
    holds("negated: none of them", {"NumericNotEquals": {KEYS: ["5", "10"]}}, {KEYS: "7"}),
    holds("less than one of them", {"NumericLessThan": {KEYS: ["5", "10"]}}, {KEYS: "7"}),
    holds("between two", {"NumericGreaterThan": {AGE: "5"}, "NumericLessThan": {AGE: "10"}}, {AGE: "7"}),
    fails("not between two", {"NumericGreaterThan": {AGE: "5"}, "NumericLessThan": {AGE: "10"}}, {AGE: "12"}),
)
def test_several_numbers(case: Case) -> None:
    """OR between values, NOR between those of a negated operator, AND between operators."""
    check(case)


NOW = "aws:CurrentTime"
NOON, BEFORE, AFTER = "2020-04-01T12:00:00Z", "2020-04-01T11:59:59Z", "2020-04-01T12:00:01Z"


@rule(
    OPERATORS + "#Conditions_Date",
    holds("DateEquals: at", {"DateEquals": {NOW: NOON}}, {NOW: NOON}),
    fails("DateEquals: before", {"DateEquals": {NOW: NOON}}, {NOW: BEFORE}),
    fails("DateNotEquals: at", {"DateNotEquals": {NOW: NOON}}, {NOW: NOON}),
    holds("DateNotEquals: after", {"DateNotEquals": {NOW: NOON}}, {NOW: AFTER}),
    holds("DateLessThan: before", {"DateLessThan": {NOW: NOON}}, {NOW: BEFORE}),
    fails("DateLessThan: at", {"DateLessThan": {NOW: NOON}}, {NOW: NOON}),
    fails("DateLessThan: after", {"DateLessThan": {NOW: NOON}}, {NOW: AFTER}),
    holds("DateLessThanEquals: before", {"DateLessThanEquals": {NOW: NOON}}, {NOW: BEFORE}),
    holds("DateLessThanEquals: at", {"DateLessThanEquals": {NOW: NOON}}, {NOW: NOON}),
    fails("DateLessThanEquals: after", {"DateLessThanEquals": {NOW: NOON}}, {NOW: AFTER}),
    fails("DateGreaterThan: before", {"DateGreaterThan": {NOW: NOON}}, {NOW: BEFORE}),
    fails("DateGreaterThan: at", {"DateGreaterThan": {NOW: NOON}}, {NOW: NOON}),
    holds("DateGreaterThan: after", {"DateGreaterThan": {NOW: NOON}}, {NOW: AFTER}),
    fails("DateGreaterThanEquals: before", {"DateGreaterThanEquals": {NOW: NOON}}, {NOW: BEFORE}),
    holds("DateGreaterThanEquals: at", {"DateGreaterThanEquals": {NOW: NOON}}, {NOW: NOON}),
    holds("DateGreaterThanEquals: after", {"DateGreaterThanEquals": {NOW: NOON}}, {NOW: AFTER}),
)
def test_date_operators(case: Case) -> None:
    """The table of date condition operators, each before, at and after its instant."""
    check(case)


EPOCH = "aws:EpochTime"


@rule(
    OPERATORS + "#Conditions_Date",
    holds("a day begins at midnight", {"DateEquals": {NOW: "2020-04-01"}}, {NOW: "2020-04-01T00:00:00Z"}),
    fails("and is no more than that", {"DateEquals": {NOW: "2020-04-01"}}, {NOW: NOON}),
    holds(
        "a month begins on its first day", {"DateGreaterThanEquals": {NOW: "2020-04"}}, {NOW: "2020-04-01T00:00:00Z"}
    ),
    holds("minutes without seconds", {"DateEquals": {NOW: "2020-04-01T12:00Z"}}, {NOW: NOON}),
    holds("fractions of seconds", {"DateGreaterThan": {NOW: NOON}}, {NOW: "2020-04-01T12:00:00.500Z"}),
    holds("an offset is the same instant", {"DateEquals": {NOW: "2020-04-01T21:00:00+09:00"}}, {NOW: NOON}),
    fails("an offset counts", {"DateEquals": {NOW: "2020-04-01T12:00:00+09:00"}}, {NOW: NOON}),
    holds("a negative offset", {"DateEquals": {NOW: "2020-04-01T07:00:00-05:00"}}, {NOW: NOON}),
    holds("epoch time in the policy", {"DateEquals": {NOW: "1585742400"}}, {NOW: NOON}),
    holds("epoch time in the request", {"DateLessThan": {EPOCH: AFTER}}, {EPOCH: "1585742400"}),
    fails("epoch time in both", {"DateLessThan": {EPOCH: "1585742400"}}, {EPOCH: "1585742401"}),
    holds("JSON's number is epoch time", {"DateLessThan": {EPOCH: 1585742401}}, {EPOCH: "1585742400"}),
    fails("a text is no date", {"DateLessThan": {NOW: NOON}}, {NOW: "yesterday"}),
)
def test_dates_are_iso_8601_or_epoch_time(case: Case) -> None:
    """One of the W3C implementations of the ISO 8601 date formats, or epoch (UNIX) time."""
    check(case)


ISSUED = "aws:TokenIssueTime"
FRESH = {"DateGreaterThan": {ISSUED: "2020-01-01T00:00:01Z"}}
WEEK = {"DateGreaterThan": {NOW: "2020-04-01T00:00:00Z"}, "DateLessThan": {NOW: "2020-04-08T00:00:00Z"}}


@rule(
    OPERATORS + "#Conditions_Date",
    holds("fresh credentials", FRESH, {ISSUED: "2020-04-01T00:00:00Z"}),
    fails("old credentials", FRESH, {ISSUED: "2019-12-31T00:00:00Z"}),
    fails("long-term credentials have no issue time", FRESH, {}),
    holds("within a week", WEEK, {NOW: "2020-04-05T08:00:00Z"}),
    fails("before that week", WEEK, {NOW: "2020-03-31T23:59:59Z"}),
    fails("after that week", WEEK, {NOW: "2020-04-08T00:00:00Z"}),
)
def test_examples_with_dates(case: Case) -> None:
    """The page's example of credentials issued in 2020, and IAM's of a range of dates."""
    check(case)
