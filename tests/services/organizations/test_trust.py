"""Trusted services and delegated administrators.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html and its
neighbours.
"""

from __future__ import annotations

from tests.services.organizations.company import Company, refused

CONFIG, DETECTIVE = "config.amazonaws.com", "detective.amazonaws.com"


def test_services_are_trusted(company: Company) -> None:
    """To do it twice, or to undo it twice, is no error."""
    api = company.api
    assert api.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []
    for service in (DETECTIVE, CONFIG, CONFIG):
        api.enable_aws_service_access(ServicePrincipal=service)
    listed = api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in listed] == [CONFIG, DETECTIVE]
    api.disable_aws_service_access(ServicePrincipal=CONFIG)
    api.disable_aws_service_access(ServicePrincipal=CONFIG)
    listed = api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in listed] == [DETECTIVE]
    with refused("InvalidInputException", reason="UNRECOGNIZED_SERVICE_PRINCIPAL"):
        api.enable_aws_service_access(ServicePrincipal="config")


def test_administrators_are_registered(company: Company) -> None:
    """For a trusted service, a member account, and once."""
    api, account = company.api, company.invite("a")
    register = api.register_delegated_administrator
    with refused("ConstraintViolationException", reason="SERVICE_ACCESS_NOT_ENABLED"):
        register(AccountId=account, ServicePrincipal=CONFIG)
    for service in (CONFIG, DETECTIVE):
        api.enable_aws_service_access(ServicePrincipal=service)
        register(AccountId=account, ServicePrincipal=service)
    with refused("AccountAlreadyRegisteredException"):
        register(AccountId=account, ServicePrincipal=CONFIG)
    with refused("ConstraintViolationException", reason="CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"):
        register(AccountId=company.management, ServicePrincipal=CONFIG)
    with refused("AccountNotFoundException"):
        register(AccountId="000000000009", ServicePrincipal=CONFIG)
    [listed] = api.list_delegated_administrators()["DelegatedAdministrators"]
    assert (listed["Id"], listed["JoinedMethod"], listed["Status"]) == (account, "INVITED", "ACTIVE")
    services = api.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert [each["ServicePrincipal"] for each in services] == [CONFIG, DETECTIVE]
    api.deregister_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    with refused("AccountNotRegisteredException"):
        api.deregister_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    assert api.list_delegated_administrators(ServicePrincipal=CONFIG)["DelegatedAdministrators"] == []
    assert len(api.list_delegated_administrators(ServicePrincipal=DETECTIVE)["DelegatedAdministrators"]) == 1
    api.disable_aws_service_access(ServicePrincipal=DETECTIVE)
    with refused("AccountNotRegisteredException"):
        api.list_delegated_services_for_account(AccountId=account)


def test_iam_without_trust_gives_no_root_access(company: Company) -> None:
    """Root sessions are over when IAM is not trusted any more, and do not come back by themselves."""
    iam = company.client("iam", company.management)
    company.api.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootSessions"]
    company.api.disable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    company.api.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert iam.list_organizations_features()["EnabledFeatures"] == []
