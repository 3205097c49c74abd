//! Values that a property takes in some regions only, such as classes of instances.
//!
//! A list for each region becomes one table of values, each with its regions as bits. cfn-lint has the lists from AWS's prices.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A property with a list for each region.
pub struct Regional {
    pub resource_type: &'static str,
    /// Where the property is; `*` stands for each item.
    pub path: &'static str,
    /// cfn-lint's name of the rule.
    pub id: &'static str,
    /// The file, below `cfnlint/data/schemas/extensions`.
    pub file: &'static str,
}

const fn of(
    resource_type: &'static str,
    path: &'static str,
    id: &'static str,
    file: &'static str,
) -> Regional {
    Regional { resource_type, path, id, file }
}

/// All of them, in the order of their types.
#[rustfmt::skip]
pub const REGIONAL: &[Regional] = &[
    of("AWS::AmazonMQ::Broker", "HostInstanceType", "E3670", "aws_amazonmq_broker/instancetype_enum.json"),
    of("AWS::AppStream::Fleet", "InstanceType", "E3621", "aws_appstream_fleet/instancetype_enum.json"),
    of("AWS::DAX::Cluster", "NodeType", "E3672", "aws_dax_cluster/nodetype_enum.json"),
    of("AWS::DocDB::DBInstance", "DBInstanceClass", "E3620", "aws_docdb_dbinstance/dbinstanceclass_enum.json"),
    of("AWS::EC2::CapacityReservationFleet", "InstanceTypeSpecifications/*/InstanceType", "E3628", "aws_ec2_instance/instancetype_enum.json"),
    of("AWS::EC2::EC2Fleet", "LaunchTemplateConfigs/*/Overrides/*/InstanceType", "E3628", "aws_ec2_instance/instancetype_enum.json"),
    of("AWS::EC2::Instance", "InstanceType", "E3628", "aws_ec2_instance/instancetype_enum.json"),
    of("AWS::EC2::LaunchTemplate", "LaunchTemplateData/InstanceType", "E3628", "aws_ec2_instance/instancetype_enum.json"),
    of("AWS::EMR::Cluster", "Instances/CoreInstanceFleet/InstanceTypeConfigs/*/InstanceType", "E3675", "aws_emr_cluster/instancetypeconfig_instancetype_enum.json"),
    of("AWS::EMR::Cluster", "Instances/CoreInstanceGroup/InstanceType", "E3675", "aws_emr_cluster/instancetypeconfig_instancetype_enum.json"),
    of("AWS::EMR::Cluster", "Instances/TaskInstanceFleets/*/InstanceTypeConfigs/*/InstanceType", "E3675", "aws_emr_cluster/instancetypeconfig_instancetype_enum.json"),
    of("AWS::EMR::Cluster", "Instances/TaskInstanceGroups/*/InstanceType", "E3675", "aws_emr_cluster/instancetypeconfig_instancetype_enum.json"),
    of("AWS::ElastiCache::CacheCluster", "CacheNodeType", "E3647", "aws_elasticache_cachecluster/cachenodetype_enum.json"),
    of("AWS::Elasticsearch::Domain", "ElasticsearchClusterConfig/InstanceType", "E3652", "aws_elasticsearch_domain/elasticsearchclusterconfig_instancetype_enum.json"),
    of("AWS::GameLift::Fleet", "EC2InstanceType", "E3641", "aws_gamelift_fleet/ec2instancetype_enum.json"),
    of("AWS::GameLift::GameServerGroup", "InstanceDefinitions/*/InstanceType", "E3628", "aws_ec2_instance/instancetype_enum.json"),
    of("AWS::ManagedBlockchain::Node", "NodeConfiguration/InstanceType", "E3617", "aws_managedblockchain_node/nodeconfiguration_instancetype_enum.json"),
    of("AWS::Neptune::DBInstance", "DBInstanceClass", "E3635", "aws_neptune_dbinstance/dbinstanceclass_enum.json"),
    of("AWS::OpenSearchService::Domain", "ClusterConfig/InstanceType", "E3653", "aws_opensearchservice_domain/clusterconfig_instancetype_enum.json"),
    of("AWS::RDS::DBCluster", "", "E3694", "aws_rds_dbcluster/dbclusterinstanceclass_enum.json"),
    of("AWS::RDS::DBInstance", "", "E3025", "aws_rds_dbinstance/dbinstanceclass_enum.json"),
    of("AWS::Redshift::Cluster", "NodeType", "E3667", "aws_redshift_cluster/nodetype_enum.json"),
    of("AWS::SageMaker::Cluster", "InstanceGroups/*/InstanceType", "E3644", "aws_sagemaker_cluster/instancetype_enum.json"),
    of("AWS::SageMaker::Cluster", "RestrictedInstanceGroups/*/InstanceType", "E3644", "aws_sagemaker_cluster/instancetype_enum.json"),
    of("AWS::SageMaker::DataQualityJobDefinition", "JobResources/ClusterConfig/InstanceType", "E3640", "aws_sagemaker_processing/instancetype_enum.json"),
    of("AWS::SageMaker::InferenceExperiment", "ModelVariants/*/InfrastructureConfig/RealTimeInferenceConfig/InstanceType", "E3642", "aws_sagemaker_hosting/instancetype_enum.json"),
    of("AWS::SageMaker::ModelBiasJobDefinition", "JobResources/ClusterConfig/InstanceType", "E3640", "aws_sagemaker_processing/instancetype_enum.json"),
    of("AWS::SageMaker::ModelExplainabilityJobDefinition", "JobResources/ClusterConfig/InstanceType", "E3640", "aws_sagemaker_processing/instancetype_enum.json"),
    of("AWS::SageMaker::ModelPackage", "ValidationSpecification/ValidationProfiles/*/TransformJobDefinition/TransformResources/InstanceType", "E3643", "aws_sagemaker_transform/instancetype_enum.json"),
    of("AWS::SageMaker::ModelQualityJobDefinition", "JobResources/ClusterConfig/InstanceType", "E3640", "aws_sagemaker_processing/instancetype_enum.json"),
    of("AWS::SageMaker::MonitoringSchedule", "MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringResources/ClusterConfig/InstanceType", "E3640", "aws_sagemaker_processing/instancetype_enum.json"),
];

