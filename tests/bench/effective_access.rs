//! Effective access for up to a million grants over a hundred thousand items, beside the time in which this machine copies as
//! many sets of people: `cargo run --release --example effective_access`; one line of JSON a size.

use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use unbroken::domain::access::{
    Directory, Effect, Grant, GrantKind, Item, ItemId, ItemKind, Level, Links, Membership,
    PrincipalId, PrincipalKind, Tree, TreeBuilder, Walker,
};

const PEOPLE: u32 = 10_000;
const GROUPS: u32 = 1_000;
/// Direct members of a group; one in ten is a group itself.
const MEMBERS: u32 = 30;

/// What a million grants over a hundred thousand items may take.
const SECONDS_MAX: f64 = 2.0;
const MIB_MAX: u64 = 512;

/// Peak resident memory of this process so far, in MiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

/// SplitMix64: the same tenant on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((z ^ (z >> 31)) % u64::from(end)).unwrap_or(0)
    }
}

fn directory(dice: &mut Dice) -> Directory {
    let mut directory = Directory::default();
    for number in 0..PEOPLE {
        directory
            .add(&format!("u{number}@old.example"), PrincipalKind::User)
            .expect("each once");
    }
    for number in 0..GROUPS {
        let group = directory
            .add(&format!("g{number}@old.example"), PrincipalKind::Group)
            .expect("each once");
        let member = |dice: &mut Dice| match dice.below(10) {
            // Groups made before it, so that nesting is deep and has no cycle.
            0 if number > 0 => PrincipalId(PEOPLE + dice.below(number)),
            _ => PrincipalId(dice.below(PEOPLE)),
        };
        let members = (0..MEMBERS).map(|_| member(dice)).collect();
        directory.set_members(group, members);
    }
    directory
}

/// Folders of up to ten things each; a third of the items break with what lies above; half of the grants go to groups.
fn tree(dice: &mut Dice, items: u32, grants: u32) -> Tree {
    let mut tree = TreeBuilder::default();
    for number in 0..items {
        let is_folder = number < items / 10 || number == 0;
        let item = Item {
            key: format!("{number}").into(),
            parent: (number > 0).then(|| ItemId((number - 1) / 10)),
            kind: match (number, is_folder) {
                (0, _) => ItemKind::Library,
                (_, true) => ItemKind::Folder,
                _ => ItemKind::File,
            },
            inherits: dice.below(3) > 0,
            is_known: true,
            custodians: if number == 0 {
                vec![PrincipalId(0)]
            } else {
                Vec::new()
            },
        };
        tree.item(item).expect("a good item");
    }
    for number in 0..grants {
        let principal = match dice.below(2) {
            0 => PrincipalId(PEOPLE + dice.below(GROUPS)),
            _ => PrincipalId(dice.below(PEOPLE)),
        };
        tree.grant(Grant {
            item: ItemId(number % items),
            principal,
            level: [Level::Read, Level::Write, Level::Full][dice.below(3) as usize],
            effect: if dice.below(100) == 0 {
                Effect::Deny
            } else {
                Effect::Allow
            },
            kind: GrantKind::Direct,
            expires: false,
        });
    }
    tree.build()
}

/// How long the machine takes to copy the people of as many items, five levels each: less work than any walk does.
fn raw(items: u32) -> f64 {
    let words = PEOPLE.div_ceil(64) as usize * 5;
    let (from, mut to) = (vec![1_u64; words], vec![0_u64; words]);
    let start = Instant::now();
    for _ in 0..items {
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
    }
    start.elapsed().as_secs_f64()
}

/// Prints a row; the seconds that it took.
fn row(items: u32, grants: u32) -> f64 {
    let mut dice = Dice(u64::from(items));
    let directory = directory(&mut dice);
    let tree = tree(&mut dice, items, grants);
    let start = Instant::now();
    let membership = Membership::of(&directory);
    let mut walker = Walker::new(&tree, &directory, &membership, Links::All);
    let mut people = 0_u64;
    while walker.step().is_some() {
        people += walker.effective().count(Level::Read) as u64;
    }
    let seconds = start.elapsed().as_secs_f64();
    let raw = raw(items);
    let line = format!(
        "{{\"items\":{items},\"grants\":{grants},\"people\":{PEOPLE},\"groups\":{GROUPS},\
         \"seconds\":{seconds:.3},\"copy_seconds\":{raw:.3},\"ratio\":{:.1},\
         \"peak_mib\":{},\"rights\":{people}}}\n",
        seconds / raw,
        peak()
    );
    std::io::stdout().write_all(line.as_bytes()).expect("said");
    seconds
}

fn main() -> Result<(), String> {
    let mut last = 0.0;
    for (items, grants) in [(1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000)] {
        last = row(items, grants);
    }
    let peak = peak();
    if last > SECONDS_MAX || peak > MIB_MAX {
        return Err(format!("a million grants: {last:.3} s, {peak} MiB"));
    }
    Ok(())
}
