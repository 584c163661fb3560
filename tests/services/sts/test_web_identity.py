"""AssumeRoleWithWebIdentity: tokens of a provider that really is asked for its keys, over TLS."""

from __future__ import annotations

import base64
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED
from joserfc.jwk import RSAKey

from gureum.base.clock import host_ms
from tests.services.iam.documents import allow, policy
from tests.services.organizations.company import RCP, Company, deny
from tests.services.sts.issuer import CLIENT, Issuer, ec_key, issuing, rsa_key
from tests.services.sts.people import Client, add_role, session, trusting
from tests.support.clouds import Cloud
from tests.support.refusals import refused

WITH_TOKEN = "sts:AssumeRoleWithWebIdentity"


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    """A provider that has a path in its name, as those of clusters do."""
    with issuing(tmp_path, "/id/ABC") as started:
        yield started


@pytest.fixture
def provider(iam: Any, issuer: Issuer) -> str:
    """The provider as it is registered in the test's account; its ARN."""
    arn: str = iam.create_open_id_connect_provider(
        Url=issuer.url, ClientIDList=[CLIENT], ThumbprintList=["0" * 40, issuer.thumbprint]
    )["OpenIDConnectProviderArn"]
    return arn


@pytest.fixture
def role(iam: Any, provider: str) -> str:
    """A role that trusts the provider, whoever it is who shows a token; its ARN."""
    return add_role(iam, "web", trusting(WITH_TOKEN, Federated=provider), allow("sqs:ListQueues"))


@pytest.fixture
def nobody(client: Client) -> Any:
    """STS for somebody without any credentials."""
    return client("sts", signature_version=UNSIGNED, parameter_validation=False)


def shown(role: str, token: str, **more: Any) -> dict[str, Any]:
    """The parameters of a request."""
    return {"RoleArn": role, "RoleSessionName": "app1", "WebIdentityToken": token, **more}


def encoded(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(document: dict[str, Any]) -> str:
    """A part of a token."""
    return encoded(json.dumps(document).encode())


def test_a_token_opens_a_session(client: Client, nobody: Any, issuer: Issuer, role: str, provider: str) -> None:
    """Without credentials; the session is the role's."""
    answer = nobody.assume_role_with_web_identity(**shown(role, issuer.token()))
    assert answer["SubjectFromWebIdentityToken"] == "johndoe"
    assert (answer["Provider"], answer["Audience"]) == (provider, CLIENT)
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/web/app1")
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", "sqs:CreateQueue", 403):
        session(client, "sqs", answer).create_queue(QueueName="q")


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_algorithms(nobody: Any, issuer: Issuer, role: str, algorithm: str) -> None:
    """RSA with PKCS #1 and elliptic curves, in three sizes each."""
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    issuer.keys = [ec_key("curve", curves[algorithm]) if algorithm in curves else rsa_key("one")]
    issuer.algorithm = algorithm
    nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


def test_a_key_that_is_no_secret_signs_nothing(nobody: Any, issuer: Issuer, role: str) -> None:
    """HS256 with the public key as its secret, and `none`: the classics."""
    payload, signature = issuer.token().split(".")[1:]
    unsigned = f"{part({'alg': 'none', 'kid': 'one'})}.{payload}"
    confused = f"{part({'alg': 'HS256', 'kid': 'one'})}.{payload}"
    mac = hmac.digest(rsa_key("one").as_pem(private=False), confused.encode(), "sha256")
    for token in (f"{unsigned}.", f"{unsigned}.{signature}", f"{confused}.{encoded(mac)}"):
        with refused("InvalidIdentityToken", "not signed with a supported algorithm"):
            nobody.assume_role_with_web_identity(**shown(role, token))


@pytest.mark.parametrize("algorithm", [["RS256"], {"RS256": 1}, 256, None])
def test_an_algorithm_that_is_no_name(nobody: Any, issuer: Issuer, role: str, algorithm: Any) -> None:
    """Is none, and no bug either: anybody can send it."""
    _, claims, signature = issuer.token().split(".")
    with refused("InvalidIdentityToken", "not signed with a supported algorithm"):
        nobody.assume_role_with_web_identity(**shown(role, f"{part({'alg': algorithm})}.{claims}.{signature}"))


def test_tampered_and_foreign_tokens(nobody: Any, issuer: Issuer, role: str) -> None:
    """Another subject under the same signature, another key under the same name, and what is no token."""
    head, _, signature = issuer.token().split(".")
    claims = part(issuer.claims(sub="admin"))
    impostor = rsa_key("impostor")
    forged = issuer.signed(RSAKey.import_key({**impostor.as_dict(private=True), "kid": "one"}), issuer.claims())
    other = issuer.signed(impostor, issuer.claims())
    issuer.algorithm = "ES256"
    curve = issuer.signed(ec_key("one"), issuer.claims())
    with refused("InvalidIdentityToken", "its signature is not valid"):
        nobody.assume_role_with_web_identity(**shown(role, f"{head}.{claims}.{signature}"))
    with refused("InvalidIdentityToken", "its signature is not valid"):
        nobody.assume_role_with_web_identity(**shown(role, forged))
    for token in (other, curve):
        with refused("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"):
            nobody.assume_role_with_web_identity(**shown(role, token))
    for token in ("abcdef", "a.b.c", f"{head}.{head}", "..é.", f"{head}.W10.{signature}"):
        with refused("InvalidIdentityToken", "is not a valid JWT"):
            nobody.assume_role_with_web_identity(**shown(role, token))


def test_times(nobody: Any, issuer: Issuer, role: str) -> None:
    """Expired ones, those of the future, and those that may not be used yet."""
    now_s = host_ms() // 1000
    with refused("ExpiredTokenException", f"must be before the expiration date/time{now_s - 1}"):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token(exp=now_s - 1)))
    for name in ("iat", "nbf"):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token(**{name: now_s + 60})))
        with refused("InvalidIdentityToken", "not valid yet"):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token(**{name: now_s + 3600})))


