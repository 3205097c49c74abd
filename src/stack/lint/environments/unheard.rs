//! # H3501: somebody hears an alarm
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! topics: { operations: {} }
//! alarms: { notify: operations }
//! ```
//!
//! Alarms tell a topic, and a topic tells its subscribers. Without any, an alarm changes colour in a console
//! that nobody looks at. Add an address.
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! topics: { operations: { subscribers: [ops@example.com] } }
//! alarms: { notify: operations }
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere("H3501", Level::Warning, "somebody hears an alarm", include_str!("unheard.rs")),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let Some(alarms) = &stack.file.alarms else { return };
    let topic = stack.file.topics.get(alarms.notify.value.as_str());
    if topic.is_some_and(|topic| topic.subscribers.is_empty()) {
        let message = format!("nobody subscribes to `{}`, so nobody hears of an alarm", alarms.notify);
        let help = "add `subscribers:` to the topic, such as a mail address".to_owned();
        findings.add(&["alarms", "notify"], message, help);
    }
}
