//! Every request that our client sends in a restore, and every answer that the simulated tenant gives, held against
//! Microsoft's own metadata of Graph v1.0 and against the examples of its documentation. Both lie beside the repository, or
//! the test says that it was left out.

pub(crate) mod schema;

use std::collections::{BTreeMap, BTreeSet};

use m365_simulator::{Exchange, Faults};
use serde_json::{Value, json};
use unbroken::sources::sample::write_sample;

use crate::case::{Case, mail};
use crate::left_out::left_out;
use crate::tidy::top;
use schema::{Schema, fits};

/// Operations that have a page of their own and that the cut of the metadata has not, whatever they take and give.
const ABSENT: [(&str, &str); 1] = [
    // <https://learn.microsoft.com/graph/api/samlorwsfedexternaldomainfederation-list>
    ("GET", "/directory/federationConfigurations/{id1}"),
];

/// What the cut has of functions and actions is a list, not the object around it; and an expanded policy it does not have at all.
pub(crate) fn is_known(finding: &str) -> bool {
    let of_lists = ["/root/delta", "getAllSites", "/items/{id2}/invite"];
    let is_list = |path: &&str| finding.ends_with(&format!("{path}: answer: is no object"));
    let of_policies = "roleManagementPolicyAssignments";
    of_lists.iter().any(is_list)
        || (finding.contains(of_policies) && finding.ends_with("policy is no property"))
}

fn schema() -> Option<Schema> {
    let path = top().join("../shared/reference/graph/cut.openapi.json");
    if path.exists() {
        return Some(Schema::read(&path));
    }
    left_out("no ../shared/reference/graph/cut.openapi.json here");
    None
}

/// The decoded segments of a path below `/v1.0`, with one spelling for what has two: a user's drive is a drive, and a thing
/// at a path is that thing.
/// <https://learn.microsoft.com/graph/onedrive-addressing-driveitems>
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix("/v1.0/")?;
    let mut names: Vec<String> = path.split('/').map(decoded).collect();
    if names[0] == "sites" && names.len() > 1 && names[1].ends_with(':') {
        // A site by its address: <https://learn.microsoft.com/graph/api/site-getbypath>.
        names.truncate(1);
        names.push("id".to_owned());
    }
    if names[0] == "chats" && names.len() == 3 && names[2] == "members" {
        // The members of a chat are listed as those of a team are: <https://learn.microsoft.com/graph/api/chat-list-members>.
        "teams".clone_into(&mut names[0]);
    }
    if names[0] == "applications" && names.len() == 3 && names[2] == "owners" {
        // As those of its principal are: <https://learn.microsoft.com/graph/api/application-list-owners>.
        "servicePrincipals".clone_into(&mut names[0]);
    }
    if let Some(key) = names[0].strip_prefix("groups(") {
        // A group by its alternate key: <https://learn.microsoft.com/graph/api/group-upsert>.
        assert!(key.starts_with("uniqueName='"), "{key}");
        names.splice(..1, ["groups".to_owned(), "id".to_owned()]);
    }
    if names[0] == "users" && names.len() > 3 && names[2] == "calendar" {
        // A mailbox's own calendar is one of its calendars: <https://learn.microsoft.com/graph/api/user-list-calendarpermissions>.
        names.splice(2..3, ["calendars".to_owned(), "id".to_owned()]);
    }
    let has_drive = ["groups", "sites", "users"].contains(&names[0].as_str());
    if has_drive && names.len() > 3 && names[2] == "drive" {
        names.splice(..3, ["drives".to_owned(), "id".to_owned()]);
    }
    if names[0] == "drives" && names.len() > 3 && names[2] == "root:" {
        // A thing by its path: <https://learn.microsoft.com/graph/onedrive-addressing-driveitems>.
        let ends = names.iter().skip(3).position(|name| name.ends_with(':'));
        let end = ends.map_or(names.len(), |place| place + 4);
        names.splice(2..end, ["items".to_owned(), "id".to_owned()]);
    }
    let at_path = names.len() == 5 && names[3].ends_with(':') && names[4].ends_with(':');
    if names[0] == "drives" && at_path {
        names.truncate(4);
        names[3].pop();
    }
    Some(names)
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| &text[at + 1..at + 3]);
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => out.push(byte),
            None => out.push(bytes[at]),
        }
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).expect("UTF-8")
}