@pytest.mark.parametrize("name", ["sub", "aud", "exp", "iat"])
def test_required_claims(nobody: Any, issuer: Issuer, role: str, name: str) -> None:
    """One that is missing, and one of another type."""
    with refused("InvalidIdentityToken", f"Missing a required claim: {name}"):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token(**{name: None})))
    for wrong in ({"a": 1}, "x" * 257, ["x"] * 51):
        with refused("InvalidIdentityToken", f"The claim {name} is not valid."):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token(**{name: wrong})))


def test_audiences(nobody: Any, issuer: Issuer, role: str) -> None:
    """One of the registered ones; with several it is the authorized party that has to be."""
    right: list[dict[str, Any]] = [{"aud": [CLIENT]}, {"aud": ["other", "another"], "azp": CLIENT}]
    wrong: list[dict[str, Any]] = [{"aud": "other"}, {"aud": [CLIENT, "other"]}, {"aud": CLIENT, "azp": "other"}]
    for claims in right:
        answer = nobody.assume_role_with_web_identity(**shown(role, issuer.token(**claims)))
        assert answer["Audience"] == CLIENT
    for claims in wrong:
        with refused("InvalidIdentityToken", "Incorrect token audience"):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token(**claims)))


def test_unknown_issuers(iam: Any, nobody: Any, issuer: Issuer, role: str, provider: str) -> None:
    """Not registered, not any more, or in another account only."""
    for name in ("https://accounts.google.com", issuer.url + "/", issuer.url.replace("https", "http")):
        with refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {name}"):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token(iss=name)))
    elsewhere = "arn:aws:iam::999988887777:role/web"
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
        nobody.assume_role_with_web_identity(**shown(elsewhere, issuer.token()))
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


def test_the_trust_policy_decides(iam: Any, nobody: Any, issuer: Issuer, provider: str) -> None:
    """By subject and audience; a role that trusts an account, or another action, trusts no token."""
    condition = {
        "StringEquals": {f"{issuer.name}:aud": CLIENT},
        "StringLike": {f"{issuer.name}:sub": "repo:me/*"},
        "ForAnyValue:StringEquals": {f"{issuer.name}:amr": ["mfa"]},
    }
    only = add_role(iam, "only", trusting(WITH_TOKEN, Federated=provider, condition=condition))
    nobody.assume_role_with_web_identity(**shown(only, issuer.token(sub="repo:me/app", amr=["pwd", "mfa"])))
    account = only.split(":")[4]
    closed = [
        add_role(iam, "account", trusting(WITH_TOKEN, AWS=account)),
        add_role(iam, "service", trusting(WITH_TOKEN, Service="ec2.amazonaws.com")),
        add_role(iam, "other", trusting("sts:AssumeRoleWithSAML", Federated=provider)),
        f"arn:aws:iam::{account}:role/missing",
    ]
    for role in (only, *closed):
        with refused("AccessDenied", f"Not authorized to perform {WITH_TOKEN}", 403):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token(sub="repo:you/app")))


