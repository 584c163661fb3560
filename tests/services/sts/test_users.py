"""GetSessionToken, GetFederationToken and second factors: temporary credentials of users."""

from __future__ import annotations

from typing import Any

from tests.services.iam.documents import allow, policy
from tests.services.iam.people import add_user
from tests.services.iam.test_mfa import App
from tests.services.sts.people import Client, add_role, lasts, session, trusting
from tests.support.refusals import refused

WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
RECENT = {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}


class Phone(App):
    """An app that shows codes one after the other, each a step later than the one before, as far as is allowed."""

    def __init__(self, iam: Any, user: str) -> None:
        super().__init__(iam, name=user)
        self.enable(iam, user, **self.codes(behind=2))

    def show(self, steps: int = 0) -> dict[str, str]:
        """The parameters of a request with the code of so many steps from now."""
        return {"SerialNumber": self.serial, "TokenCode": self.codes(behind=-steps)["AuthenticationCode1"]}


def test_a_session_token_is_the_users_own(iam: Any, client: Client, account: str) -> None:
    """Without a permission; it can do in other services what the user can, and lasts twelve hours."""
    sts = client("sts", key=add_user(iam, "bob", allow("sqs:*", "iam:*")))
    answer = sts.get_session_token()
    assert lasts(answer, hours=12)
    arn = f"arn:aws:iam::{account}:user/bob"
    assert session(client, "sts", answer).get_caller_identity()["Arn"] == arn
    session(client, "sqs", answer).list_queues()
    with refused("InvalidClientTokenId", "", 403):
        session(client, "iam", answer).list_users()


def test_sessions_make_no_sessions_of_themselves(iam: Any, client: Client, alice: Any, account: str) -> None:
    """Neither those of users nor those of roles; the former may assume roles."""
    role = add_role(iam, "worker", trusting(AWS=account), allow("sts:*"))
    token = session(client, "sts", alice.get_session_token())
    assumed = session(client, "sts", token.assume_role(RoleArn=role, RoleSessionName="s1"))
    for sts in (token, assumed):
        with refused("AccessDenied", "Cannot call GetSessionToken with session credentials", 403):
            sts.get_session_token()
        with refused("AccessDenied", "Cannot call GetFederationToken with session credentials", 403):
            sts.get_federation_token(Name="carol")
    with refused("AccessDenied", "Cannot call GetAccessKeyInfo with session credentials", 403):
        token.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_the_root_users_tokens_last_an_hour(client: Client, account: str) -> None:
    """Whatever is asked for."""
    sts = client("sts", key=(account, "test"))
    for answer in (sts.get_session_token(DurationSeconds=129600), sts.get_federation_token(Name="carol")):
        assert lasts(answer, hours=1)
    user = client("sts", key=(account, "test"), parameter_validation=False)
    for seconds in (899, 129601):
        with refused("ValidationError", "durationSeconds"):
            user.get_session_token(DurationSeconds=seconds)


def test_a_token_with_a_second_factor(iam: Any, client: Client) -> None:
    """Opens IAM, and what asks for the factor or for its age."""
    sts = client(
        "sts", key=add_user(iam, "bob", allow("iam:*"), allow("sqs:ListQueues", Condition={**WITH_MFA, **RECENT}))
    )
    phone = Phone(iam, "bob")
    answer = sts.get_session_token(**phone.show())
    session(client, "iam", answer).list_users()
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", "sqs:ListQueues", 403):
        session(client, "sqs", sts.get_session_token()).list_queues()


def test_a_code_works_once(iam: Any, client: Client) -> None:
    """A replayed one is refused like a wrong one, whatever it was used for; so is one without its device."""
    sts = client("sts", key=add_user(iam, "bob"), parameter_validation=False)
    phone = Phone(iam, "bob")
    shown = phone.show()
    sts.get_session_token(**shown)
    wrong = "000000" if shown["TokenCode"] != "000000" else "000001"
    for code in (shown["TokenCode"], wrong):
        with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", 403):
            sts.get_session_token(SerialNumber=phone.serial, TokenCode=code)
    for half in ({"SerialNumber": phone.serial}, {"TokenCode": "123456"}):
        with refused("AccessDenied", "must provide both MFA serial number and one time pass code.", 403):
            sts.get_session_token(**half)
    with refused("AccessDenied", "unable to validate MFA code.", 403):
        client("sts", key=add_user(iam, "carol")).get_session_token(**phone.show(1))