/// Returns a rule for each condition under which a property takes values by region: `{"id", "path", "regions", "values"}`, and
/// with a condition that the object at the path has to meet, `{"if", "property"}`.
///
/// Bits are in the order of `regions`; regions that the file does not have are not among the rule's.
pub fn rules(regional: &Regional, lists: &Value, regions: &[String]) -> Vec<Value> {
    let mut rules: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut add = |condition: Option<&Value>, property: &str, list: &Value, bit: i64| {
        let key = format!("{} {property}", condition.unwrap_or(&Value::Null));
        let rule = rules.entry(key).or_insert_with(|| {
            let mut rule = Map::new();
            rule.insert("id".to_owned(), regional.id.into());
            rule.insert("path".to_owned(), regional.path.into());
            if let Some(condition) = condition {
                rule.insert("if".to_owned(), condition.clone());
                rule.insert("property".to_owned(), property.into());
            }
            rule.insert("regions".to_owned(), 0.into());
            rule.insert("values".to_owned(), json!({}));
            rule
        });
        let or = |bits: Option<&Value>| Value::from(bits.and_then(Value::as_i64).unwrap_or_default() | bit);
        rule["regions"] = or(rule.get("regions"));
        for value in list.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let bits = or(rule["values"].get(value));
            rule["values"][value] = bits;
        }
    };
    for (index, region) in regions.iter().enumerate() {
        let Some(list) = lists.get(region) else { continue };
        add_region(list, 1 << index, &mut add);
    }
    rules.into_values().map(Value::Object).collect()
}

type Add<'a> = dyn FnMut(Option<&Value>, &str, &Value, i64) + 'a;

/// Adds one region's list, or its lists under conditions.
fn add_region(list: &Value, bit: i64, add: &mut Add<'_>) {
    if let Some(values) = list.get("enum") {
        add(None, "", values, bit);
    }
    for part in list["allOf"].as_array().into_iter().flatten() {
        for (property, schema) in part["then"]["properties"].as_object().into_iter().flatten() {
            add(Some(&part["if"]), property, &schema["enum"], bit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_lists_of_regions_into_one_of_bits() {
        let regional = of("T", "P", "E1", "");
        let regions = ["a", "b", "c"].map(str::to_owned);
        let lists = json!({"a": {"enum": ["x", "y"]}, "c": {"enum": ["y"]}});
        let expected = json!({"id": "E1", "path": "P", "regions": 5, "values": {"x": 1, "y": 5}});
        assert_eq!(rules(&regional, &lists, &regions), [expected]);
        let conditional = json!({"b": {"allOf": [{"if": {"required": ["E"]}, "then": {"properties": {"C": {"enum": ["z"]}}}}]}});
        let expected = json!({"id": "E1", "path": "P", "if": {"required": ["E"]}, "property": "C", "regions": 2, "values": {"z": 2}});
        assert_eq!(rules(&regional, &conditional, &regions), [expected]);
    }
}