def test_keys_of_the_token_are_keys_of_the_session(
    iam: Any, client: Client, nobody: Any, issuer: Issuer, provider: str
) -> None:
    """So policies can name the user behind it, and the provider."""
    same = {"StringEquals": {f"{issuer.name}:sub": "johndoe", "aws:FederatedProvider": provider}}
    role = add_role(iam, "web", trusting(WITH_TOKEN, Federated=provider), allow("sqs:ListQueues", Condition=same))
    john, jane = (
        nobody.assume_role_with_web_identity(**shown(role, issuer.token(sub=name))) for name in ("johndoe", "jane")
    )
    session(client, "sqs", john).list_queues()
    with refused("AccessDenied", "sqs:ListQueues", 403):
        session(client, "sqs", jane).list_queues()


NESTED = {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]}
FLAT = {
    "https://aws.amazon.com/tags/principal_tags/Team": "red",
    "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"],
}


@pytest.mark.parametrize("claims", [{"https://aws.amazon.com/tags": NESTED}, FLAT], ids=["nested", "flat"])
def test_tags_in_a_token(
    iam: Any, client: Client, nobody: Any, issuer: Issuer, provider: str, claims: dict[str, Any]
) -> None:
    """Become the session's, transitive ones included, where the role's trust policy lets them."""
    red = {"StringEquals": {"aws:PrincipalTag/Team": "red", "aws:SourceIdentity": "john"}}
    every = (WITH_TOKEN, "sts:TagSession", "sts:SetSourceIdentity")
    role = add_role(iam, "web", trusting(*every, Federated=provider), allow("sts:*"))
    account = role.split(":")[4]
    chain = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    next_role = add_role(iam, "next", trusting(*chain, AWS=account), allow("sqs:ListQueues", Condition=red))
    token = issuer.token(**claims, **{"https://aws.amazon.com/source_identity": "john"})
    answer = nobody.assume_role_with_web_identity(**shown(role, token))
    assert answer["SourceIdentity"] == "john"
    assert answer["PackedPolicySize"] > 0
    chained = session(client, "sts", answer).assume_role(RoleArn=next_role, RoleSessionName="s2")
    session(client, "sqs", chained).list_queues()
    closed = add_role(iam, "closed", trusting(WITH_TOKEN, Federated=provider))
    for bad in (token, issuer.token(**claims), issuer.token(**{"https://aws.amazon.com/source_identity": "john"})):
        with refused("AccessDenied", "Not authorized to perform sts:", 403):
            nobody.assume_role_with_web_identity(**shown(closed, bad))


def test_bad_tags_in_a_token(nobody: Any, issuer: Issuer, role: str) -> None:
    """Several values, none, and what is no tag."""
    wrong: list[Any] = [{"Team": ["red", "blue"]}, {"Team": []}, {"Team": [1]}, {"Te*m": ["red"]}, "Team"]
    for tags in wrong:
        claims = {"https://aws.amazon.com/tags": {"principal_tags": tags}}
        with refused("InvalidIdentityToken"):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token(**claims)))
    with refused("InvalidIdentityToken", "Source Identity must match"):
        nobody.assume_role_with_web_identity(
            **shown(role, issuer.token(**{"https://aws.amazon.com/source_identity": "john doe"}))
        )


def test_session_policies_and_durations(client: Client, nobody: Any, issuer: Issuer, role: str) -> None:
    """As in AssumeRole."""
    token = issuer.token()
    answer = nobody.assume_role_with_web_identity(**shown(role, token, Policy=policy(allow("sns:*"))))
    with refused("AccessDenied", "because no session policy allows", 403):
        session(client, "sqs", answer).list_queues()
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role."):
        nobody.assume_role_with_web_identity(**shown(role, token, DurationSeconds=7200))
    with refused("NotImplemented", "ProviderId", 501):
        nobody.assume_role_with_web_identity(**shown(role, token, ProviderId="www.amazon.com"))


