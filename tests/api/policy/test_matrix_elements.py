"""Action, NotAction, Resource and NotResource: what a statement is about, and what wildcards stand for.

The examples of AWS's pages are cases where they have an outcome.  Resources are compared with case, actions without.
"""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from tests.api.policy.cases import ACCOUNT, ALICE, ALLOWED, EXPLICIT, IMPLICIT, QUEUE, Case, allow, check, deny, rule

ACTION = "reference_policies_elements_action.html"
NOT_ACTION = "reference_policies_elements_notaction.html"
RESOURCE = "reference_policies_elements_resource.html"
NOT_RESOURCE = "reference_policies_elements_notresource.html"

allowed = partial(Case, who=ALICE, answer=ALLOWED, by=Kind.IDENTITY)
refused = partial(Case, who=ALICE, answer=IMPLICIT, by=Kind.IDENTITY)
denied = partial(Case, who=ALICE, answer=EXPLICIT, by=Kind.IDENTITY)


@rule(
    ACTION,
    allowed("the action that is named", identity=(allow("sqs:SendMessage"),)),
    refused("another action of the service", identity=(allow("sqs:ReceiveMessage"),)),
    refused("the same name of another service", identity=(allow("sns:SendMessage"),)),
    allowed("one of several", identity=(allow(["ec2:StartInstances", "sqs:SendMessage", "s3:GetObject"]),)),
    refused("none of several", identity=(allow(["ec2:StartInstances", "s3:GetObject"]),)),
    refused("a part of the name is not the name", identity=(allow("sqs:Send"),)),
    refused("a longer name is not the name", identity=(allow("sqs:SendMessageBatch"),)),
)
def test_a_statement_covers_the_actions_that_it_names(case: Case) -> None:
    """The value is a namespace that identifies a service and the name of the action."""
    check(case)


@rule(
    ACTION,
    allowed(
        "IAM:listaccesskeys is iam:ListAccessKeys", action="iam:ListAccessKeys", identity=(allow("IAM:listaccesskeys"),)
    ),
    allowed("the prefix in capitals", identity=(allow("SQS:SendMessage"),)),
    allowed("the name in small letters", identity=(allow("sqs:sendmessage"),)),
    allowed("wildcards ignore case too", identity=(allow("sqs:SEND*"),)),
    denied("a Deny ignores case as well", identity=(allow(), deny("Sqs:sEndMessage"))),
)
def test_actions_ignore_case(case: Case) -> None:
    """The prefix and the action name are case insensitive."""
    check(case)


@rule(
    ACTION,
    allowed("* is every action", identity=(allow("*"),)),
    allowed("sqs:* is every action of SQS", identity=(allow("sqs:*"),)),
    refused("s3:* is no action of SQS", identity=(allow("s3:*"),)),
    allowed("iam:*AccessKey* is CreateAccessKey", action="iam:CreateAccessKey", identity=(allow("iam:*AccessKey*"),)),
    allowed("iam:*AccessKey* is DeleteAccessKey", action="iam:DeleteAccessKey", identity=(allow("iam:*AccessKey*"),)),
    allowed("iam:*AccessKey* is ListAccessKeys", action="iam:ListAccessKeys", identity=(allow("iam:*AccessKey*"),)),
    allowed("iam:*AccessKey* is UpdateAccessKey", action="iam:UpdateAccessKey", identity=(allow("iam:*AccessKey*"),)),
    refused("iam:*AccessKey* is not CreateUser", action="iam:CreateUser", identity=(allow("iam:*AccessKey*"),)),
    allowed("at the end", identity=(allow("sqs:Send*"),)),
    allowed("at the beginning", identity=(allow("sqs:*Message"),)),
    refused("what follows has to follow", action="sqs:SendMessageBatch", identity=(allow("sqs:*Message"),)),
    allowed("* may stand for nothing", identity=(allow("sqs:SendMessage*"),)),
    allowed("? is one character", identity=(allow("sqs:?endMessage"),)),
    refused("? is not none", identity=(allow("sqs:SendMessage?"),)),
    refused("? is not two", identity=(allow("sqs:S?dMessage"),)),
    allowed("several of both", identity=(allow("sqs:*d?ess*e"),)),
)
def test_wildcards_stand_for_parts_of_actions(case: Case) -> None:
    """Multi-character (*) and single-character (?) wildcards stand anywhere in the name."""
    check(case)


