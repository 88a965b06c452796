//! `case.jsonld`: the investigation, its tool, its keys and its head; the actions are beside it, in `case/`.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::attestation::{Head, hex};
use super::custody::{CONTEXT, TOOL, derived, identity, key_id, observable, text, tool};
use super::key_files::LedgerKey;
use crate::reports::bag::{Bag, BagError};

/// Writes the file. It stands by itself, as each of the files in `case/` does.
pub(super) fn write(bag: &Bag, head: &Head<'_>, keys: &[LedgerKey]) -> Result<(), BagError> {
    let mut out = format!("{{\"@context\":{CONTEXT},\n\"@graph\":[\n");
    let checkpoint = derived(&format!("checkpoint\n{}", head.checkpoint));
    let _ = write!(
        out,
        "{{\"@id\":\"kb:{}\",\"@type\":\"case-investigation:Investigation\",\
         \"uco-core:description\":\"{} edition; {} actions, at most 512 a file, in case/\",\
         \"uco-core:name\":",
        derived(&format!("investigation\n{}", head.origin)),
        head.edition,
        head.actions
    );
    text(&mut out, head.origin);
    let _ = write!(
        out,
        ",\"uco-core:object\":[{{\"@id\":\"kb:{TOOL}\"}},{{\"@id\":\"kb:{checkpoint}\"}}]}},\n\
         {{\"@id\":\"kb:{}\",\"@type\":\"case-investigation:ProvenanceRecord\",\
         \"case-investigation:exhibitNumber\":\"checkpoint-{}\",\"uco-core:description\":\
         \"root {} over {} entries\",\"uco-core:object\":{{\"@id\":\"kb:{checkpoint}\"}}}},\n",
        derived(&format!("record\n{}", head.checkpoint)),
        head.size,
        head.root,
        head.size
    );
    let digest = hex(&Sha256::digest(head.checkpoint));
    let length = Some(head.checkpoint.len() as u64);
    observable(
        &mut out,
        &checkpoint,
        Some("data/checkpoint"),
        Some(&digest),
        length,
    );
    out.push_str(",\n");
    for key in keys {
        let (id, roles) = (key.public.id(), key.roles.join(" and "));
        let name = match &*key.person {
            "" => format!("key {id}: {roles}"),
            person => format!("key {id}: {roles}, {person}"),
        };
        identity(&mut out, &key_id(&id), &name);
        out.push_str(",\n");
    }
    tool(&mut out);
    out.push_str("]}\n");
    bag.payload("case.jsonld", |file| file.write_all(out.as_bytes()))
}
