//! Topics and their subscribers, users and what they may write.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::load::did_you_mean;
use crate::stack::model::{Topic, User};

impl Check<'_> {
    // Names of https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html.
    pub(super) fn topic(&mut self, name: &Spanned<String>, topic: &Topic) {
        self.name(topic.name.as_ref().unwrap_or(name), "topic", 256, "_-");
        for subscriber in &topic.subscribers {
            let text = subscriber.value.as_str();
            let is_address = text.contains('@') || text.starts_with("https://");
            if is_address || self.file.functions.contains_key(text) || self.file.deliveries.contains_key(text)
            {
                continue;
            }
            let known = self.file.functions.keys().chain(self.file.deliveries.keys());
            let known: Vec<&str> = known.map(|name| name.value.as_str()).collect();
            let help = did_you_mean(text, &known).or_else(|| {
                Some("a mail address, an `https://` URL, or a function or delivery of the stack".into())
            });
            self.add(subscriber.span, format!("`{text}` cannot subscribe to a topic"), help);
        }
    }

    // Names of https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html.
    pub(super) fn user(&mut self, name: &Spanned<String>, user: &User) {
        self.name(user.name.as_ref().unwrap_or(name), "user", 64, "_+=,.@-");
        self.writes(&user.writes);
    }

    /// The streams and deliveries into which somebody may put records.
    pub(super) fn writes(&mut self, targets: &[Spanned<String>]) {
        let file = self.file;
        for target in targets {
            let text = target.value.as_str();
            match file.deliveries.get(text) {
                Some(delivery) if delivery.from.is_some() => {
                    let message = format!("`{text}` reads a stream, so nobody else can put records into it");
                    let stream = delivery.from.as_ref().map_or("", |from| from.value.as_str());
                    self.add(target.span, message, Some(format!("write to `{stream}`")));
                }
                Some(_) => {}
                None if file.streams.contains_key(text) => {}
                None => {
                    let known = file.streams.keys().chain(file.deliveries.keys());
                    let known: Vec<&str> = known.map(|name| name.value.as_str()).collect();
                    let help = did_you_mean(text, &known);
                    self.add(target.span, format!("there is no stream or delivery `{text}`"), help);
                }
            }
        }
    }
}
