"""OpenID Connect providers, through boto3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.refusals import refused

THUMBPRINT = "0123456789abcdef0123456789ABCDEF01234567"
URL = "https://accounts.example.com/realm"


def make(iam: Any, url: str = URL, **members: Any) -> str:
    """A provider's ARN."""
    arn: str = iam.create_open_id_connect_provider(Url=url, **members)["OpenIDConnectProviderArn"]
    return arn


def test_a_provider_is_what_was_asked_for(iam: Any, account: str) -> None:
    """Its URL without scheme is its name; thumbprints may be left out."""
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    tags = [{"Key": "team", "Value": "a"}]
    created = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["b", "a", "b"], ThumbprintList=[THUMBPRINT], Tags=tags
    )
    arn = created["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{account}:oidc-provider/accounts.example.com/realm"
    assert created["Tags"] == tags
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == "accounts.example.com/realm"
    assert found["ClientIDList"] == ["b", "a"]
    assert found["ThumbprintList"] == [THUMBPRINT.lower()]
    assert found["Tags"] == tags
    other = make(iam, "https://localhost:8443")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=other)["ThumbprintList"] == []
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert listed == [{"Arn": arn}, {"Arn": other}]


def test_a_provider_exists_once(iam: Any) -> None:
    """By its URL."""
    make(iam)
    with refused("EntityAlreadyExists", f"Provider with url {URL} already exists.", 409):
        make(iam)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "example.com",
        "https://",
        "https://user@example.com",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://example.com:port",
        "https://exa mple.com",
    ],
)
def test_urls_are_checked(iam: Any, url: str) -> None:
    """https, and neither user, query nor fragment."""
    with refused("ValidationError", "Invalid Open ID Connect Provider URL"):
        make(iam, url)


def test_clients_and_thumbprints_change(iam: Any) -> None:
    """To add what is there and to remove what is not there is no error."""
    arn = make(iam, ClientIDList=["a"])
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=[THUMBPRINT])
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["b"]
    assert found["ThumbprintList"] == [THUMBPRINT.lower()]
    for thumbprints in ([f"{number:040d}" for number in range(6)], ["x" * 40]):
        with refused("InvalidInput", "humbprint"):
            iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=thumbprints)
    with refused("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", 409):
        make(iam, "https://example.org", ClientIDList=[str(number) for number in range(101)])


def test_what_is_not_there(iam: Any, account: str) -> None:
    """Only a deletion does not mind."""
    arn = make(iam)
    for _ in range(2):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", status=404):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    wrong = f"arn:aws:iam::{account}:role/accounts.example.com"
    with refused("InvalidInput", f"ARN {wrong} is not valid."):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=wrong)


def test_tags_of_oidc_providers(iam: Any) -> None:
    """Added, removed, listed in pages."""
    arn = make(iam)
    tags = [{"Key": key, "Value": "1"} for key in "abc"]
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=tags)
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["b"])
    first = iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn, MaxItems=1)
    rest = iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn, Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == ["a", "c"]
