"""What only its owner may know is answered once and is nowhere else.

Not in the record of calls, which CloudTrail shows, not in error messages, not in the log.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from gureum.services.iam import iam as iam_service
from gureum.services.sts import sts as sts_service
from tests.services.iam.documents import EVERYTHING, allow
from tests.services.iam.people import add_user
from tests.services.iam.test_mfa import App
from tests.services.sts.people import add_role, trusting
from tests.support.inprocess import ACCOUNT, House, serving

PASSWORD = "Correct-horse-battery-1"
PRIVATE = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIPlease-do-not-tell\n-----END PRIVATE KEY-----"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"


@pytest.fixture
def house() -> Iterator[House]:
    with serving(iam_service, sts_service) as started:
        yield started


class Keeper:
    """Makes calls, answered or refused, and keeps what nobody else may see."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.errors: list[str] = []

    def tell(self, *secrets: str) -> None:
        """Note what is secret."""
        self.secrets.update(secrets)

    def credentials(self, answer: dict[str, Any]) -> None:
        """Note what is secret of credentials of STS."""
        self.tell(answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"])

    def refused(self, call: Any, **members: Any) -> None:
        """Make a call that is refused."""
        with pytest.raises(ClientError) as caught:
            call(**members)
        self.errors.append(str(caught.value))


def test_secrets_are_told_once(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """Those that are given out and those that are brought, in calls that succeed and in calls that do not."""
    keeper = Keeper()
    _people(house, keeper)
    _sessions(house, keeper)
    _tokens(house, keeper)
    recorded = house.recorded()
    assert len({call.operation for call in recorded}) > 15
    said = capfd.readouterr()
    everywhere = [*(msgspec.json.encode(call).decode() for call in recorded), *keeper.errors, said.out, said.err]
    for call in recorded:
        everywhere += [call.parameters.decode(), call.response.decode()]
    text = "\n".join(everywhere)
    shown = sorted(secret for secret in keeper.secrets if secret in text)
    assert not shown


def _people(house: House, keeper: Keeper) -> None:
    iam = house.client("iam", parameter_validation=False)
    key = add_user(iam, "alice", allow("*"))
    own = house.client("iam", key=key, parameter_validation=False)
    keeper.tell(key[1], PASSWORD, PRIVATE, "Shrt-1", "do-not-tell", *(PASSWORD + end for end in ("2", "3")))
    keeper.refused(iam.create_login_profile, UserName="alice", Password="Shrt-1")
    keeper.refused(iam.create_login_profile, UserName="alice", Password=PASSWORD * 10)
    iam.create_login_profile(UserName="alice", Password=PASSWORD)
    keeper.refused(iam.create_login_profile, UserName="alice", Password=PASSWORD)
    iam.update_login_profile(UserName="alice", Password=PASSWORD + "2")
    keeper.refused(own.change_password, OldPassword=PASSWORD, NewPassword=PASSWORD + "3")
    own.change_password(OldPassword=PASSWORD + "2", NewPassword=PASSWORD + "3")
    keeper.refused(iam.upload_server_certificate, ServerCertificateName="c", CertificateBody="none", PrivateKey=PRIVATE)
    made = iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
    credential = made["ServiceSpecificCredential"]
    again = iam.reset_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=credential["ServiceSpecificCredentialId"]
    )
    keeper.tell(credential["ServicePassword"], again["ServiceSpecificCredential"]["ServicePassword"])


def _sessions(house: House, keeper: Keeper) -> None:
    iam = house.client("iam")
    key = add_user(iam, "bob", allow("sts:*"))
    sts = house.client("sts", key=key, parameter_validation=False)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    keeper.tell(seed, base64.b64encode(seed.encode()).decode(), base64.b64encode(device["QRCodePNG"]).decode()[64:])
    app = App(iam, name="bob")
    codes = app.codes(behind=2)
    app.enable(iam, "bob", **codes)
    keeper.tell(*(f'"{code}"' for code in codes.values()))
    code = app.codes(behind=0)["AuthenticationCode1"]
    keeper.refused(sts.get_session_token, SerialNumber=app.serial, TokenCode="000000x")
    keeper.refused(sts.get_session_token, SerialNumber=app.serial + "x", TokenCode=code)
    keeper.credentials(sts.get_session_token(SerialNumber=app.serial, TokenCode=code))
    keeper.refused(sts.get_session_token, SerialNumber=app.serial, TokenCode=code)
    keeper.tell(f'"{code}"')
    keeper.credentials(sts.get_federation_token(Name="guest", Policy=EVERYTHING))
    role = add_role(iam, "worker", trusting(AWS=ACCOUNT))
    answer = sts.assume_role(RoleArn=role, RoleSessionName="s1")
    keeper.credentials(answer)
    token = answer["Credentials"]["SessionToken"]
    stolen = house.client("sts", key=key, token=token)
    keeper.refused(stolen.get_caller_identity)


def _tokens(house: House, keeper: Keeper) -> None:
    sts = house.client("sts", parameter_validation=False)
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/worker"}
    jwt = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b"{}", b'{"iss":"x"}', b"sig"))
    for token in (jwt, "x1", "no token at all, but long enough to be one", jwt * 1000):
        keeper.tell(token)
        keeper.refused(sts.assume_role_with_web_identity, **role, RoleSessionName="s1", WebIdentityToken=token)
        keeper.refused(sts.assume_role_with_saml, **role, PrincipalArn=PROVIDER, SAMLAssertion=token)
        keeper.refused(sts.assume_role_with_saml, RoleArn="x", PrincipalArn=PROVIDER, SAMLAssertion=token)
