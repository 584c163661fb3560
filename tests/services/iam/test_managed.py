"""The AWS managed policies and the service reference: data, held against what AWS publishes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter

import pytest

from gureum.api.policy import Kind, compile_policy
from gureum.identity import managed
from gureum.services.iam import reference

ROOT = "arn:aws:iam::aws:policy"
EXPECTED = {
    "/": """
        AdministratorAccess PowerUserAccess ReadOnlyAccess SecurityAudit
        IAMFullAccess IAMReadOnlyAccess IAMUserChangePassword IAMUserSSHKeys IAMAccessAnalyzerFullAccess
        AWSOrganizationsFullAccess AWSOrganizationsReadOnlyAccess AWSAccountManagementReadOnlyAccess AWSDenyAll
        AWSCloudTrail_FullAccess AWSCloudTrail_ReadOnlyAccess AWSKeyManagementServicePowerUser SecretsManagerReadWrite
        AmazonEC2FullAccess AmazonEC2ReadOnlyAccess AmazonVPCFullAccess AmazonVPCReadOnlyAccess
        ElasticLoadBalancingFullAccess ElasticLoadBalancingReadOnly AutoScalingFullAccess AutoScalingReadOnlyAccess
        AmazonS3FullAccess AmazonS3ReadOnlyAccess AmazonRDSFullAccess AmazonRDSReadOnlyAccess
        AmazonElastiCacheFullAccess AmazonElastiCacheReadOnlyAccess AmazonDynamoDBFullAccess
        AmazonDynamoDBFullAccess_v2 AmazonDynamoDBReadOnlyAccess AmazonRedshiftFullAccess AmazonRedshiftReadOnlyAccess
        AmazonSQSFullAccess AmazonSQSReadOnlyAccess AmazonSNSFullAccess AmazonSNSReadOnlyAccess
        AmazonKinesisFullAccess AmazonKinesisReadOnlyAccess AmazonEventBridgeFullAccess AWSStepFunctionsFullAccess
        CloudWatchFullAccess CloudWatchFullAccessV2 CloudWatchReadOnlyAccess CloudWatchLogsFullAccess
        CloudWatchLogsReadOnlyAccess CloudWatchAgentServerPolicy CloudWatchAgentAdminPolicy
        CloudFrontFullAccess CloudFrontReadOnlyAccess AmazonRoute53FullAccess AmazonRoute53ReadOnlyAccess
        AWSWAFFullAccess AWSWAFReadOnlyAccess AmazonAPIGatewayAdministrator AmazonAPIGatewayInvokeFullAccess
        AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AmazonSSMFullAccess AmazonSSMManagedInstanceCore
        AmazonECS_FullAccess AmazonEC2ContainerRegistryFullAccess AmazonEC2ContainerRegistryReadOnly
        AmazonEC2ContainerRegistryPowerUser AmazonEKSClusterPolicy AmazonEKSServicePolicy AmazonEKSWorkerNodePolicy
        AmazonEKS_CNI_Policy AmazonEKSVPCResourceController AmazonEKSFargatePodExecutionRolePolicy
        AWSCodeBuildAdminAccess AWSCodeBuildDeveloperAccess AWSCodeBuildReadOnlyAccess AWSCodeDeployFullAccess
        AWSCodeDeployRoleForECS AWSCodePipeline_FullAccess AWSCodePipeline_ReadOnlyAccess AWSCloudFormationFullAccess
        AWSBackupFullAccess AmazonAthenaFullAccess AWSGlueConsoleFullAccess AmazonSageMakerFullAccess
        AmazonBedrockFullAccess AmazonBedrockReadOnly AmazonGuardDutyFullAccess_v2 AmazonGuardDutyReadOnlyAccess
        AmazonElasticMapReduceFullAccess AmazonElasticFileSystemFullAccess AWSXRayDaemonWriteAccess
    """,
    "/job-function/": """
        Billing DatabaseAdministrator DataScientist NetworkAdministrator SupportUser SystemAdministrator ViewOnlyAccess
    """,
    "/service-role/": """
        AWSLambdaBasicExecutionRole AWSLambdaVPCAccessExecutionRole AWSLambdaSQSQueueExecutionRole AWSLambdaRole
        AWSLambdaDynamoDBExecutionRole AWSLambdaKinesisExecutionRole AmazonEC2RoleforSSM AmazonSNSRole
        AmazonECSTaskExecutionRolePolicy AmazonEC2ContainerServiceforEC2Role AmazonEC2ContainerServiceRole
        AmazonEC2ContainerServiceAutoscaleRole AmazonRDSEnhancedMonitoringRole AWSCodeDeployRole
        AWSCodeDeployRoleForLambda AmazonEBSCSIDriverPolicy AWSBackupServiceRolePolicyForBackup
        AWSBackupServiceRolePolicyForRestores AmazonAPIGatewayPushToCloudWatchLogs AWSGlueServiceRole AWS_ConfigRole
        AmazonElasticMapReduceRole AutoScalingNotificationAccessRole
    """,
    "/aws-service-role/": """
        AutoScalingServiceRolePolicy AWSElasticLoadBalancingServiceRolePolicy AmazonECSServiceRolePolicy
        AmazonEKSServiceRolePolicy AWSServiceRoleForAmazonEKSNodegroup AmazonRDSServiceRolePolicy
        ElastiCacheServiceRolePolicy APIGatewayServiceRolePolicy AWSLambdaReplicator CloudTrailServiceRolePolicy
        AWSOrganizationsServiceTrustPolicy AWSBackupServiceLinkedRolePolicyForBackup CloudWatchEventsServiceRolePolicy
        AWSApplicationAutoscalingECSServicePolicy AWSApplicationAutoscalingDynamoDBTablePolicy
        AWSShieldServiceRolePolicy DynamoDBReplicationServiceRolePolicy
        AWSTrustedAdvisorServiceRolePolicy AmazonGuardDutyServiceRolePolicy
        AWSEC2SpotServiceRolePolicy AWSNATGatewayServiceRolePolicy AWSVPCTransitGatewayServiceRolePolicy
    """,
    "/root-task/": """
        IAMAuditRootUserCredentials IAMCreateRootUserPassword IAMDeleteRootUserCredentials S3UnlockBucketPolicy
        SQSUnlockQueuePolicy
    """,
}

# From the policies' pages below https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
PUBLISHED = [
    ("/AdministratorAccess", "v1", [{"Effect": "Allow", "Action": "*", "Resource": "*"}]),
    (
        "/IAMReadOnlyAccess",
        "v4",
        [
            {
                "Effect": "Allow",
                "Action": [
                    "iam:GenerateCredentialReport",
                    "iam:GenerateServiceLastAccessedDetails",
                    "iam:Get*",
                    "iam:List*",
                    "iam:SimulateCustomPolicy",
                    "iam:SimulatePrincipalPolicy",
                ],
                "Resource": "*",
            }
        ],
    ),
    (
        "/AmazonS3ReadOnlyAccess",
        "v3",
        [
            {
                "Effect": "Allow",
                "Action": ["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"],
                "Resource": "*",
            }
        ],
    ),
    (
        "/service-role/AWSLambdaBasicExecutionRole",
        "v1",
        [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": "*",
            }
        ],
    ),
]

DETAILED = """
    account autoscaling cloudtrail cloudwatch dynamodb ec2 elasticloadbalancing iam kms lambda logs organizations rds
    rds-db s3 sns sqs sts
