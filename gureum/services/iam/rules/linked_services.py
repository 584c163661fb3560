"""Which services have roles linked to them: principal, name of the role, its policy, and what AWS says about it.

The roles of a service trust its principal and nobody else, and have one of AWS's managed policies, which nobody can
attach to anything else.  Few services let a customer have several roles, told apart by a suffix.

What is not here is refused by its name: a role that could not have its policy would not be one.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html, the pages on
service-linked roles in the guides of the services; the policies are those of `identity.managed`, where most
of the names of roles occur as well.
"""

from __future__ import annotations

from typing import Final

import msgspec

PATH: Final = "/aws-service-role/"


class LinkedService(msgspec.Struct, frozen=True):
    """A service that has a role.  `policy` is the name of a managed policy; `suffix` says whether there may be more."""

    principal: str
    role: str
    policy: str
    description: str = ""
    suffix: bool = False

    @property
    def path(self) -> str:
        """The path of the role."""
        return f"{PATH}{self.principal}/"

    @property
    def policy_arn(self) -> str:
        """The ARN of its policy."""
        return f"arn:aws:iam::aws:policy{PATH}{self.policy}"

    @property
    def trust(self) -> str:
        """The trust policy of the role."""
        return (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            f'"Principal":{{"Service":"{self.principal}"}},"Action":"sts:AssumeRole"}}]}}'
        )


def role_name(service: LinkedService, suffix: str | None) -> str:
    """The name of the role, with a suffix if there is one."""
    return service.role if suffix is None else f"{service.role}_{suffix}"


def find(principal: str) -> LinkedService | None:
    """The service of a principal, which is case-sensitive; None when it has no role here."""
    return _BY_PRINCIPAL.get(principal)


_SCALED: Final = {
    "dynamodb": "DynamoDBTable",
    "ecs": "ECSService",
    "rds": "RDSCluster",
    "ec2": "EC2SpotFleetRequest",
    "elasticache": "ElastiCacheRG",
    "lambda": "LambdaConcurrency",
    "kafka": "KafkaCluster",
    "sagemaker": "SageMakerEndpoint",
    "comprehend": "ComprehendEndpoint",
    "cassandra": "CassandraTable",
    "neptune": "NeptuneCluster",
    "appstream": "AppStreamFleet",
}
"""What Application Auto Scaling scales: the first label of the principal, and the end of role and policy."""

