//! Answers and files of somebody who wants to be misread: nothing panics, and what is no answer is never a pass.

use proptest::prelude::*;
use serde_json::{Value, json};
use unbroken::domain::evidence::exchange::{parse_csv, parse_json};
use unbroken::domain::evidence::scuba::parse;
use unbroken::domain::evidence::{Answer, Evidence};
use unbroken::domain::finding::Verdict;
use unbroken::domain::separation::search::{content_hits, tokens_in};

use super::world::{checks, clean};

fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!("All")),
        Just(json!("enabled")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            Just("value".to_owned()),
            Just("id".to_owned()),
            Just("conditions".to_owned()),
            "[a-zA-Z@.]{1,8}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn said(body: Value) -> Answer {
    Answer::Said {
        digest: "0".repeat(64),
        body,
    }
}

fn is_list(answer: &Answer) -> bool {
    matches!(answer, Answer::Said { body, .. } if body["value"].is_array())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_makes_a_check_panic(bodies in prop::collection::vec(junk(), 8)) {
        let mut evidence: Evidence = clean().evidence();
        let paths: Vec<String> = evidence.graph.iter().map(|(path, _)| path.to_owned()).collect();
        for (number, path) in paths.into_iter().enumerate() {
            evidence.graph.insert(path, said(bodies[number % bodies.len()].clone()));
        }
        for section in evidence.sections.values_mut() {
            section.rows.clone_from(&bodies);
        }
        for check in checks() {
            let finding = check.run(&evidence);
            prop_assert!(!finding.found.is_empty());
        }
    }

    #[test]
    fn what_is_no_answer_is_never_a_pass(body in junk(), which in any::<prop::sample::Index>()) {
        prop_assume!(!body.get("value").is_some_and(Value::is_array));
        let before = clean().evidence();
        let lists: Vec<String> = before
            .graph
            .iter()
            .filter(|(_, answer)| is_list(answer))
            .map(|(path, _)| path.to_owned())
            .collect();
        let path = which.get(&lists);
        let mut evidence = before.clone();
        evidence.graph.insert(path.clone(), said(body));
        for check in checks() {
            let rested = check.run(&before).rests_on.contains_key(path);
            let verdict = check.run(&evidence).verdict;
            prop_assert!(!rested || verdict != Verdict::Pass, "{} passes without {path}", check.id);
        }
    }

    #[test]
    fn no_file_makes_a_reader_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        value in junk(),
    ) {
        for file in [bytes, value.to_string().into_bytes()] {
            let _ = parse_json(&file);
            let _ = parse_csv(&file);
            let _ = parse(&file, "");
            let head = b"# section: Mailbox\n# tenantId: t\n# tool: t\n# toolVersion: 1\n\
                         # takenAt: 2026-11-27T12:00:00Z\nPrimarySmtpAddress,ForwardingSmtpAddress,\
                         ForwardingAddress\n";
            let _ = parse_csv(&[&head[..], &file].concat());
            let scuba = json!({
                "MetaData": {"Tool": "ScubaGear", "ToolVersion": "1", "TenantId": "t",
                             "TimestampZulu": "2026-05-04T17:15:48.307Z"},
                "Results": {},
                "Raw": {"conditional_access_policies": value, "privileged_roles": value,
                        "privileged_users": value, "SPO_tenant": value, "spf_records": value,
                        "dmarc_records": value, "dkim_config": value,
                        "authentication_method": value, "authorization_policies": value},
            });
            prop_assert!(parse(scuba.to_string().as_bytes(), "").is_ok());
        }
    }

    #[test]
    fn no_text_makes_the_search_panic(text in "\\PC{0,80}", value in junk()) {
        let old = clean().expected.old;
        let _ = content_hits(&text, &old);
        let _ = content_hits(&format!("teams.microsoft.com/l/meetup-join/{text}%2"), &old);
        let _ = tokens_in(&value, &old);
    }
}