"""


@pytest.mark.parametrize("path", EXPECTED)
def test_the_policies_that_people_attach_are_here(path: str) -> None:
    """Under the path that AWS gives them: it is part of the ARN that templates name."""
    missing = [name for name in EXPECTED[path].split() if managed.find(f"{ROOT}{path}{name}") is None]
    assert not missing


@pytest.mark.parametrize(("place", "version", "statements"), PUBLISHED, ids=lambda value: str(value)[:40])
def test_documents_are_those_that_aws_publishes(place: str, version: str, statements: list[object]) -> None:
    """Word for word, in the version that is the default on AWS."""
    policy = managed.find(ROOT + place)
    assert policy is not None
    assert policy.default_version == version
    assert json.loads(policy.document) == {"Version": "2012-10-17", "Statement": statements}


def test_what_is_known_of_a_policy_besides_its_document() -> None:
    """As its page says: created February 11, 2016, 23:15 UTC, edited January 05, 2024, 22:38 UTC."""
    policy = managed.find(f"{ROOT}/service-role/AWSLambdaVPCAccessExecutionRole")
    assert policy is not None
    assert (policy.name, policy.path) == ("AWSLambdaVPCAccessExecutionRole", "/service-role/")
    assert (policy.created_ms, policy.updated_ms) == (1_455_232_526_000, 1_704_494_306_000)
    assert policy.description.startswith("Provides minimum permissions for a Lambda function to execute")


def test_every_policy_is_whole() -> None:
    """No line of the data may be one that IAM cannot serve: each has its fields in AWS's form."""
    for policy in managed.all_policies():
        document = json.loads(policy.document)
        assert document["Version"] == "2012-10-17", policy.arn
        assert document["Statement"], policy.arn
        assert policy.arn == f"{ROOT}{policy.path}{policy.name}"
        assert policy.path in EXPECTED, policy.arn
        assert re.fullmatch(r"[\w+=,.@-]{1,128}", policy.name), policy.arn
        assert re.fullmatch(r"v[1-9][0-9]*", policy.default_version), policy.arn
        assert re.fullmatch(r"ANPA[A-Z2-7]{17}", policy.id), policy.arn
        assert len(policy.description) <= 1000, policy.arn
        assert 1_400_000_000_000 < policy.created_ms <= policy.updated_ms, policy.arn


