//! The workers use the tenant's quotas and hardly ever hear that they used too much: in virtual time, against the simulator's
//! own count. `tests/bench/quotas.sh` runs the whole tenant; here a part of it.

mod calls;
pub(crate) mod tenant;

use m365_simulator::{Faults, Quotas as Service};
use tenant::{Ran, Tenant, run};
use unbroken::engine::governor::Quotas;

use crate::case::{Case, mail};
use crate::operating::{commands, normal};

/// Part of a tenant of a thousand seats: mailboxes count alone, so that six tell what a thousand would.
fn part(service: Service) -> Tenant {
    Tenant {
        seats: 6,
        files: 30_000,
        file_bytes: 100_000,
        mails_each: 800,
        mail_bytes: 4_000_000,
        service,
    }
}

/// Costs up to half more than documented, others who take up to a fifth, and refusals of which a fifth name no pause.
pub(crate) fn hostile() -> Service {
    Service {
        hidden_percent: 50,
        competing_percent: 20,
        silent_percent: 20,
        ..Service::documented()
    }
}

fn is_good(ran: &Ran, used: f64, throttled: f64) -> bool {
    ran.files_used >= used && ran.mail_used >= used && ran.throttled_share() <= throttled
}

#[test]
fn as_documented_the_workers_use_the_quota_and_are_not_throttled() {
    let ran = run(part(Service::documented()), Quotas::default());
    println!("{}", ran.line("as documented"));
    assert!(is_good(&ran, 0.95, 0.005), "{ran:?}");
    assert!(
        ran.earliest <= ran.end() && ran.end() <= ran.latest,
        "{ran:?}"
    );
}

#[test]
fn hidden_costs_and_competing_load_are_learned() {
    let ran = run(part(hostile()), Quotas::default());
    println!("{}", ran.line("hidden costs and others"));
    assert!(is_good(&ran, 0.85, 0.02), "{ran:?}");
    assert!(
        ran.earliest <= ran.end() && ran.end() <= ran.latest,
        "{ran:?}"
    );
}

#[test]
fn a_governor_that_does_not_pace_or_is_too_timid_is_found_out() {
    let part = |service| Tenant {
        files: 6_000,
        mails_each: 250,
        ..part(service)
    };
    let bold = run(part(Service::documented()), Quotas::unpaced());
    assert!(!is_good(&bold, 0.0, 0.005), "{}", bold.line("unpaced"));
    let half = Quotas {
        mailbox_upload_bytes: 75_000_000,
        sharepoint_units_minute: 625,
        ..Quotas::default()
    };
    let timid = run(part(Service::documented()), half);
    assert!(!is_good(&timid, 0.85, 1.0), "{}", timid.line("half"));
}

#[test]
fn the_page_prints_the_estimate_that_the_program_prints() {
    let case = Case::new(Faults::none());
    for number in 1..=3 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare_people("mailbox");
    let made = case.done("plan make CASE --source SOURCE");
    assert!(made.contains("documented, not measured"), "{made}");
    let found = commands("How long it will take");
    assert_eq!(found.len(), 1);
    for (command, printed) in found {
        let words = command.replace("--case acme", "CASE");
        let said = case.done(words.trim_start_matches("unbroken "));
        assert_eq!(normal(&said), normal(&printed), "{command}");
        let json = case.done(&format!("{} --json", words.trim_start_matches("unbroken ")));
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["estimate"]["basis"], "documented, not measured");
        assert_eq!(json["estimate"]["waves"][0]["items"], 3);
    }
}

#[test]
fn only_a_simulated_tenant_is_restored_into_without_quotas() {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare("mailbox");
    case.done("restore CASE --source SOURCE TARGET --without-quotas");
    let real = Case::new(Faults::none());
    real.plant("1.eml", &mail(1, 0));
    real.done(&format!(
        "keys set {} --no-passphrase",
        real.path("case/keys").display()
    ));
    real.done(
        "case declare CASE --name example.org/test --title t --source-tenant old.example \
         --declared-by test --window-from 2020-01-01T00:00:00Z --window-to 2020-01-02T00:00:00Z",
    );
    real.done("source register CASE SOURCE");
    let refused = real.run("restore CASE --source SOURCE TARGET --without-quotas");
    assert_eq!(refused.status.code(), Some(12), "{refused:?}");
}