/// The requests within a batch, each as it would have been asked for alone.
/// <https://learn.microsoft.com/graph/json-batching>
fn within(batch: &Exchange) -> Vec<Exchange> {
    let list = |body: &Option<Value>, name: &str| {
        let list = body.as_ref().and_then(|body| body[name].as_array());
        list.cloned().unwrap_or_default()
    };
    let answers = list(&batch.response, "responses");
    let asked = list(&batch.request, "requests");
    let one = |asked: &Value| {
        let url = asked["url"].as_str().expect("a path");
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let answer = answers.iter().find(|one| one["id"] == asked["id"]);
        let some = |value: &Value| Some(value.clone()).filter(|value| !value.is_null());
        Exchange {
            method: asked["method"].as_str().expect("a method").to_owned(),
            path: format!("/v1.0/{}", path.trim_start_matches('/')),
            query: pairs
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
            request: some(&asked["body"]),
            status: answer.map_or(0, |one| {
                u16::try_from(one["status"].as_u64().unwrap_or(0)).expect("a status")
            }),
            response: answer.and_then(|one| some(&one["body"])),
        }
    };
    asked.iter().map(one).collect()
}

/// What of an exchange is not as the metadata have it.
fn findings(schema: &Schema, exchange: &Exchange) -> Vec<String> {
    if exchange.path == "/v1.0/$batch" {
        let each = within(exchange);
        return each.iter().flat_map(|one| findings(schema, one)).collect();
    }
    let Some(names) = segments(&exchange.path) else {
        return Vec::new();
    };
    let Some(operation) = schema.operation(&exchange.method, &names) else {
        let is_absent = ABSENT.iter().any(|(method, template)| {
            *method == exchange.method && fits(template, &names).is_some()
        });
        let unknown = (!is_absent).then(|| {
            let path = names.join("/");
            format!("no such operation: {} /{path}", exchange.method)
        });
        return unknown.into_iter().collect();
    };
    let mut found = schema.check_query(&operation, &exchange.query);
    if let Some(body) = &exchange.request {
        found.extend(schema.check_request(&operation, body));
    }
    if let Some(body) = &exchange.response {
        found.extend(schema.check_response(&operation, exchange.status, body));
    }
    let template = operation.template;
    let method = &exchange.method;
    found
        .into_iter()
        .map(|finding| format!("{method} {template}: {finding}"))
        .collect()
}

/// A restore of mail and files, with versions, faults and conflicts, as the tenant saw it.
fn exchanges() -> Vec<Exchange> {
    let mut all = Vec::new();
    let case = Case::new(Faults::none());
    case.inspect().record_exchanges();
    write_sample(&case.source()).expect("written");
    // Of three people one is mapped: what the others have is held, and the restore says that it is not complete.
    case.prepare("alice@harbour-old.example");
    case.restore();
    all.extend(case.inspect().exchanges());
    let case = Case::new(Faults::none());
    for number in 0..4 {
        let attached = if number == 0 { 3_200_000 } else { 9 };
        case.plant(&format!("{number}.eml"), &mail(number, attached));
    }
    case.prepare("mailbox");
    let mut faults = Faults::rate(0.2);
    faults.retry_after_s = 0;
    case.inspect().record_exchanges();
    case.inspect().set_faults(faults);
    assert!(case.restore().status.success());
    all.extend(case.inspect().exchanges());
    all.extend(crate::drive::exchanges());
    all.extend(crate::kinds::exchanges());
    all.extend(crate::sites::exchanges());
    all.extend(crate::teams::exchanges());
    all
}

