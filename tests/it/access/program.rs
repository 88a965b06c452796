//! The same random tenants through the program itself, from the backup to `access apply`, over HTTP: at no request is anybody let
//! in whom the source did not, what Graph can make is there to the letter, and the rest waits with a reason.

use std::collections::{BTreeMap, BTreeSet};

use m365_simulator::AccessChange;
use serde_json::Value;
use unbroken::domain::access::{ItemId, Outcome, PrincipalKind};
use unbroken_verify::VerdictKind;

use super::batch::{Batch, Drive, OFFICE, drive_roots, names, place};
use super::journey::approved_as;
use super::tenants::MapKind;
use super::{Planned, Seen};

/// Tenants of one case.
const TENANTS: usize = 25;
pub(super) const SAID: &str = "--sidecar @access.json --map @principals.csv";

/// What the plan says of a grant or an item, as its rows have it.
type Row = [String; 5];

pub(super) fn json_lines(text: &str) -> impl Iterator<Item = Value> {
    let lines = text.lines();
    lines.map(|line| serde_json::from_str(line).expect("JSON"))
}

fn words(row: &Value, names: [&str; 5]) -> Row {
    names.map(|name| row[name].as_str().unwrap_or_default().to_owned())
}

/// How often each row stands there.
fn counted(rows: impl Iterator<Item = Row>) -> BTreeMap<Row, usize> {
    let mut count = BTreeMap::new();
    for row in rows {
        *count.entry(row).or_default() += 1;
    }
    count
}

impl Planned {
    /// Each grant of the source: the custodian, the path, to whom, what becomes of it, and why.
    fn rows(&self) -> Vec<Row> {
        let tenant = &self.tenant;
        let mut grants: Vec<_> = tenant.grants.iter().collect();
        // The tree numbers them by item, in the order in which they came.
        grants.sort_by_key(|grant| grant.item);
        let rows = grants.iter().zip(&self.plan.outcomes);
        let rows = rows.map(|(grant, outcome)| {
            let (custodian, path) = place(tenant, grant.item);
            let (becomes, why) = match outcome {
                Outcome::Kept(how, _) => ("kept", how.name()),
                Outcome::Out(reason) if reason.is_held() => ("held", reason.name()),
                Outcome::Out(reason) => ("lost", reason.name()),
            };
            let key = tenant.principals[grant.principal].key.clone();
            [custodian, path, key, becomes.to_owned(), why.to_owned()]
        });
        rows.collect()
    }

    /// Each item of a drive that waits as a whole.
    fn held_rows(&self) -> Vec<Row> {
        let roots: BTreeSet<usize> = drive_roots(&self.tenant).collect();
        let held = self.plan.held_items.iter();
        let of_drives =
            held.filter(|(item, _)| roots.contains(&names(&self.tenant, item.0 as usize).0));
        let rows = of_drives.map(|(item, reason)| {
            let (custodian, path) = place(&self.tenant, item.0 as usize);
            let (held, why) = ("held".to_owned(), reason.name().to_owned());
            [custodian, path, String::new(), held, why]
        });
        rows.collect()
    }

    /// Whether the item takes over what its drive's root has.
    fn takes_over(&self, item: ItemId) -> bool {
        let mut at = item;
        while let Some(parent) = self.plan.target.item(at).parent {
            if !self.plan.target.item(at).inherits {
                return false;
            }
            at = parent;
        }
        true
    }
}

impl Batch {
    /// From the registered backup to files that are opened; everything that the program printed of it.
    pub(super) fn run(&self) {
        let case = &self.case;
        case.connect("");
        case.done("case map CASE --csv MAP TARGET");
        case.plan();
        case.inspect().record_access();
        let restored = case.run("restore CASE --source SOURCE TARGET --without-quotas");
        // Those whom nobody is in the clean tenant are held.
        let said = String::from_utf8_lossy(&restored.stderr);
        assert!(matches!(restored.status.code(), Some(0 | 3)), "{said}");
        self.check_rows();
        approved_as(case, &format!("{SAID} --declared {OFFICE}"));
        self.check_held();
        let applied = case.done(&format!(
            "access apply CASE {SAID} TARGET --declared {OFFICE} --without-quotas --json"
        ));
        let done: Vec<Value> = json_lines(&applied).collect();
        assert_eq!(done.len(), self.drives.len(), "{applied}");
        for one in &done {
            let counts = ["gained", "failed", "absent"].map(|name| one[name].as_u64());
            assert_eq!(counts, [Some(0); 3], "{one}");
        }
    }

    /// The program's plan says of each grant what the judged plan does.
    fn check_rows(&self) {
        let printed = self.case.done(&format!("access plan {SAID} --json"));
        let rows = json_lines(&printed).filter(|row| row["principal"].is_string());
        let names = ["custodian", "path", "principal", "becomes", "why"];
        let found = counted(rows.map(|row| words(&row, names)));
        let tenants = self.tenants.iter();
        assert_eq!(found, counted(tenants.flat_map(|(_, one)| one.rows())));
    }

    /// Whatever is held of a drive waits in the queue with its reason, grants and whole items.
    fn check_held(&self) {
        let printed = self.case.done("access held CASE --json");
        let rows = json_lines(&printed).filter(|row| row["id"].is_string());
        let names = ["custodian", "path", "principal", "becomes", "why"];
        let found = counted(rows.map(|row| words(&row, names)));
        let tenants = self.tenants.iter();
        let expected = tenants.flat_map(|(_, one)| {
            let drives = drive_roots(&one.tenant).map(|root| place(&one.tenant, root).0);
            let drives: BTreeSet<String> = drives.collect();
            let rows = one.rows().into_iter();
            let held = rows.filter(move |row| drives.contains(&row[0]) && row[3] == "held");
            held.chain(one.held_rows())
        });
        assert_eq!(found, counted(expected));
    }