def test_every_document_compiles() -> None:
    """What AWS writes itself the engine must be able to enforce: operators, variables and all."""
    for policy in managed.all_policies():
        assert compile_policy(policy.document, Kind.IDENTITY).statements, policy.arn


def test_arns_names_and_ids_are_unique_and_in_order() -> None:
    """Listings page by name, and clients key by id."""
    policies = managed.all_policies()
    assert [policy.name for policy in policies] == sorted({policy.name for policy in policies})
    assert len({policy.id for policy in policies}) == len({policy.arn for policy in policies}) == len(policies)


def test_the_listing_is_a_sequence() -> None:
    """A page is a slice, and what is listed is what is found."""
    policies = managed.all_policies()
    assert [policy.name for policy in policies[:2]] == [policies[0].name, policies[1].name]
    assert policies[-1] == managed.find(policies[-1].arn)
    with pytest.raises(IndexError):
        policies[len(policies)]


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "AdministratorAccess",
        f"{ROOT}/administratoraccess",
        f"{ROOT}/job-function/AdministratorAccess",
        f"{ROOT}/ViewOnlyAccess",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
    ],
)
def test_an_arn_that_is_not_exactly_one_of_these_finds_nothing(arn: str) -> None:
    """A near miss that found a policy would grant what nobody wrote."""
    assert managed.find(arn) is None


def test_ids_that_aws_has_shown_are_kept() -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/iam/list-policies.html has it in an example."""
    policy = managed.find(f"{ROOT}/AdministratorAccess")
    assert policy is not None
    assert policy.id == "ANPAIWMBCKSKIEE64ZLYK"


def test_a_lookup_adds_little_memory() -> None:
    """An idle cloud is small, and a process that looks up one policy must not hold all of them."""
    script = f"""
import tracemalloc
from gureum.identity import managed
tracemalloc.start()
assert managed.find("{ROOT}/ReadOnlyAccess")
print(tracemalloc.get_traced_memory()[1])
"""
    peak_bytes = int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)
    assert peak_bytes < 2_000_000


def test_every_namespace_has_a_name() -> None:
    """In reports of last access each service has one; two share a name only where AWS has them so."""
    services = reference.services()
    assert len(services) > 400
    assert list(services) == sorted(services)
    assert all(re.fullmatch(r"[\w-]{1,64}", namespace) and name.strip() == name for namespace, name in services.items())
    assert services["sqs"] == "Amazon SQS"
    assert services["iam"] == "AWS Identity and Access Management (IAM)"
    assert services["elasticloadbalancing"] == "AWS Elastic Load Balancing"


def test_actions_have_one_of_five_access_levels() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html"""
    detailed = {namespace for namespace in reference.services() if reference.actions(namespace)}
    assert detailed == set(DETAILED.split())
    levels = Counter(level for namespace in detailed for level in reference.actions(namespace).values())
    assert set(levels) == {"List", "Read", "Write", "Tagging", "Permissions management"}


@pytest.mark.parametrize(
    ("namespace", "action", "level"),
    [
        ("sqs", "SendMessage", "Write"),
        ("sqs", "AddPermission", "Permissions management"),
        ("s3", "GetObject", "Read"),
        ("s3", "ListAllMyBuckets", "List"),
        ("iam", "TagRole", "Tagging"),
        ("rds-db", "connect", "Permissions management"),
        ("elasticloadbalancing", "RegisterInstancesWithLoadBalancer", "Write"),
        ("elasticloadbalancing", "RegisterTargets", "Write"),
    ],
)
def test_access_levels_are_those_that_aws_publishes(namespace: str, action: str, level: str) -> None:
    """One of each level, and both generations of a service that share a namespace."""
    assert reference.actions(namespace)[action] == level


def test_a_namespace_without_actions_has_none() -> None:
    """Neither one that AWS does not have nor one of which only the name is here is an error."""
    assert not reference.actions("nosuchservice")
    assert "athena" in reference.services()
    assert not reference.actions("athena")
