//! A program that writes the adversary suite's bundles to a folder, each with the verdict that it must get, so that a
//! verifier in another language can be held to them: `cargo run -p unbroken-verify --example forged_bundles -- DIR`.

#[path = "../adversary/attacks.rs"]
mod attacks;
#[path = "forge.rs"]
mod forge;

use std::env;
use std::path::PathBuf;

use attacks::{ALL, Attack, Place, Shape};
use forge::place::{Files, put};
use serde_json::{Value, json};

fn expected(attack: &Attack, folder: &str) -> Value {
    let verdict = attack.expected;
    let (entry, file) = match verdict.place {
        Place::Entry(entry) => (json!(entry), Value::Null),
        Place::File(name) => (Value::Null, json!(name)),
        Place::Nowhere => (Value::Null, Value::Null),
    };
    json!({
        "name": attack.name,
        "folder": folder,
        "code": verdict.code,
        "rule": verdict.rule,
        "entry": entry,
        "file": file,
        "suspects": verdict.suspects,
    })
}

fn main() {
    let target = PathBuf::from(env::args_os().nth(1).expect("the folder to write to"));
    let mut list = Vec::new();
    for attack in ALL.iter().flat_map(|(_, attacks)| attacks.iter()) {
        let forged = (attack.make)();
        if !forged.shapes.contains(&Shape::Bundle) {
            continue;
        }
        let folder = format!("{:04}", list.len());
        let place = target.join(&folder);
        put(&place.join("record"), &forged.files(Shape::Bundle));
        let brought = [("trust", &forged.trust), ("earlier", &forged.at_least)];
        for (name, text) in brought {
            let file = text
                .clone()
                .map(|text| (name.to_owned(), text.into_bytes()));
            put(&place, &Files::from_iter(file));
        }
        list.push(expected(attack, &folder));
    }
    let text = serde_json::to_vec_pretty(&list).expect("plain values");
    put(&target, &Files::from([("expected.json".to_owned(), text)]));
}