_SERVICES: Final = (
    # compute and scaling
    (
        "autoscaling",
        "AutoScaling",
        "AutoScalingServiceRolePolicy",
        "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
        True,
    ),
    ("batch", "Batch", "BatchServiceRolePolicy"),
    ("ec2fleet", "EC2Fleet", "AWSEC2FleetServiceRolePolicy", "Default EC2 Fleet Service Linked Role"),
    ("ecs", "ECS", "AmazonECSServiceRolePolicy", "Role to enable Amazon ECS to manage your cluster."),
    ("eks", "AmazonEKS", "AmazonEKSServiceRolePolicy"),
    ("eks-fargate", "AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"),
    ("eks-nodegroup", "AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"),
    ("elasticbeanstalk", "ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"),
    ("maintenance.elasticbeanstalk", "ElasticBeanstalkMaintenance", "AWSElasticBeanstalkMaintenance"),
    (
        "managedupdates.elasticbeanstalk",
        "ElasticBeanstalkManagedUpdates",
        "AWSElasticBeanstalkManagedUpdatesServiceRolePolicy",
    ),
    ("lambda", "Lambda", "AWSLambdaServiceRolePolicy"),
    ("lightsail", "Lightsail", "LightsailExportAccess"),
    ("replicator.lambda", "LambdaReplicator", "AWSLambdaReplicator"),
    ("spot", "EC2Spot", "AWSEC2SpotServiceRolePolicy", "Default EC2 Spot Service Linked Role"),
    ("spotfleet", "EC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy", "Default EC2 Spot Fleet Service Linked Role"),
    # networks and delivery
    (
        "elasticloadbalancing",
        "ElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
        "Allows ELB to call AWS services on your behalf.",
    ),
    (
        "ops.apigateway",
        "APIGateway",
        "APIGatewayServiceRolePolicy",
        "The Service Linked Role is used by Amazon API Gateway.",
    ),
    ("logger.cloudfront", "CloudFrontLogger", "AWSCloudFrontLogger"),
    ("vpcorigin.cloudfront", "CloudFrontVPCOrigin", "AWSCloudFrontVPCOriginServiceRolePolicy"),
    ("appmesh", "AppMesh", "AWSAppMeshServiceRolePolicy"),
    ("appsync", "AppSync", "AWSAppSyncServiceRolePolicy"),
    ("globalaccelerator", "GlobalAccelerator", "AWSGlobalAcceleratorSLRPolicy"),
    ("ipam", "IPAM", "AWSIPAMServiceRolePolicy"),
    ("network-firewall", "NetworkFirewall", "AWSNetworkFirewallServiceRolePolicy"),
    ("route53resolver", "Route53Resolver", "Route53ResolverServiceRolePolicy"),
    ("transitgateway", "VPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy"),
    ("vpc-lattice", "VpcLattice", "AWSVpcLatticeServiceRolePolicy"),
    # data
    ("backup", "Backup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    ("datasync", "DataSync", "AWSDataSyncServiceRolePolicy"),
    ("dax", "DAX", "DAXServiceRolePolicy"),
    ("replication.dynamodb", "DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"),
    (
        "kinesisreplication.dynamodb",
        "DynamoDBKinesisDataStreamsReplication",
        "DynamoDBKinesisReplicationServiceRolePolicy",
    ),
    (
        "contributorinsights.dynamodb",
        "DynamoDBCloudWatchContributorInsights",
        "DynamoDBCloudWatchContributorInsightsServiceRolePolicy",
    ),
    ("elasticache", "ElastiCache", "ElastiCacheServiceRolePolicy"),
    ("elasticfilesystem", "AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"),
    ("elasticmapreduce", "EMRCleanup", "AmazonEMRCleanupPolicy"),
    ("es", "AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy"),
    ("opensearchservice", "AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"),
    ("kafka", "Kafka", "KafkaServiceRolePolicy"),
    ("memorydb", "MemoryDB", "MemoryDBServiceRolePolicy"),
    ("mq", "AmazonMQ", "AmazonMQServiceRolePolicy"),
    ("rds", "RDS", "AmazonRDSServiceRolePolicy", "Allows Amazon RDS to manage AWS resources on your behalf"),
    ("custom.rds", "RDSCustom", "AmazonRDSCustomServiceRolePolicy"),
    ("redshift", "Redshift", "AmazonRedshiftServiceLinkedRolePolicy"),
    ("storage-lens.s3", "S3StorageLens", "S3StorageLensServiceRolePolicy"),
    # management, security and identity
    ("access-analyzer", "AccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    ("apidestinations.events", "AmazonEventBridgeApiDestinations", "AmazonEventBridgeApiDestinationsServiceRolePolicy"),
    ("application-insights", "ApplicationInsights", "CloudwatchApplicationInsightsServiceLinkedRolePolicy"),
    (
        "application-signals.cloudwatch",
        "CloudWatchApplicationSignals",
        "CloudWatchApplicationSignalsServiceRolePolicy",
    ),
    ("cognito-idp", "AmazonCognitoIdp", "AmazonCognitoIdpServiceRolePolicy"),
    ("config-conforms", "ConfigConforms", "ConfigConformsServiceRolePolicy"),
    ("fms", "FMS", "FMSServiceRolePolicy"),
    ("acm", "CertificateManager", "CertificateManagerServiceRolePolicy"),
    ("cks.kms", "KeyManagementServiceCustomKeyStores", "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"),
    ("mrk.kms", "KeyManagementServiceMultiRegionKeys", "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"),
    ("cloudtrail", "CloudTrail", "CloudTrailServiceRolePolicy"),
    ("codestar-notifications", "CodeStarNotifications", "AWSCodeStarNotificationsServiceRolePolicy"),
    ("compute-optimizer", "ComputeOptimizer", "ComputeOptimizerServiceRolePolicy"),
    ("delivery.logs", "LogDelivery", "AWSServiceRoleForLogDeliveryPolicy"),
    ("email.cognito-idp", "AmazonCognitoIdpEmailService", "AmazonCognitoIdpEmailServiceRolePolicy"),
    ("events", "CloudWatchEvents", "CloudWatchEventsServiceRolePolicy"),
    ("guardduty", "AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
    ("inspector2", "AmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
    ("macie", "AmazonMacie", "AmazonMacieServiceRolePolicy"),
    (
        "organizations",
        "Organizations",
        "AWSOrganizationsServiceTrustPolicy",
        "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations.",
    ),
    ("pullthroughcache.ecr", "ECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy"),
    ("replication.ecr", "ECRReplication", "ECRReplicationServiceRolePolicy"),
    ("ram", "ResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy"),
    ("securityhub", "SecurityHub", "AWSSecurityHubServiceRolePolicy"),
    ("servicequotas", "ServiceQuotas", "ServiceQuotasServiceRolePolicy"),
    ("shield", "AWSShield", "AWSShieldServiceRolePolicy"),
    ("ssm", "AmazonSSM", "AmazonSSMServiceRolePolicy"),
    ("sso", "SSO", "AWSSSOServiceRolePolicy"),
    ("trustedadvisor", "TrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
    ("waf", "WAFLogging", "WAFLoggingServiceRolePolicy"),
    ("waf-regional", "WAFRegionalLogging", "WAFRegionalLoggingServiceRolePolicy"),
    ("wafv2", "WAFV2Logging", "WAFV2LoggingServiceRolePolicy"),
)
"""The principal without `.amazonaws.com`, the role without `AWSServiceRoleFor`, the policy, description, suffix."""


def _linked(label: str, role: str, policy: str, description: str = "", suffix: bool = False) -> LinkedService:
    return LinkedService(f"{label}.amazonaws.com", f"AWSServiceRoleFor{role}", policy, description, suffix)


_BY_PRINCIPAL: Final = {
    service.principal: service
    for service in (
        *(_linked(*row) for row in _SERVICES),
        *(
            _linked(
                f"{label}.application-autoscaling",
                f"ApplicationAutoScaling_{what}",
                f"AWSApplicationAutoscaling{what}Policy",
            )
            for label, what in _SCALED.items()
        ),
    )
}


def every() -> tuple[LinkedService, ...]:
    """All of them."""
    return tuple(_BY_PRINCIPAL.values())