def test_a_role_can_ask_for_a_second_factor(iam: Any, client: Client, alice: Any, account: str) -> None:
    """In the request, or of the session that makes it; what the role's session does is without one."""
    trust = trusting(AWS=account, condition={**WITH_MFA, **RECENT})
    role = add_role(iam, "guarded", trust, allow("sqs:ListQueues"), allow("sqs:CreateQueue", Condition=WITH_MFA))
    with refused("AccessDenied", "sts:AssumeRole", 403):
        alice.assume_role(RoleArn=role, RoleSessionName="s1")
    phone = Phone(iam, "alice")
    answer = alice.assume_role(RoleArn=role, RoleSessionName="s1", **phone.show())
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", "sqs:CreateQueue", 403):
        session(client, "sqs", answer).create_queue(QueueName="q")
    token = session(client, "sts", alice.get_session_token(**phone.show(1)))
    token.assume_role(RoleArn=role, RoleSessionName="s1")


def test_a_refused_request_uses_no_code_up(iam: Any, alice: Any, account: str) -> None:
    """Nothing changed, so the code is still good for what is allowed."""
    closed = add_role(iam, "closed", trusting(Service="ec2.amazonaws.com"))
    opened = add_role(iam, "opened", trusting(AWS=account, condition=WITH_MFA))
    phone = Phone(iam, "alice")
    shown = phone.show()
    with refused("AccessDenied", "sts:AssumeRole", 403):
        alice.assume_role(RoleArn=closed, RoleSessionName="s1", **shown)
    alice.assume_role(RoleArn=opened, RoleSessionName="s1", **shown)


def test_a_federated_user(iam: Any, client: Client, account: str) -> None:
    """May do what both its user and its policies allow, nothing in IAM, and in STS only ask who it is."""
    sts = client("sts", key=add_user(iam, "bob", allow("sqs:*", "iam:*", "sts:*")))
    answer = sts.get_federation_token(Name="carol", Policy=policy(allow("sqs:ListQueues", "iam:*", "sts:*")))
    arn = f"arn:aws:sts::{account}:federated-user/carol"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{account}:carol", "Arn": arn}
    assert answer["PackedPolicySize"] > 0
    assert lasts(answer, hours=12)
    assert session(client, "sts", answer).get_caller_identity()["UserId"] == f"{account}:carol"
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", "because no session policy allows", 403):
        session(client, "sqs", answer).create_queue(QueueName="q")
    with refused("InvalidClientTokenId", "", 403):
        session(client, "iam", answer).list_users()
    with refused("AccessDenied", "Cannot call AssumeRole with session credentials", 403):
        session(client, "sts", answer).assume_role(RoleArn=f"arn:aws:iam::{account}:role/x", RoleSessionName="s1")


def test_a_federated_user_without_policies_can_do_nothing(iam: Any, client: Client) -> None:
    """Nor does it get anything from one of the same name that another user made."""
    bob, eve = (client("sts", key=add_user(iam, name, allow("sts:*", action))) for name, action in MAKERS.items())
    nothing = bob.get_federation_token(Name="carol")
    with refused("AccessDenied", "because no session policy allows", 403):
        session(client, "sqs", nothing).list_queues()
    everything = policy(allow("*"))
    session(client, "sqs", bob.get_federation_token(Name="carol", Policy=everything)).list_queues()
    with refused("AccessDenied", "because no identity-based policy allows", 403):
        session(client, "sqs", eve.get_federation_token(Name="carol", Policy=everything)).list_queues()


MAKERS = {"bob": "sqs:ListQueues", "eve": "sqs:CreateQueue"}


def test_federation_needs_permission(iam: Any, client: Client, account: str) -> None:
    """On the federated user's name, and for tags one more."""
    one = f"arn:aws:sts::{account}:federated-user/carol"
    sts = client("sts", key=add_user(iam, "bob", allow("sts:GetFederationToken", resource=one)))
    sts.get_federation_token(Name="carol")
    with refused("AccessDenied", "sts:GetFederationToken", 403):
        sts.get_federation_token(Name="dave")
    with refused("AccessDenied", f"sts:TagSession on resource: {one}", 403):
        sts.get_federation_token(Name="carol", Tags=[{"Key": "Team", "Value": "red"}])


def test_a_federated_users_tags(iam: Any, client: Client) -> None:
    """Are those of its user and those that were passed, which win."""
    tagged = {"StringEquals": {"aws:PrincipalTag/Team": "red", "aws:PrincipalTag/Site": "seoul"}}
    sts = client("sts", key=add_user(iam, "bob", allow("sts:*"), allow("sqs:*", Condition=tagged)))
    iam.tag_user(UserName="bob", Tags=[{"Key": "Team", "Value": "blue"}, {"Key": "Site", "Value": "seoul"}])
    everything = policy(allow("*"))
    with refused("AccessDenied", "sqs:ListQueues", 403):
        session(client, "sqs", sts.get_federation_token(Name="carol", Policy=everything)).list_queues()
    answer = sts.get_federation_token(Name="carol", Policy=everything, Tags=[{"Key": "team", "Value": "red"}])
    session(client, "sqs", answer).list_queues()
