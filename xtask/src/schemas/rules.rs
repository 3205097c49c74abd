//! Which of cfn-lint's schemas of cross-property rules belong to which place of which type.
//!
//! In cfn-lint a Python class says this, one for each rule. Rules that look at the context are not here: they take more than
//! a schema.

/// A rule that a schema of its own describes.
pub struct Rule {
    /// The type, and where in its properties the schema applies; `*` stands for each item or member.
    pub place: (&'static str, &'static str),
    /// cfn-lint's name of the rule.
    pub id: &'static str,
    /// The file, below `cfnlint/data/schemas/extensions`.
    pub file: &'static str,
}

const fn rule(resource_type: &'static str, path: &'static str, id: &'static str, file: &'static str) -> Rule {
    Rule { place: (resource_type, path), id, file }
}

/// All of them, in the order of their types.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    rule("AWS::ApiGateway::Authorizer", "", "E3718", "aws_apigateway_authorizer/ttl.json"),
    rule("AWS::ApiGateway::RestApi", "", "E3660", "aws_apigateway_restapi/openapi_properties.json"),
    rule("AWS::ApiGateway::Stage", "MethodSettings/*", "E3723", "aws_apigateway_stage/method_settings_resource_path.json"),
    rule("AWS::AutoScaling::LaunchConfiguration", "BlockDeviceMappings/*", "E3715", "aws_ec2_instance/virtualname_ephemeral.json"),
    rule("AWS::AutoScaling::LaunchConfiguration", "BlockDeviceMappings/*/Ebs", "E3671", "aws_ec2_instance/blockdevicemappings.json"),
    rule("AWS::CloudFront::Distribution", "DistributionConfig/CacheBehaviors/*", "E3722", "aws_cloudfront_distribution/forward_enum.json"),
    rule("AWS::CloudFront::Distribution", "DistributionConfig/DefaultCacheBehavior", "E3722", "aws_cloudfront_distribution/forward_enum.json"),
    rule("AWS::CloudWatch::Alarm", "", "E3615", "aws_cloudwatch_alarm/period.json"),
    rule("AWS::CodeBuild::Project", "Artifacts", "E3636", "aws_codebuild_project/s3_locations.json"),
    rule("AWS::CodeBuild::Project", "Source", "E3636", "aws_codebuild_project/s3_locations.json"),
    rule("AWS::DynamoDB::Table", "", "E3638", "aws_dynamodb_table/billingmode_exclusive.json"),
    rule("AWS::DynamoDB::Table", "", "E3639", "aws_dynamodb_table/billingmode_provisioned_dependent.json"),
    rule("AWS::EC2::Instance", "", "E3674", "aws_ec2_instance/privateipaddress.json"),
    rule("AWS::EC2::Instance", "BlockDeviceMappings/*", "E3715", "aws_ec2_instance/virtualname_ephemeral.json"),
    rule("AWS::EC2::Instance", "BlockDeviceMappings/*/Ebs", "E3671", "aws_ec2_instance/blockdevicemappings.json"),
    rule("AWS::EC2::LaunchTemplate", "LaunchTemplateData/BlockDeviceMappings/*", "E3715", "aws_ec2_instance/virtualname_ephemeral.json"),
    rule("AWS::EC2::LaunchTemplate", "LaunchTemplateData/BlockDeviceMappings/*/Ebs", "E3671", "aws_ec2_instance/blockdevicemappings.json"),
    rule("AWS::EC2::NetworkInterface", "", "E3674", "aws_ec2_instance/privateipaddress.json"),
    rule("AWS::EC2::SecurityGroup", "SecurityGroupEgress/*", "E3687", "aws_ec2_securitygroup/protocols_and_port_ranges_include.json"),
    rule("AWS::EC2::SecurityGroup", "SecurityGroupEgress/*", "E3688", "aws_ec2_securitygroup/all_to_and_from_ports.json"),
    rule("AWS::EC2::SecurityGroup", "SecurityGroupEgress/*", "W3687", "aws_ec2_securitygroup/protocols_and_port_ranges_exclude.json"),
    rule("AWS::EC2::SecurityGroup", "SecurityGroupIngress/*", "E3687", "aws_ec2_securitygroup/protocols_and_port_ranges_include.json"),
    rule("AWS::EC2::SecurityGroup", "SecurityGroupIngress/*", "E3688", "aws_ec2_securitygroup/all_to_and_from_ports.json"),
    rule("AWS::EC2::SecurityGroup", "SecurityGroupIngress/*", "W3687", "aws_ec2_securitygroup/protocols_and_port_ranges_exclude.json"),
    rule("AWS::EC2::SecurityGroupEgress", "", "E3687", "aws_ec2_securitygroup/protocols_and_port_ranges_include.json"),
    rule("AWS::EC2::SecurityGroupEgress", "", "E3688", "aws_ec2_securitygroup/all_to_and_from_ports.json"),
    rule("AWS::EC2::SecurityGroupEgress", "", "W3687", "aws_ec2_securitygroup/protocols_and_port_ranges_exclude.json"),
    rule("AWS::EC2::SecurityGroupIngress", "", "E3687", "aws_ec2_securitygroup/protocols_and_port_ranges_include.json"),
    rule("AWS::EC2::SecurityGroupIngress", "", "E3688", "aws_ec2_securitygroup/all_to_and_from_ports.json"),
    rule("AWS::EC2::SecurityGroupIngress", "", "W3687", "aws_ec2_securitygroup/protocols_and_port_ranges_exclude.json"),
    rule("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/LaunchSpecifications/*/BlockDeviceMappings/*", "E3715", "aws_ec2_instance/virtualname_ephemeral.json"),
    rule("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/LaunchSpecifications/*/BlockDeviceMappings/*/Ebs", "E3671", "aws_ec2_instance/blockdevicemappings.json"),
    rule("AWS::EC2::VPNGateway", "Type", "W3703", "aws_ec2_vpngateway/type_enum.json"),
    rule("AWS::ECS::Service", "", "E3044", "aws_ecs_service/fargate.json"),
    rule("AWS::ECS::TaskDefinition", "", "E3047", "aws_ecs_taskdefinition/fargate_cpu_memory.json"),
    rule("AWS::ECS::TaskDefinition", "", "E3048", "aws_ecs_taskdefinition/fargate_properties.json"),
    rule("AWS::ECS::TaskDefinition", "ContainerDefinitions", "E3042", "aws_ecs_taskdefinition/containerdefinitions_essential.json"),
    rule("AWS::ECS::TaskDefinition", "ContainerDefinitions/*/LogConfiguration", "E3046", "aws_ecs_taskdefinition/logging_configuration.json"),
    rule("AWS::ElastiCache::CacheCluster", "", "E3695", "aws_elasticache_cachecluster/engine_version.json"),
    rule("AWS::ElastiCache::ReplicationGroup", "", "E3704", "aws_elasticache_replicationgroup/transitencryptionenabled_valkey.json"),
    rule("AWS::ElasticLoadBalancing::LoadBalancer", "Listeners/*", "E3679", "aws_elasticloadbalancing_loadbalancer/certificate.json"),
    rule("AWS::ElasticLoadBalancingV2::Listener", "", "E3676", "aws_elasticloadbalancingv2_listener/certificate.json"),
    rule("AWS::ElasticLoadBalancingV2::LoadBalancer", "", "E3680", "aws_elasticloadbalancingv2_loadbalancer/application_subnets.json"),
    rule("AWS::ElasticLoadBalancingV2::TargetGroup", "", "E3681", "aws_elasticloadbalancingv2_targetgroup/targettype_restrictions.json"),
    rule("AWS::ElasticLoadBalancingV2::TargetGroup", "", "E3683", "aws_elasticloadbalancingv2_targetgroup/protocol_restrictions.json"),
    rule("AWS::ElasticLoadBalancingV2::TargetGroup", "", "E3684", "aws_elasticloadbalancingv2_targetgroup/healthcheckprotocol_restrictions.json"),
    rule("AWS::FSx::FileSystem", "", "E3725", "aws_fsx_filesystem/storage_capacity.json"),
    rule("AWS::Lambda::EventSourceMapping", "", "E3633", "aws_lambda_eventsourcemapping/eventsourcearn_stream_inclusive.json"),
    rule("AWS::Lambda::EventSourceMapping", "", "E3634", "aws_lambda_eventsourcemapping/eventsourcearn_sqs_exclusive.json"),
    rule("AWS::Lambda::Function", "", "E3677", "aws_lambda_function/zipfile_runtime_enum.json"),
    rule("AWS::Lambda::Function", "", "E3678", "aws_lambda_function/zipfile_runtime_exists.json"),
    rule("AWS::Lambda::Function", "", "E3685", "aws_lambda_function/packagetype_image_exclusions.json"),
    rule("AWS::Lambda::Function", "", "E3696", "aws_lambda_function/loglevel_logformat.json"),
    rule("AWS::Lambda::Function", "", "E3717", "aws_lambda_function/capacity_provider_timeout.json"),
    rule("AWS::Lambda::Function", "Environment/Variables", "E3663", "aws_lambda_function/environment_variable_keys.json"),
    rule("AWS::Lambda::Function", "Layers/*", "W3702", "aws_lambda_function/awslayer.json"),
    rule("AWS::OpsWorks::Instance", "BlockDeviceMappings/*", "E3715", "aws_ec2_instance/virtualname_ephemeral.json"),
    rule("AWS::OpsWorks::Instance", "BlockDeviceMappings/*/Ebs", "E3671", "aws_ec2_instance/blockdevicemappings.json"),
    rule("AWS::RDS::DBCluster", "", "E3686", "aws_rds_dbcluster/serverless_exclusive.json"),
    rule("AWS::RDS::DBCluster", "", "E3689", "aws_rds_dbcluster/monitoring.json"),
    rule("AWS::RDS::DBCluster", "", "E3690", "aws_rds_dbcluster/engine_version.json"),
    rule("AWS::RDS::DBCluster", "", "E3692", "aws_rds_dbcluster/multiaz.json"),
    rule("AWS::RDS::DBCluster", "", "E3693", "aws_rds_dbcluster/aurora.json"),
    rule("AWS::RDS::DBCluster", "", "W3688", "aws_rds_dbcluster/snapshotidentifier.json"),
    rule("AWS::RDS::DBCluster", "", "W3689", "aws_rds_dbcluster/sourcedbclusteridentifier.json"),
    rule("AWS::RDS::DBCluster", "", "W3690", "aws_rds_dbcluster/engine_version_deprecated.json"),
    rule("AWS::RDS::DBCluster", "", "W3693", "aws_rds_dbcluster/aurora_warning.json"),
    rule("AWS::RDS::DBInstance", "", "E3682", "aws_rds_dbinstance/aurora_exclusive.json"),
    rule("AWS::RDS::DBInstance", "", "E3691", "aws_rds_dbinstance/engine_version.json"),
    rule("AWS::RDS::DBInstance", "", "E3719", "aws_rds_dbinstance/backupretentionperiod_maximum.json"),
    rule("AWS::RDS::DBInstance", "", "E3720", "aws_rds_dbinstance/kmskey_storageencrypted.json"),
    rule("AWS::RDS::DBInstance", "", "E3721", "aws_rds_dbinstance/replicamode_enum.json"),
    rule("AWS::RDS::DBInstance", "", "W3691", "aws_rds_dbinstance/engine_version_deprecated.json"),
    rule("AWS::Route53::HealthCheck", "HealthCheckConfig", "E3661", "aws_route53_healthcheck/healthcheckconfig_type_inclusive.json"),
    rule("AWS::Route53::RecordSet", "", "E3023", "aws_route53_recordset/recordset_pattern.json"),
    rule("AWS::Route53::RecordSet", "", "E3029", "aws_route53_recordset/recordset_alias.json"),
    rule("AWS::Route53::RecordSetGroup", "RecordSets/*", "E3023", "aws_route53_recordset/recordset_pattern.json"),
    rule("AWS::Route53::RecordSetGroup", "RecordSets/*", "E3029", "aws_route53_recordset/recordset_alias.json"),
    rule("AWS::S3::Bucket", "", "E3045", "aws_s3_bucket/ownershipcontrols.json"),
    rule("AWS::SNS::Subscription", "", "W3694", "aws_sns_subscription/subscription_endpoint_protocol.json"),
    rule("AWS::SQS::Queue", "", "E3501", "aws_sqs_queue/properties.json"),
];

