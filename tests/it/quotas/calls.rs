//! Calls that no worker makes wait for their turn too: the real client over the simulated tenant, on a clock that jumps when
//! somebody waits, against the tenant's own count of its quotas.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use m365_simulator::{
    AppSpec, ClockMode, Config, Faults, Quotas as Service, Running, Simulator, TenantSpec,
    UserSpec, VirtualClock,
};
use unbroken::clock::SystemClock;
use unbroken::engine::Time;
use unbroken::engine::governor::{Governor, Quotas};
use unbroken::engine::turnstile::{SharedGovernor, Turnstile};
use unbroken::targets::graph::{Credential, Graph, Settings};
use unbroken::targets::turns::Turns;
use unbroken::targets::{Target, TargetId, TargetUser};

use crate::readback::AtOnce;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "00000000-0000-0000-0000-00000000a001";
const SECRET: &str = "a-secret-of-a-test";
const POLICIES: &str = "/identity/conditionalAccess/policies";

/// Waiting moves the tenant's clock on.
struct Jumps(VirtualClock);

impl Time for Jumps {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    async fn wait_until(&self, at: DateTime<Utc>) {
        self.0.advance_to(at);
    }
}

struct World {
    running: Running,
    graph: Graph,
    clock: VirtualClock,
    start: DateTime<Utc>,
    governor: SharedGovernor,
}

/// Without quotas nobody waits for a turn, nor for what the tenant asks for.
fn world(quotas: Option<Quotas>) -> World {
    let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let clock = VirtualClock::new(start);
    let roles = [
        "Files.ReadWrite.All",
        "Group.ReadWrite.All",
        "Policy.Read.All",
        "User.ReadWrite.All",
    ];
    let app = AppSpec {
        client_id: CLIENT.to_owned(),
        secret: Some(SECRET.to_owned()),
        certificate_pem: None,
        roles: roles.map(str::to_owned).to_vec(),
    };
    let user = |name: &str| UserSpec {
        user_principal_name: format!("{name}@clean.example"),
        display_name: name.to_owned(),
    };
    let running = Simulator::start(Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        tls: None,
        seed: 11,
        faults: Faults::none(),
        tenant: TenantSpec {
            tenant_id: TENANT.to_owned(),
            display_name: "Clean".to_owned(),
            domain: "clean.example".to_owned(),
            users: vec![user("ada"), user("ben")],
            apps: vec![app],
            static_token: None,
        },
        quotas: Service::documented(),
        clock: ClockMode::Manual(clock.clone()),
        inspection: false,
    })
    .expect("it starts");
    let governor = SharedGovernor::new(Mutex::new(Governor::new(quotas.unwrap_or_default())));
    let turns: Arc<dyn Turns> = match quotas {
        Some(_) => Arc::new(Turnstile::new(Arc::clone(&governor), Jumps(clock.clone()))),
        None => Arc::new(AtOnce),
    };
    let settings = Settings {
        graph_base: format!("{}/v1.0", running.base_url),
        login_base: running.base_url.clone(),
        tenant: TENANT.to_owned(),
        client_id: CLIENT.to_owned(),
        credential: Credential::Secret(SECRET.to_owned().into()),
        extra_roots_pem: None,
    };
    let graph = Graph::new(settings, Arc::new(SystemClock), turns);
    World {
        graph: graph.expect("settings that work"),
        running,
        clock,
        start,
        governor,
    }
}

impl World {
    fn took(&self) -> TimeDelta {
        self.clock.now() - self.start
    }

    /// Of the requests so far, how many were throttled, in thousandths.
    fn throttled(&self) -> u64 {
        let inspect = self.running.inspect();
        inspect.throttled() * 1_000 / (inspect.requests().len() as u64).max(1)
    }

    async fn ada(&self) -> (TargetUser, TargetUser, TargetId) {
        let find = |name: &'static str| async move {
            let found = self.graph.user(name).await.expect("an answer");
            found.expect("somebody")
        };
        let (ada, ben) = (
            find("ada@clean.example").await,
            find("ben@clean.example").await,
        );
        let root = self.graph.drive_item(&ada, &[]).await.expect("an answer");
        (ada, ben, root.expect("a drive"))
    }

    /// Shares one folder again and again, as often as it is asked for.
    async fn share(&self, times: usize) -> usize {
        let (ada, ben, item) = self.ada().await;
        let mut refused = 0;
        for _ in 0..times {
            let shared = self.graph.open_item(&ada, &item, &ben.id, "read").await;
            refused += usize::from(shared.is_err_and(|error| error.status == 429));
        }
        refused
    }

    async fn look(&self, times: usize) {
        for _ in 0..times {
            self.graph.read_raw(POLICIES).await;
        }
    }

    async fn licences(&self, times: usize) {
        for _ in 0..times {
            // Three units each.
            let _counted_anyway = self.graph.licences().await;
        }
    }
}

#[tokio::test]
async fn sharing_keeps_three_hundred_in_five_minutes() {
    let world = world(Some(Quotas::default()));
    let refused = world.share(700).await;
    assert_eq!(refused, 0);
    assert_eq!(world.throttled(), 0);
    // 75 at once, the other 625 at 297 in five minutes: 631 seconds.
    let took = world.took().num_seconds();
    assert!((600..=680).contains(&took), "{took} s");
}

#[tokio::test]
async fn conditional_access_is_asked_once_a_second() {
    let world = world(Some(Quotas::default()));
    world.look(90).await;
    assert_eq!(world.throttled(), 0);
    let took = world.took().num_seconds();
    assert!((88..=100).contains(&took), "{took} s");
}

#[tokio::test]
async fn the_directory_gets_its_units_in_ten_seconds() {
    let world = world(Some(Quotas::default()));
    world.licences(2_400).await;
    assert_eq!(world.throttled(), 0);
    // 7,200 units at 346 a second, a quarter of ten seconds ahead: 18 seconds.
    let took = world.took().num_milliseconds();
    assert!((17_000..=22_000).contains(&took), "{took} ms");
}

#[tokio::test]
async fn without_turns_the_tenant_objects_to_each() {
    let objects = |world: &World| world.throttled() > 5;
    let shared = world(None);
    assert!(shared.share(400).await > 0 && objects(&shared));
    let directory = world(None);
    directory.licences(1_300).await;
    assert!(objects(&directory));
}

#[tokio::test]
async fn what_the_service_asks_for_is_waited_for_by_everybody() {
    let world = world(Some(Quotas::default()));
    world.running.inspect().arm(m365_simulator::OneShot {
        kind: m365_simulator::FaultKind::Throttled,
        method: String::new(),
        path: "subscribedSkus".to_owned(),
        skip: 0,
    });
    let before = world.took();
    assert!(world.graph.licences().await.is_err());
    // Another call of the same lane, not a retry.
    let there = world.graph.user("ada@clean.example").await;
    assert!(there.expect("an answer").is_some());
    assert!(
        world.took() - before >= TimeDelta::seconds(1),
        "Retry-After"
    );
}

#[tokio::test]
async fn workers_that_count_for_themselves_are_not_counted_twice() {
    let world = world(Some(Quotas::default()));
    let asked = || {
        let governor = world.governor.lock().expect("no panic");
        governor.pace().requests
    };
    world
        .graph
        .user("ada@clean.example")
        .await
        .expect("an answer");
    assert_eq!(asked(), 1);
    let theirs = world.graph.counted_elsewhere();
    theirs.user("ada@clean.example").await.expect("an answer");
    assert_eq!(asked(), 1);
}