S3_BUT_DELETE = (allow(NotAction="s3:DeleteBucket", resource="arn:aws:s3:::*"),)
BUCKET = "arn:aws:s3:::reports"


@rule(
    NOT_ACTION,
    allowed("everything else is allowed", identity=(allow(NotAction="iam:*"),)),
    refused("what is listed is not", action="iam:CreateUser", identity=(allow(NotAction="iam:*"),)),
    refused("also in another case", action="iam:CreateUser", identity=(allow(NotAction="IAM:createuser"),)),
    refused("the first of a list", action="iam:GetUser", identity=(allow(NotAction=["iam:*", "sts:*"]),)),
    refused("the last of a list", action="sts:AssumeRole", identity=(allow(NotAction=["iam:*", "sts:*"]),)),
    allowed("S3 but DeleteBucket: ListBucket", action="s3:ListBucket", resource=BUCKET, identity=S3_BUT_DELETE),
    refused("S3 but DeleteBucket: DeleteBucket", action="s3:DeleteBucket", resource=BUCKET, identity=S3_BUT_DELETE),
    refused("S3 but DeleteBucket: not on *", action="s3:ListAllMyBuckets", resource="*", identity=S3_BUT_DELETE),
    refused("S3 but DeleteBucket: other services", identity=S3_BUT_DELETE),
)
def test_notaction_with_allow(case: Case) -> None:
    """All applicable actions that are not listed are allowed, as far as the Resource element reaches."""
    check(case)


