//! Commands of a case that reach another tenant than the one that the case is connected to: refused before anything is read,
//! written or recorded.

use m365_simulator::Faults;

use crate::access::journey::{ACCESS, approved, restored};
use crate::case::Case;
use crate::tampering::forge::put;

/// Every command that opens a way into the tenant.
fn commands() -> [String; 12] {
    let look = "--expected @expected.json --evidence @people.csv";
    [
        "restore CASE --source SOURCE TARGET".to_owned(),
        "case map CASE --csv MAP TARGET".to_owned(),
        "case apps-gone CASE --expected @expected.json VERIFY".to_owned(),
        format!("baseline CASE {look} VERIFY"),
        format!("separation CASE {look} VERIFY"),
        format!("access apply CASE {ACCESS} TARGET"),
        format!("access diff CASE {ACCESS} TARGET"),
        "identity make CASE --file @identities.csv IDENTITY".to_owned(),
        "identity check CASE IDENTITY".to_owned(),
        "identity pass CASE --user ann@clean.example IDENTITY".to_owned(),
        "domain step CASE --domain old.example --step add PROVISION".to_owned(),
        "domain check CASE --domain old.example PROVISION".to_owned(),
    ]
}

#[test]
fn a_command_that_reaches_another_tenant_sends_nothing_more_and_records_nothing() {
    let mut case = restored();
    approved(&case);
    put(&case.path("expected.json"), b"{}");
    put(&case.path("people.csv"), b"key,display_name\n");
    let identities = "kind,name,display_name,usage_location,licences,owners,members\n\
                      user,ann@clean.example,Ann,DE,,,\n";
    put(&case.path("identities.csv"), identities.as_bytes());
    let entries = case.done("ledger info CASE --json");
    let id = "77777777-2222-3333-4444-555555555555";
    case.turn_to(id);
    let inspect = case.inspect();
    let mut asked = 0;
    for command in commands() {
        let refused = case.run(&command);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(12), "{command}: {said}");
        assert!(said.contains("another target tenant"), "{command}: {said}");
        assert!(said.contains(id), "{command}: {said}");
        let requests = inspect.requests();
        asked += 1;
        let of_graph = requests.iter().filter(|one| one.path.starts_with("/v1.0/"));
        let of_graph: Vec<&str> = of_graph.map(|one| &*one.path).collect();
        assert_eq!(of_graph.len(), asked, "{command}: {of_graph:?}");
        let mut others = of_graph
            .iter()
            .filter(|path| !path.starts_with("/v1.0/organization"));
        assert_eq!(others.next(), None, "{command}");
    }
    assert_eq!(
        entries,
        case.done("ledger info CASE --json"),
        "something was recorded"
    );
}

#[test]
fn the_tenant_that_the_case_is_declared_against_by_its_domain_is_never_connected() {
    let case = Case::new(Faults::none());
    case.plant("a.txt", b"a");
    case.done(&format!(
        "keys set {} --no-passphrase",
        case.path("case/keys").display()
    ));
    // The simulated tenant's own domain, in other letters.
    case.done(
        "case declare CASE --name example.org/test --title t --source-tenant Clean.Example \
         --declared-by test --window-from 2020-01-01T00:00:00Z \
         --window-to 2020-01-02T00:00:00Z --simulated",
    );
    case.done("source register CASE SOURCE");
    let refused = case.run("case connect CASE TARGET");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    let events = case.events("bundle");
    let connected = events
        .iter()
        .filter(|event| event["type"] == "TargetConnected/1");
    assert_eq!(connected.count(), 0);
}