/// Rules that compare the properties of a resource with those of others that it names.
#[rustfmt::skip]
pub const GATHERING: &[Rule] = &[
    rule("AWS::ApiGateway::Method", "", "E3699", "aws_apigateway_method/method_authorizer_rest_api.json"),
    rule("AWS::ApiGateway::Method", "", "E3708", "aws_apigateway_method/method_authorizer_type.json"),
    rule("AWS::ApiGateway::Stage", "", "E3698", "aws_apigateway_stage/stage_deployment_rest_api.json"),
    rule("AWS::AutoScaling::AutoScalingGroup", "", "E3706", "aws_autoscaling_autoscalinggroup/min_max_size.json"),
    rule("AWS::AutoScaling::ScalingPolicy", "", "E3712", "aws_autoscaling_scalingpolicy/policy_target_tracking_asg.json"),
    rule("AWS::EC2::LaunchTemplate", "", "E3714", "aws_ec2_launchtemplate/launch_template_sg_subnet_vpc.json"),
    rule("AWS::ECS::Service", "", "E3052", "aws_ecs_service/service_network_configuration.json"),
    rule("AWS::ECS::Service", "", "E3054", "aws_ecs_service/service_fargate.json"),
    rule("AWS::ECS::Service", "", "E3713", "aws_ecs_service/service_fargate_log_driver.json"),
    rule("AWS::ElasticLoadBalancingV2::ListenerRule", "", "E3711", "aws_elasticloadbalancingv2_listenerrule/listener_rule_target_group_protocol.json"),
    rule("AWS::Lambda::EventSourceMapping", "", "E3505", "aws_lambda_eventsourcemapping/event_source_sqs_timeout.json"),
    rule("AWS::Lambda::EventSourceMapping", "", "E3705", "aws_lambda_eventsourcemapping/event_source_sqs_fifo_batch_size.json"),
    rule("AWS::Lambda::Permission", "", "W3663", "aws_lambda_permission/permission_source_account.json"),
    rule("AWS::Lambda::Permission", "", "W3664", "aws_lambda_permission/permission_principal.json"),
    rule("AWS::RDS::DBInstance", "", "E3707", "aws_rds_dbinstance/instance_cluster_engine.json"),
    rule("AWS::RDS::DBInstance", "", "E3709", "aws_rds_dbinstance/instance_cluster_storage_encrypted.json"),
    rule("AWS::SQS::Queue", "", "E3502", "aws_sqs_queue/queue_dlq.json"),
];

