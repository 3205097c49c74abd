use super::*;

fn wrong(text: &str) -> Vec<String> {
    let errors = FaultPlan::parse(text).err().unwrap_or_default();
    errors.iter().map(|error| format!("{error} | {}", error.help.as_deref().unwrap_or_default())).collect()
}

#[test]
fn reads_every_kind_of_rule() {
    let plan = FaultPlan::parse(
        "seed: 7\n\
         requests:\n\
         \x20 - { service: kinesis, operation: Put*, rate: 0.3, fault: throttle }\n\
         \x20 - { service: s3, every: 5, fault: { error: { status: 503, code: SlowDown } } }\n\
         \x20 - { service: firehose, first: 2, fault: drop }\n\
         \x20 - { service: lambda, fault: lose-answer }\n\
         \x20 - { service: '*', fault: { slow: { from: 200ms, to: 2s } } }\n\
         \x20 - { service: sns, after: 3, first: 1, fault: { late: { from: 1s } } }\n\
         resources:\n\
         \x20 - { type: 'AWS::Lambda::*', logical_id: Consumer, on: create, first: 1 }\n\
         \x20 - { slow: { from: 2s, to: 5s } }\n\
         deliveries:\n\
         \x20 - { by: mapping, fault: duplicate, rate: 1 }\n\
         \x20 - { by: firehose, name: clicks, fault: reorder }\n",
    )
    .unwrap();
    assert_eq!((plan.seed, plan.requests.len(), plan.resources.len(), plan.deliveries.len()), (7, 6, 2, 2));
    assert_eq!(FaultPlan::parse("# nothing yet\n"), Ok(FaultPlan::default()));
}

#[test]
fn tells_each_mistake_with_its_place() {
    let cases = [
        ("seeds: 1\n", "1:1: unknown key `seeds` | did you mean `seed`?"),
        (
            "requests:\n  - { service: kinesiss, fault: drop }\n",
            "2:16: no service `kinesiss` | did you mean `kinesis`?",
        ),
        ("requests:\n  - { service: s3, fault: drop, rate: 30 }\n", "2:39: a rate lies between 0 and 1 | "),
        (
            "requests:\n  - { service: s3, fault: { slow: { from: soon } } }\n",
            "2:43: `soon` is not a duration | write it as `200ms` or `2s`",
        ),
        (
            "requests:\n  - { service: s3, fault: { error: { status: 200 } } }\n",
            "2:46: the status of an error lies between 400 and 599 | ",
        ),
        ("resources:\n  - { on: create, every: 0 }\n", "2:26: the smallest number here is 1 | "),
        ("a: [\n", ""),
    ];
    for (text, expected) in cases {
        let found = wrong(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(expected.is_empty() || found[0] == expected, "{text}: {found:?}");
    }
    assert!(wrong("deliveries:\n  - { by: mapping, fault: lose }\n")[0].contains("`lose`"));
}

#[test]
fn strikes_by_count_and_rate() {
    let when = |rate, every, first| When { rate, every, first, after: 0 };
    let struck = |when: When| -> Vec<u64> {
        (1..=10).filter(|count| when.strikes(*count, Draw::new(1, 1, 0, *count))).collect()
    };
    assert_eq!(struck(when(None, None, None)).len(), 10);
    assert_eq!(struck(when(None, Some(4), None)), [4, 8]);
    assert_eq!(struck(when(None, None, Some(2))), [1, 2]);
    assert_eq!(struck(when(None, Some(2), Some(5))), [2, 4]);
    assert_eq!(struck(When { after: 8, ..when(None, None, None) }), [9, 10]);
    assert_eq!(struck(When { after: 2, ..when(None, Some(3), Some(6)) }), [5, 8]);
    assert!(struck(when(Some(0.0), None, None)).is_empty());
    assert_eq!(struck(when(Some(1.0), None, None)).len(), 10);
}

#[test]
fn knows_the_services_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let aws = crate::Aws::open(&crate::Config::new(folder.path())).unwrap();
    let mut names: Vec<&str> =
        aws.services.all().into_iter().map(crate::services::Service::signing_name).collect();
    names.sort_unstable();
    assert_eq!(names, SERVICES);
}