    /// What the tenant allowed, by tenant of the batch; whoever sees drives by office is judged apart.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let by_owner: BTreeMap<&str, &Drive> =
            self.drives.iter().map(|one| (&*one.owner, one)).collect();
        let mut all: Vec<Seen> = self.tenants.iter().map(|(_, one)| empty(one)).collect();
        for drive in &self.drives {
            let place = drive.place.iter();
            let place = place.map(|(path, item)| ((drive.owner.clone(), path.clone()), *item));
            all[drive.tenant].place.extend(place);
        }
        for mut change in self.case.inspect().access_history() {
            let Some(drive) = by_owner.get(&*change.owner) else {
                expect_bare(&change);
                continue;
            };
            if drive.has_office {
                change.people.remove(OFFICE);
            }
            all[drive.tenant].history.push(change);
        }
        for (place, mut people) in self.case.inspect().effective_access() {
            if let Some(drive) = by_owner.get(&*place.0) {
                people.remove(OFFICE);
                all[drive.tenant].ends.insert(place, people);
            }
        }
        all
    }

    /// Whoever stands on a drive's root by office sees what takes over from there: what was closed is closed to the office, too.
    fn check_offices(&self) {
        let ends = self.case.inspect().effective_access();
        for drive in &self.drives {
            let planned = &self.tenants[drive.tenant].1;
            for (path, item) in &drive.place {
                let people = &ends[&(drive.owner.clone(), path.clone())];
                let is_in = drive.has_office && planned.takes_over(*item);
                assert_eq!(people.contains_key(OFFICE), is_in, "{}{path}", drive.owner);
            }
        }
    }

    /// Judges it all: how often somebody's access was looked at and is exact, how often somebody is in at the end, and
    /// what is less.
    fn judge(&self, is_whole: bool) -> [usize; 3] {
        let mut sum = [0; 3];
        self.check_offices();
        for ((seed, planned), seen) in self.tenants.iter().zip(self.seen()) {
            planned.check_never_wider(&seen, *seed);
            planned.check_out(*seed);
            sum[2] += planned.check_explained(&seen, *seed);
            if is_whole {
                let (checked, let_in) = planned.check_exact(&seen, *seed);
                sum[0] += checked;
                sum[1] += let_in;
            } else {
                // Where nobody is let in, nothing can be wider: that would prove nothing.
                let ends = planned.ends(&seen);
                sum[1] += ends.iter().filter(|(_, level)| *level > 0).count();
            }
        }
        assert_eq!(self.case.verdict().kind, VerdictKind::Valid);
        sum
    }
}

pub(super) fn empty(planned: &Planned) -> Seen {
    let people = planned.mapping.target().iter();
    let people = people
        .filter(|(_, who)| matches!(who.kind, PrincipalKind::User | PrincipalKind::Guest))
        .map(|(id, who)| (who.key.clone(), id));
    Seen {
        history: Vec::new(),
        ends: BTreeMap::new(),
        place: BTreeMap::new(),
        upn: people.collect(),
    }
}

/// The drive of somebody to whom nothing is restored.
fn expect_bare(change: &AccessChange) {
    assert_eq!((change.people.len(), &*change.path), (1, ""), "{change:?}");
}

/// So many cases of tenants of one kind of map, each with seeds of its own; what `judge` counted, and the same in words.
fn by_the_program(kind: MapKind, first: u64, cases: u64) -> ([usize; 3], String) {
    let mut sum = [0; 3];
    for case in 0..cases {
        let batch = Batch::new(first + 1_000 * case, TENANTS, kind);
        batch.run();
        for (sum, count) in sum.iter_mut().zip(batch.judge(kind == MapKind::Whole)) {
            *sum += count;
        }
    }
    let tenants = u64::try_from(TENANTS).expect("few") * cases;
    let [checked, let_in, less] = sum;
    let said =
        format!("{kind:?}, {tenants} tenants: {checked} exact, {let_in} let in, {less} less");
    (sum, said)
}

fn whole(first: u64, cases: u64) -> String {
    let ([checked, let_in, _], said) = by_the_program(MapKind::Whole, first, cases);
    assert!(checked > 2_500 && let_in > 150, "{said}");
    said
}

fn with_gaps(kind: MapKind, first: u64, cases: u64) -> String {
    let ([_, let_in, narrower], said) = by_the_program(kind, first, cases);
    assert!(narrower > 20 && let_in > 20, "{said}");
    said
}

#[test]
fn by_the_program_what_graph_can_make_is_exact_and_no_request_is_wider() {
    println!("{}", whole(100_000, 2));
}

#[test]
fn by_the_program_what_graph_can_make_is_exact_in_other_tenants_too() {
    println!("{}", whole(200_000, 2));
}

#[test]
fn by_the_program_a_few_missing_rows_widen_nothing() {
    println!("{}", with_gaps(MapKind::Unmapped(5), 300_000, 1));
}

#[test]
fn by_the_program_half_of_the_rows_missing_widens_nothing() {
    println!("{}", with_gaps(MapKind::Unmapped(50), 400_000, 1));
}

#[test]
fn by_the_program_hostile_maps_widen_nothing() {
    println!("{}", with_gaps(MapKind::Hostile, 500_000, 2));
}

#[test]
#[ignore = "takes long: tests/bench/access.sh"]
fn a_thousand_tenants_by_the_program() {
    println!("{}", whole(1_000_000, 16));
    for (kind, first) in [
        (MapKind::Unmapped(5), 2_000_000),
        (MapKind::Unmapped(50), 3_000_000),
        (MapKind::Hostile, 4_000_000),
    ] {
        println!("{}", with_gaps(kind, first, 8));
    }
}