#[test]
#[allow(clippy::print_stdout, reason = "the count is what the test is for")]
fn what_is_sent_and_answered_is_as_microsofts_metadata_have_it() {
    let Some(schema) = schema() else {
        return;
    };
    let all = exchanges();
    let wrong: BTreeSet<String> = all.iter().flat_map(|one| findings(&schema, one)).collect();
    let wrong: Vec<String> = wrong.into_iter().collect();
    let graph = all.iter().filter(|one| one.path.starts_with("/v1.0/"));
    println!(
        "{} exchanges with Graph were held against it",
        graph.count()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let met = examples_met(&schema, &all);
    assert!(met.len() >= 5, "only these have an example: {met:?}");
}

/// Holds what a test asked and was answered against the metadata, where they lie beside the repository.
#[track_caller]
pub(crate) fn expect_as_documented(all: &[Exchange]) {
    let Some(schema) = schema() else {
        return;
    };
    let wrong: BTreeSet<String> = all.iter().flat_map(|one| findings(&schema, one)).collect();
    let wrong: Vec<String> = wrong.into_iter().filter(|one| !is_known(one)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let graph = all.iter().filter(|one| one.path.starts_with("/v1.0/"));
    assert!(graph.count() > 0, "nothing was asked");
    examples_met(&schema, all);
}

#[test]
fn what_is_said_to_be_absent_is() {
    let Some(schema) = schema() else {
        return;
    };
    for (method, template) in ABSENT {
        let names: Vec<String> = template.split('/').skip(1).map(str::to_owned).collect();
        let found = schema.operation(method, &names);
        assert!(found.is_none(), "{method} {template} is in the metadata");
    }
}

#[test]
fn a_planted_property_is_found_wherever_it_stands() {
    let Some(schema) = schema() else {
        return;
    };
    let exchange = |path: &str, query: &[(&str, &str)], request: Value, response: Value| Exchange {
        method: if request.is_null() { "GET" } else { "POST" }.to_owned(),
        path: path.to_owned(),
        query: query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        request: Some(request).filter(|request| !request.is_null()),
        status: 200,
        response: Some(response),
    };
    let session = "/v1.0/users/1/drive/items/2:/a%20b:/createUploadSession";
    let item = "/v1.0/users/1/drive/items/2";
    let good = [
        exchange(
            session,
            &[],
            json!({"item": {"name": "a", "fileSize": 1}}),
            json!({}),
        ),
        exchange(
            item,
            &[("$select", "id,size")],
            Value::Null,
            json!({"id": "2", "size": 3}),
        ),
    ];
    for one in &good {
        assert_eq!(findings(&schema, one), Vec::<String>::new());
    }
    let date = json!({"fileSystemInfo": {"createdDateTime": "yesterday"}});
    let bad = [
        exchange("/v1.0/users/1/drive/secrets", &[], Value::Null, json!({})),
        exchange(session, &[], json!({"item": {"owner": "eve"}}), json!({})),
        exchange(session, &[], json!({"item": {"fileSize": "1"}}), json!({})),
        exchange(item, &[("$select", "id,hash")], Value::Null, json!({})),
        exchange(item, &[("$search", "x")], Value::Null, json!({})),
        exchange(
            item,
            &[],
            Value::Null,
            json!({"file": {"hashes": {"md5": "x"}}}),
        ),
        exchange(item, &[], Value::Null, date),
    ];
    for one in &bad {
        assert_eq!(findings(&schema, one).len(), 1, "{one:?}");
    }
}

/// The documentation's examples by method and template.
fn examples(schema: &Schema) -> BTreeMap<(String, String), Vec<Value>> {
    let path = top().join("../shared/vectors/graph_documented_examples.jsonl");
    let text = std::fs::read_to_string(path).expect("the examples lie beside the schema");
    let mut all: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let example: Value = serde_json::from_str(line).expect("JSON");
        let url = example["request"]["url"].as_str().unwrap_or_default();
        let method = example["request"]["method"].as_str().unwrap_or_default();
        let path = url.trim_start_matches("https://graph.microsoft.com/v1.0");
        let path = path.split('?').next().unwrap_or_default();
        let path = match path.strip_prefix("/me") {
            Some(rest) => format!("/v1.0/users/me{rest}"),
            None => format!("/v1.0{path}"),
        };
        let path = path
            .replace("{item-path}", "x")
            .replace("root:/x:", "items/1:/x:");
        let named = segments(&path).and_then(|names| schema.operation(method, &names));
        if let (Some(operation), Value::Object(_)) = (named, &example["response"]) {
            let key = (method.to_owned(), operation.template.to_owned());
            all.entry(key)
                .or_default()
                .push(example["response"].clone());
        }
    }
    all
}

/// What stands in both an answer and an example has the same shape in both. The operations that have an example.
#[track_caller]
fn examples_met(schema: &Schema, all: &[Exchange]) -> BTreeSet<(String, String)> {
    let examples = examples(schema);
    let mut met = BTreeSet::new();
    for exchange in all.iter().filter(|one| (200..300).contains(&one.status)) {
        let names = segments(&exchange.path);
        let operation = names.and_then(|names| schema.operation(&exchange.method, &names));
        let (Some(operation), Some(body)) = (operation, &exchange.response) else {
            continue;
        };
        let key = (exchange.method.clone(), operation.template.to_owned());
        if let Some((key, shapes)) = examples.get_key_value(&key) {
            met.insert(key.clone());
            for shape in shapes {
                if let Some(finding) = shapes_differ(shape, body, "answer") {
                    panic!("{} {}: {finding}", key.0, key.1);
                }
            }
        }
    }
    met
}

/// Where two values of one property are of different kinds.
fn shapes_differ(example: &Value, found: &Value, at: &str) -> Option<String> {
    match (example, found) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Object(example), Value::Object(found)) => {
            let both = found.iter().filter(|(name, _)| !name.starts_with('@'));
            both.filter_map(|(name, value)| Some((name, example.get(name)?, value)))
                .find_map(|(name, example, value)| {
                    shapes_differ(example, value, &format!("{at}.{name}"))
                })
        }
        (Value::Array(example), Value::Array(found)) => {
            let first = example.first()?;
            found
                .iter()
                .find_map(|value| shapes_differ(first, value, &format!("{at}[]")))
        }
        _ => {
            let same = std::mem::discriminant(example) == std::mem::discriminant(found);
            (!same).then(|| format!("{at}: {found} where the documentation has {example}"))
        }
    }
}