def test_keys_are_kept(nobody: Any, issuer: Issuer, role: str) -> None:
    """As long as the provider says; invented key ids do not make the cloud ask more often."""
    for _ in range(3):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token()))
    assert issuer.asked == ["/id/ABC/.well-known/openid-configuration", "/id/ABC/keys"]
    for _ in range(3):
        with refused("InvalidIdentityToken", "Couldn't retrieve verification key"):
            nobody.assume_role_with_web_identity(**shown(role, issuer.signed(rsa_key("two"), issuer.claims())))
    assert len(issuer.asked) == 2


def test_another_certificate_is_not_trusted(iam: Any, nobody: Any, issuer: Issuer, role: str, provider: str) -> None:
    """Neither one whose thumbprint is not registered, nor one for another name that is."""
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=provider, ThumbprintList=["1" * 40])
    with refused("InvalidIdentityToken", "OpenIDConnect provider's HTTPS certificate doesn't match"):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token()))
    assert issuer.asked == []


def test_a_certificate_for_another_name(iam: Any, nobody: Any, tmp_path: Path) -> None:
    """Its thumbprint makes it trusted, not right."""
    with issuing(tmp_path, name="example.com") as issuer:
        arn = iam.create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=[CLIENT], ThumbprintList=[issuer.thumbprint]
        )["OpenIDConnectProviderArn"]
        role = add_role(iam, "web", trusting(WITH_TOKEN, Federated=arn))
        with refused("InvalidIdentityToken", "HTTPS certificate doesn't match"):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "InvalidIdentityToken"),
        (b"[]", "InvalidIdentityToken"),
        (b'{"issuer": "https://elsewhere.example.com", "jwks_uri": "https://localhost/keys"}', "InvalidIdentityToken"),
        (b" " * 400_000, "IDPCommunicationError"),
    ],
    ids=["no JSON", "no object", "another issuer", "too large"],
)
def test_providers_that_answer_nonsense(nobody: Any, issuer: Issuer, role: str, body: bytes, code: str) -> None:
    """Are the ones to blame."""
    issuer.body = body
    with refused(code):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


def test_keys_elsewhere(nobody: Any, issuer: Issuer, role: str) -> None:
    """They are not read over plain HTTP, and not from where nobody answers."""
    urls = (f"http://{issuer.name}/keys", "https://localhost:1/keys", "https://[", "file:///etc/passwd", "https://a b")
    for url in urls:
        issuer.discovery = {"jwks_uri": url}
        with refused("IDPCommunicationError", "Error communicating with the identity provider."):
            nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


def test_resource_control_policies_hold_for_tokens(cloud: Cloud, nobody: Any, issuer: Issuer, name: str) -> None:
    """Though who shows one is in no account: it is the role that they protect."""
    company = Company(cloud, name)
    company.enable(RCP)
    member = company.invite("shop")
    iam = company.client("iam", member)
    arn = iam.create_open_id_connect_provider(
        Url=issuer.url, ClientIDList=[CLIENT], ThumbprintList=[issuer.thumbprint]
    )["OpenIDConnectProviderArn"]
    role = add_role(iam, "web", trusting(WITH_TOKEN, Federated=arn))
    nobody.assume_role_with_web_identity(**shown(role, issuer.token()))
    other = {"StringNotEquals": {f"{issuer.name}:sub": "jane"}}
    company.attach(member, deny(WITH_TOKEN, Principal="*", Condition=other), RCP)
    nobody.assume_role_with_web_identity(**shown(role, issuer.token(sub="jane")))
    with refused("AccessDenied", f"Not authorized to perform {WITH_TOKEN}", 403):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


def test_nobody_in_no_account(iam: Any, nobody: Any, issuer: Issuer, provider: str) -> None:
    """A role that trusts everybody of its account does not mean who shows a token."""
    account = provider.split(":")[4]
    condition = {"StringEquals": {"aws:PrincipalAccount": account}}
    role = add_role(iam, "own", trusting(WITH_TOKEN, AWS="*", condition=condition))
    with refused("AccessDenied", f"Not authorized to perform {WITH_TOKEN}", 403):
        nobody.assume_role_with_web_identity(**shown(role, issuer.token()))


def test_boto3_does_it_by_itself(cloud: Cloud, issuer: Issuer, role: str, tmp_path: Path) -> None:
    """With a token in a file, as in a container of a cluster."""
    file = tmp_path / "token"
    file.write_text(issuer.token())
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    given = {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(file),
        "AWS_ROLE_ARN": role,
        "AWS_ROLE_SESSION_NAME": "pod1",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, **given}, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.stdout.endswith(":assumed-role/web/pod1\n"), done.stderr
