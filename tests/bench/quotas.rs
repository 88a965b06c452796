//! A whole tenant in virtual time: a thousand seats, a million files of 100 KB, a thousand mailboxes of 5 GB; as documented, and
//! with hidden costs and others who draw on the quotas. Prints the figures, fails where they are not met.

#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]

#[allow(dead_code, reason = "the integration tests use all of it")]
#[path = "../it/quotas/tenant.rs"]
mod tenant;

use m365_simulator::Quotas as Service;
use tenant::{Tenant, run};
use unbroken::engine::governor::Quotas;

fn main() {
    let whole = |service| Tenant {
        seats: 1_000,
        files: 1_000_000,
        file_bytes: 100_000,
        mails_each: 1_250,
        mail_bytes: 4_000_000,
        service,
    };
    let hostile = Service {
        hidden_percent: 50,
        competing_percent: 20,
        silent_percent: 20,
        ..Service::documented()
    };
    let runs = [
        ("as documented", Service::documented(), 0.95, 0.005),
        ("hidden costs and others", hostile, 0.85, 0.02),
    ];
    for (name, service, used, throttled) in runs {
        let ran = run(whole(service), Quotas::default());
        println!("{}", ran.line(name));
        assert!(ran.files_used >= used && ran.mail_used >= used, "too timid");
        assert!(ran.throttled_share() <= throttled, "throttled too often");
        let end = ran.end();
        assert!(ran.earliest <= end && end <= ran.latest, "not as estimated");
    }
    println!("PEAK {} MiB", peak_mib());
}

/// The most memory that this process ever had, as the kernel counts it.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}