/// Rules that cfn-lint has as code, written as schemas: the type, the place, the id and the schema.
#[rustfmt::skip]
pub const WRITTEN: &[(&str, &str, &str, &str)] = &[
    ("AWS::ApiGateway::Stage", "MethodSettings/*", "W3705", r#"{"anyOf": [{"maxProperties": 0}, {"required": ["CacheDataEncrypted"]}, {"required": ["CacheTtlInSeconds"]}, {"required": ["CachingEnabled"]}, {"required": ["DataTraceEnabled"]}, {"required": ["LoggingLevel"]}, {"required": ["MetricsEnabled"]}, {"required": ["ThrottlingBurstLimit"]}, {"required": ["ThrottlingRateLimit"]}]}"#),
    ("AWS::AutoScaling::AutoScalingGroup", "HealthCheckType", "E3056", r#"{"not": {"pattern": "(^|,) *EC2 *,|, *EC2 *(,|$)"}}"#),
    ("AWS::AutoScaling::LaunchConfiguration", "BlockDeviceMappings/*/Ebs", "W3671", r#"{"if": {"properties": {"VolumeType": {"type": "string", "enumCaseInsensitive": ["gp2", "sc1", "st1", "standard"]}}, "required": ["VolumeType"]}, "then": {"properties": {"Iops": false}}}"#),
    ("AWS::CloudFront::Distribution", "DistributionConfig/CacheBehaviors/*", "W3704", r#"{"if": {"required": ["CachePolicyId"]}, "then": {"properties": {"ForwardedValues": false}}}"#),
    ("AWS::CloudFront::Distribution", "DistributionConfig/DefaultCacheBehavior", "W3704", r#"{"if": {"required": ["CachePolicyId"]}, "then": {"properties": {"ForwardedValues": false}}}"#),
    ("AWS::EC2::EIP", "Domain", "W3700", r#"{"enumCaseInsensitive": ["standard", "vpc"]}"#),
    ("AWS::EC2::Instance", "BlockDeviceMappings/*/Ebs", "W3671", r#"{"if": {"properties": {"VolumeType": {"type": "string", "enumCaseInsensitive": ["gp2", "sc1", "st1", "standard"]}}, "required": ["VolumeType"]}, "then": {"properties": {"Iops": false}}}"#),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData/BlockDeviceMappings/*/Ebs", "W3671", r#"{"if": {"properties": {"VolumeType": {"type": "string", "enumCaseInsensitive": ["gp2", "sc1", "st1", "standard"]}}, "required": ["VolumeType"]}, "then": {"properties": {"Iops": false}}}"#),
    ("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/LaunchSpecifications/*/BlockDeviceMappings/*/Ebs", "W3671", r#"{"if": {"properties": {"VolumeType": {"type": "string", "enumCaseInsensitive": ["gp2", "sc1", "st1", "standard"]}}, "required": ["VolumeType"]}, "then": {"properties": {"Iops": false}}}"#),
    ("AWS::GuardDuty::Detector", "", "E3063", r#"{"not": {"required": ["DataSources", "Features"]}}"#),
    ("AWS::Lambda::Function", "", "E2530", r#"{"if": {"properties": {"Runtime": {"type": "string", "not": {"pattern": "^(java(?!8)|python3\\.(?!([789]|1[01])$)|dotnet(?!core|5\\.0|[67]$))"}}}, "required": ["Runtime", "SnapStart"]}, "then": {"properties": {"SnapStart": {"properties": {"ApplyOn": {"not": {"const": "PublishedVersions"}}}}}}}"#),
    ("AWS::OpsWorks::Instance", "BlockDeviceMappings/*/Ebs", "W3671", r#"{"if": {"properties": {"VolumeType": {"type": "string", "enumCaseInsensitive": ["gp2", "sc1", "st1", "standard"]}}, "required": ["VolumeType"]}, "then": {"properties": {"Iops": false}}}"#),
    ("AWS::RDS::DBInstance", "", "W3699", r#"{"if": {"properties": {"Engine": {"type": "string", "not": {"pattern": "^(oracle|custom-oracle|db2)"}}}, "required": ["Engine"]}, "then": {"properties": {"ReplicaMode": false}}}"#),
    ("AWS::S3::Bucket", "IntelligentTieringConfigurations/*/Tierings/*", "E3061", r#"{"if": {"properties": {"AccessTier": {"const": "DEEP_ARCHIVE_ACCESS"}}, "required": ["AccessTier"]}, "then": {"properties": {"Days": {"minimum": 180, "maximum": 730}}}, "else": {"properties": {"Days": {"minimum": 90, "maximum": 730}}}}"#),
    ("AWS::SSM::Parameter", "Name", "W3701", r#"{"pattern": "^(?!/?([aA][wW][sS]|[sS][sS][mM]))"}"#),
];
