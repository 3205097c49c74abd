//! Who may do more by a plan, told with the change that brings it.

use hydrant_cfn::access::widening::{Given, Values, widenings};
use hydrant_cfn::template::Template;

use super::echo::Parameters;
use super::{Change, Setting};

/// Adds to each change what it allows beyond what the deployed template allows.
pub fn tell(changes: &mut [Change], deployed: Option<&Template>, new: &Template, setting: &Setting<'_>) {
    let Parameters { before, after } = setting.parameters;
    let pseudo = [
        ("AWS::AccountId", setting.account),
        ("AWS::Region", setting.region),
        ("AWS::StackName", setting.stack_name),
    ];
    let values = |parameters: &Values| -> Values {
        let pseudo = pseudo.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        parameters.clone().into_iter().chain(pseudo).collect()
    };
    let (before, after) = (values(before), values(after));
    let old = deployed.map(|template| Given { template, values: &before });
    let renamed: Vec<(String, String)> = changes
        .iter()
        .filter_map(|change| Some((change.renamed_from.clone()?, change.logical_id.clone())))
        .collect();
    for widening in widenings(old, Given { template: new, values: &after }, &renamed) {
        let place = changes.iter().position(|change| change.logical_id == widening.holder);
        let of_whom = || changes.iter().position(|change| change.logical_id == widening.who);
        // What no change seems to bring is told all the same.
        if let Some(change) = changes.get_mut(place.or_else(of_whom).unwrap_or_default()) {
            change.widens.push(widening);
        }
    }
}