NO_MFA = (
    allow(),
    deny(NotAction="iam:*", condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
)
MFA = "aws:MultiFactorAuthPresent"
EUROPE = (
    allow(),
    deny(
        NotAction=["cloudfront:*", "iam:*", "route53:*", "support:*"],
        condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    ),
)
REGION = "aws:RequestedRegion"


@rule(
    NOT_ACTION,
    denied("what is not listed is denied", identity=(allow(), deny(NotAction="iam:*"))),
    allowed("what is listed is not denied", action="iam:GetUser", identity=(allow(), deny(NotAction="iam:*"))),
    refused("what is listed is not allowed by it", action="iam:GetUser", identity=(deny(NotAction="iam:*"),)),
    denied("without MFA", identity=NO_MFA, keys={MFA: "false"}),
    denied("long-term credentials without the key", identity=NO_MFA),
    allowed("with MFA", identity=NO_MFA, keys={MFA: "true"}),
    allowed("IAM without MFA", action="iam:EnableMFADevice", identity=NO_MFA, keys={MFA: "false"}),
    denied("outside of the regions", identity=EUROPE, keys={REGION: "us-east-1"}),
    allowed("inside the regions", identity=EUROPE, keys={REGION: "eu-west-1"}),
    allowed("a global service", action="iam:GetUser", identity=EUROPE, keys={REGION: "us-east-1"}),
)
def test_notaction_with_deny(case: Case) -> None:
    """The actions that are not listed are explicitly denied; those that are have to be allowed elsewhere."""
    check(case)


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


@rule(
    RESOURCE,
    allowed("the resource that is named", identity=(allow(resource=QUEUE),)),
    refused("another one", identity=(allow(resource=QUEUE + "-old"),)),
    refused("one of another region", identity=(allow(resource=QUEUE.replace("us-east-1", "us-east-2")),)),
    refused("one of another service", identity=(allow(resource=QUEUE.replace("sqs", "sns")),)),
    allowed("one of several", identity=(allow(resource=["arn:aws:s3:::a", QUEUE]),)),
    refused("the user name is case sensitive", resource=user_arn("Bob"), identity=(allow(resource=user_arn("bob")),)),
    allowed("the same case", resource=user_arn("Bob"), identity=(allow(resource=user_arn("Bob")),)),
    allowed("* is every resource", identity=(allow(resource="*"),)),
    allowed("* is also no single one", action="sqs:ListQueues", resource="*", identity=(allow(resource="*"),)),
    refused("an ARN is not every one", action="sqs:ListQueues", resource="*", identity=(allow(resource=QUEUE),)),
)
def test_a_statement_covers_the_resources_that_it_names(case: Case) -> None:
    """A resource is named by its ARN, or by * where an action has none of its own."""
    check(case)


ACCOUNTING = (allow(resource=user_arn("accounting/*")),)
STREAM = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:web:log-stream:a"
BEYOND_ITS_SEGMENT = "arn:aws:logs:us-east-1:*:log-stream:a"
WITHIN_ITS_SEGMENT = "arn:aws:logs:us-east-1:1111*log-group:web:*"


@rule(
    RESOURCE + "#reference_policies_elements_resource_wildcards",
    allowed("all users under a path", resource=user_arn("accounting/ann"), identity=ACCOUNTING),
    allowed("and under paths in it", resource=user_arn("accounting/eu/ann"), identity=ACCOUNTING),
    refused("but no others", resource=user_arn("sales/ann"), identity=ACCOUNTING),
    refused("what stands before the * has to be there", resource=user_arn("accounting"), identity=ACCOUNTING),
    allowed("every region", identity=(allow(resource=f"arn:aws:sqs:*:{ACCOUNT}:orders"),)),
    allowed("some regions", identity=(allow(resource=f"arn:aws:sqs:us-*:{ACCOUNT}:orders"),)),
    refused("other regions", identity=(allow(resource=f"arn:aws:sqs:eu-*:{ACCOUNT}:orders"),)),
    allowed("every account", identity=(allow(resource="arn:aws:sqs:us-east-1:*:orders"),)),
    allowed("every name", identity=(allow(resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:*"),)),
    allowed("several in one segment", identity=(allow(resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:o*d*s"),)),
    allowed("? is one character", identity=(allow(resource=f"arn:aws:sqs:us-east-?:{ACCOUNT}:order?"),)),
    refused("? is not none", identity=(allow(resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders?"),)),
    allowed(
        "a last * goes beyond colons",
        resource=STREAM,
        identity=(allow(resource=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:web:*"),),
    ),
    allowed("a last * covers all segments", identity=(allow(resource="arn:aws:sqs:us-east-1:*"),)),
    allowed("a * that ends a segment may too", resource=STREAM, identity=(allow(resource=BEYOND_ITS_SEGMENT),)),
    refused("a * within a segment does not", resource=STREAM, identity=(allow(resource=WITHIN_ITS_SEGMENT),)),
    allowed(
        "it stands for a part of it", resource=STREAM, identity=(allow(resource="arn:aws:logs:us-*-1:1*3:log-group:*"),)
    ),
    refused(
        "? stays in its segment",
        resource=STREAM,
        identity=(allow(resource=STREAM.replace(":log-group", "?log-group", 1)),),
    ),
    denied("a Deny has the same wildcards", identity=(allow(), deny(resource=f"arn:aws:sqs:*:{ACCOUNT}:ord*"))),
)
def test_wildcards_stand_for_parts_of_resources(case: Case) -> None:
    """* and ? within the segments of an ARN; a * that is the last character of one can go beyond the colon."""
    check(case)


TESTS = (allow(resource="arn:aws:s3:::amzn-s3-demo-bucket/*/test/*"),)
OBJECT = "arn:aws:s3:::amzn-s3-demo-bucket/"


@rule(
    RESOURCE + "#reference_policies_elements_resource_wildcards",
    allowed("1/test/object.jpg", resource=OBJECT + "1/test/object.jpg", identity=TESTS),
    allowed("1/2/test/object.jpg", resource=OBJECT + "1/2/test/object.jpg", identity=TESTS),
    allowed("1/2/test/3/object.jpg", resource=OBJECT + "1/2/test/3/object.jpg", identity=TESTS),
    allowed("1/2/3/test/4/object.jpg", resource=OBJECT + "1/2/3/test/4/object.jpg", identity=TESTS),
    allowed("1///test///object.jpg", resource=OBJECT + "1///test///object.jpg", identity=TESTS),
    allowed("/test/.jpg", resource=OBJECT + "/test/.jpg", identity=TESTS),
    allowed("//test/object.jpg", resource=OBJECT + "//test/object.jpg", identity=TESTS),
    allowed("1/test/", resource=OBJECT + "1/test/", identity=TESTS),
    refused("1-test/object.jpg", resource=OBJECT + "1-test/object.jpg", identity=TESTS),
    refused("test/object.jpg", resource=OBJECT + "test/object.jpg", identity=TESTS),
    refused("1/2/test.jpg", resource=OBJECT + "1/2/test.jpg", identity=TESTS),
)
def test_an_asterisk_spans_slashes(case: Case) -> None:
    """The page's own list of objects that arn:aws:s3:::amzn-s3-demo-bucket/*/test/* applies to, and does not."""
    check(case)


PAYROLL = ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]
HR = (allow(), deny("s3:*", NotResource=PAYROLL))
in_s3 = partial(Case, who=ALICE, action="s3:GetObject", by=Kind.IDENTITY)


@rule(
    NOT_RESOURCE,
    in_s3("the folder that is listed", answer=ALLOWED, resource=PAYROLL[0], identity=HR),
    in_s3("what is in it", answer=ALLOWED, resource=PAYROLL[0] + "/may", identity=HR),
    in_s3("other folders are denied", answer=EXPLICIT, resource="arn:aws:s3:::HRBucket/Other/may", identity=HR),
    in_s3("other buckets are denied", answer=EXPLICIT, resource="arn:aws:s3:::Sales/Payroll", identity=HR),
    in_s3("it grants nothing", answer=IMPLICIT, resource=PAYROLL[0], identity=(deny("s3:*", NotResource=PAYROLL),)),
    allowed("other services are not concerned", identity=HR),
    allowed("all but * is nothing", identity=(allow(), deny("sqs:*", NotResource="*"))),
    refused("with Allow: all but * is nothing", identity=(allow("sqs:*", NotResource="*"),)),
    allowed("with Allow: all that are not listed", identity=(allow("sqs:*", NotResource=QUEUE + "-old"),)),
    refused("with Allow: not the one that is", identity=(allow("sqs:*", NotResource=QUEUE),)),
    refused(
        "with Allow: not those of a pattern",
        identity=(allow("sqs:*", NotResource=["arn:aws:s3:::*", QUEUE[:-3] + "*"]),),
    ),
    refused("with Allow: only for the services named", identity=(allow("s3:*", NotResource="arn:aws:s3:::a"),)),
)
def test_notresource_covers_all_others(case: Case) -> None:
    """All resources for the specified services, except for those listed."""
    check(case)


@rule(
    "access_policies.html#access_policies-json",
    allowed("a later statement allows", identity=(allow("s3:*"), allow("sqs:*"))),
    allowed("a later policy allows", identity=[(allow("s3:*"),), (allow("sqs:*"),)]),
    refused(
        "halves of two statements are no whole", identity=(allow("sqs:*", "arn:aws:sqs:*:*:b"), allow("s3:*", QUEUE))
    ),
    denied("a later statement denies", identity=(allow(), deny("sqs:*"))),
    denied("an earlier statement denies", identity=(deny("sqs:*"), allow())),
    denied("another policy denies", identity=[(allow(),), (deny("sqs:*", QUEUE),)]),
    allowed("a Deny of other actions", identity=(allow(), deny("sqs:DeleteQueue"))),
    allowed("a Deny of other resources", identity=(allow(), deny(resource=QUEUE + "-old"))),
)
def test_statements_and_policies_add_up(case: Case) -> None:
    """A logical OR across the statements of a policy, and across the policies; a Deny among them wins."""
    check(case)
