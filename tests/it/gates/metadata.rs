//! The simulated directory held against Microsoft's metadata of Graph v1.0: shapes and types of every answer, clean and planted.

use m365_simulator::Directory;

use super::world::{clean, with};
use crate::left_out::left_out;
use crate::openapi::is_known;
use crate::openapi::schema::Schema;

/// Calls that have a page of their own and that the cut of the metadata leaves out.
const NOT_IN_THE_CUT: [&str; 4] = [
    // <https://learn.microsoft.com/graph/api/samlorwsfedexternaldomainfederation-list>
    "/directory/federationConfigurations/",
    // <https://learn.microsoft.com/graph/api/multitenantorganization-list-tenants>
    "/tenantRelationships/multiTenantOrganization/tenants",
    // <https://learn.microsoft.com/graph/api/application-list-owners>
    "/owners",
    // <https://learn.microsoft.com/graph/api/user-list-calendarpermissions>
    "/calendar/calendarPermissions",
];

#[test]
fn the_simulated_directory_answers_in_the_shapes_of_the_metadata() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/reference/graph/cut.openapi.json"
    );
    let path = std::path::Path::new(path);
    if !path.exists() {
        left_out("no ../shared/reference/graph/cut.openapi.json here");
        return;
    }
    let schema = Schema::read(path);
    let mut found = std::collections::BTreeSet::new();
    let mut unknown = std::collections::BTreeSet::new();
    let planted = Directory::plants();
    let worlds = planted.iter().map(|plant| with(&[plant]));
    for world in std::iter::once(clean()).chain(worlds) {
        for (path, body) in &world.directory.answers {
            let names: Vec<String> = path
                .trim_start_matches('/')
                .split('/')
                .map(str::to_owned)
                .collect();
            match schema.operation("GET", &names) {
                Some(operation) => {
                    let wrong = schema.check_response(&operation, 200, body).into_iter();
                    let wrong = wrong.map(|text| format!("{path}: {text}"));
                    found.extend(wrong.filter(|text| !is_known(text)));
                }
                None => {
                    unknown.insert(path.clone());
                }
            }
        }
    }
    let unknown: Vec<&String> = unknown
        .iter()
        .filter(|path| !NOT_IN_THE_CUT.iter().any(|part| path.contains(part)))
        .collect();
    assert!(unknown.is_empty(), "not in the metadata: {unknown:#?}");
    assert!(found.is_empty(), "not as the metadata have it: {found:#?}");
}
