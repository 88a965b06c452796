//! Random source tenants from a seed, as plain lists: nested groups, broken inheritance, denies, links, guests, site groups,
//! private channels, and what an attacker would add.

use unbroken::domain::access::{
    Directory, Effect, Fate, Grant, GrantKind, IdentityMap, IdentityRow, Item, ItemId, ItemKind,
    Level, PrincipalId, PrincipalKind, Tree, TreeBuilder,
};

/// Where sites are in the old tenant, and in the clean one.
pub(crate) const OLD_SITES: &str = "https://old.sharepoint.com/sites/";
pub(crate) const NEW_SITES: &str = "https://clean.sharepoint.com/sites/";

/// SplitMix64: the same tenants on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("below end")
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

#[derive(Clone, Debug)]
pub(crate) struct APrincipal {
    pub(crate) key: String,
    pub(crate) kind: PrincipalKind,
    pub(crate) members: Vec<usize>,
    pub(crate) members_known: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct AnItem {
    pub(crate) parent: Option<usize>,
    pub(crate) kind: ItemKind,
    pub(crate) inherits: bool,
    pub(crate) is_known: bool,
    pub(crate) custodian: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct AGrant {
    pub(crate) item: usize,
    pub(crate) principal: usize,
    pub(crate) level: Level,
    pub(crate) is_deny: bool,
    pub(crate) is_link: bool,
    pub(crate) expires: bool,
}

/// A source tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct ATenant {
    pub(crate) principals: Vec<APrincipal>,
    pub(crate) items: Vec<AnItem>,
    pub(crate) grants: Vec<AGrant>,
}

/// What kind of map goes with a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapKind {
    /// Everybody has a row.
    Whole,
    /// So many of a hundred have none.
    Unmapped(u64),
    /// Several become one, rows of the wrong kind, guests whom nobody approved.
    Hostile,
}

impl ATenant {
    pub(crate) fn random(seed: u64, has_calendars: bool) -> Self {
        let mut dice = Dice(seed);
        let mut tenant = Self::default();
        tenant.add_people(&mut dice);
        tenant.add_groups(&mut dice);
        let users = tenant.of_kind(PrincipalKind::User);
        for custodian in users.iter().take(1 + dice.below(2)) {
            tenant.add_root(&mut dice, *custodian, has_calendars);
        }
        tenant.add_grants(&mut dice);
        tenant
    }

    /// The same with each site as a custodian of itself, under an address that begins so.
    pub(crate) fn with_sites(mut self, prefix: &str) -> Self {
        for at in 0..self.items.len() {
            let is_site = self.items[at].parent.is_none() && self.items[at].kind == ItemKind::Site;
            if is_site {
                let key = format!("{OLD_SITES}{prefix}{at}");
                let site = self.add(key, PrincipalKind::User);
                self.items[at].custodian = Some(site);
            }
        }
        self
    }

    /// The same under keys of its own: several go into one directory.
    pub(crate) fn prefixed(mut self, prefix: &str) -> Self {
        for principal in &mut self.principals {
            principal.key = format!("{prefix}{}", principal.key);
        }
        self
    }

    fn add(&mut self, key: String, kind: PrincipalKind) -> usize {
        self.principals.push(APrincipal {
            key,
            kind,
            members: Vec::new(),
            members_known: true,
        });
        self.principals.len() - 1
    }

    pub(crate) fn of_kind(&self, kind: PrincipalKind) -> Vec<usize> {
        let places = 0..self.principals.len();
        places
            .filter(|place| self.principals[*place].kind == kind)
            .collect()
    }

    fn add_people(&mut self, dice: &mut Dice) {
        for number in 0..4 + dice.below(5) {
            self.add(format!("u{number}@old.example"), PrincipalKind::User);
        }
        // Looks like u0 and is somebody else.
        self.add("\u{443}0@old.example".to_owned(), PrincipalKind::User);
        for number in 0..dice.below(3) {
            self.add(
                format!("guest{number}@partner.example"),
                PrincipalKind::Guest,
            );
        }
        for kind in [
            PrincipalKind::Organisation,
            PrincipalKind::Anyone,
            PrincipalKind::App,
        ] {
            self.add(kind.name().to_owned(), kind);
        }
    }

    fn add_groups(&mut self, dice: &mut Dice) {
        let people = self.principals.len();
        for number in 0..2 + dice.below(4) {
            self.add(format!("g{number}@old.example"), PrincipalKind::Group);
        }
        for number in 0..dice.below(2) {
            let group = self.add(
                format!("d{number}@old.example"),
                PrincipalKind::DynamicGroup,
            );
            self.principals[group].members_known = dice.percent(60);
        }
        let groups = self.principals.len();
        for number in 0..dice.below(3) {
            self.add(format!("s{number}"), PrincipalKind::SiteGroup);
        }
        for group in people..self.principals.len() {
            if !self.principals[group].members_known {
                continue;
            }
            for _ in 0..dice.below(5) {
                // Cycles come about by themselves; nobody nests a site's group.
                let among = if dice.percent(75) { people } else { groups };
                let member = dice.below(among);
                let kind = self.principals[member].kind;
                let fits = self.principals[group].kind == PrincipalKind::SiteGroup
                    || !matches!(kind, PrincipalKind::Organisation | PrincipalKind::Anyone);
                if fits && kind != PrincipalKind::Anyone && member != group {
                    self.principals[group].members.push(member);
                }
            }
        }
    }

    fn add_root(&mut self, dice: &mut Dice, custodian: usize, has_calendars: bool) {
        let kinds: &[ItemKind] = if has_calendars {
            &[
                ItemKind::Library,
                ItemKind::Site,
                ItemKind::Team,
                ItemKind::Mailbox,
            ]
        } else {
            &[
                ItemKind::Library,
                ItemKind::Library,
                ItemKind::Site,
                ItemKind::Team,
            ]
        };
        let kind = kinds[dice.below(kinds.len())];
        let root = self.items.len();
        self.items.push(AnItem {
            parent: None,
            kind,
            inherits: false,
            is_known: true,
            custodian: Some(custodian),
        });
        for _ in 0..4 + dice.below(9) {
            let inside = root..self.items.len();
            let parents = inside.filter(|place| self.items[*place].kind.is_container());
            let parents: Vec<usize> = parents.collect();
            let parent = parents[dice.below(parents.len())];
            let kind = child(dice, self.items[parent].kind);
            self.items.push(AnItem {
                parent: Some(parent),
                kind,
                inherits: dice.percent(70),
                is_known: dice.percent(95),
                custodian: None,
            });
        }
    }

    fn add_grants(&mut self, dice: &mut Dice) {
        for item in 0..self.items.len() {
            let count = if dice.percent(55) { dice.below(4) } else { 0 };
            for _ in 0..count {
                let principal = dice.below(self.principals.len());
                let levels = self.items[item].kind.levels();
                let wide = matches!(
                    self.principals[principal].kind,
                    PrincipalKind::Anyone | PrincipalKind::Organisation
                );
                self.grants.push(AGrant {
                    item,
                    principal,
                    level: levels[dice.below(levels.len())],
                    is_deny: dice.percent(9),
                    is_link: wide && dice.percent(60),
                    expires: dice.percent(3),
                });
            }
        }
    }

    /// The same as the domain takes it.
    pub(crate) fn directory(&self) -> Directory {
        let mut directory = Directory::default();
        for principal in &self.principals {
            directory
                .add(&principal.key, principal.kind)
                .expect("each key once");
        }
        for (place, principal) in (0..).zip(&self.principals) {
            if principal.kind.is_group() && principal.members_known {
                let members = principal.members.iter().map(|member| id(*member));
                directory.set_members(PrincipalId(place), members.collect());
            }
        }
        directory
    }

    pub(crate) fn tree(&self) -> Tree {
        let mut tree = TreeBuilder::default();
        for item in &self.items {
            tree.item(Item {
                key: "x".into(),
                parent: item.parent.map(item_id),
                kind: item.kind,
                inherits: item.inherits,
                is_known: item.is_known,
                custodians: item.custodian.map(id).into_iter().collect(),
            })
            .expect("a good item");
        }
        for grant in &self.grants {
            tree.grant(Grant {
                item: item_id(grant.item),
                principal: id(grant.principal),
                level: grant.level,
                effect: if grant.is_deny {
                    Effect::Deny
                } else {
                    Effect::Allow
                },
                kind: if grant.is_link {
                    GrantKind::Link
                } else {
                    GrantKind::Direct
                },
                expires: grant.expires,
            });
        }
        tree.build()
    }

    pub(crate) fn map(&self, kind: MapKind, seed: u64) -> IdentityMap {
        let mut dice = Dice(seed ^ 0x6D61_7073);
        let mut rows = Vec::new();
        for principal in &self.principals {
            let becomes = match principal.kind {
                PrincipalKind::User => PrincipalKind::User,
                PrincipalKind::Guest => PrincipalKind::Guest,
                PrincipalKind::Group | PrincipalKind::DynamicGroup => PrincipalKind::Group,
                _ => continue,
            };
            if let Some(name) = principal.key.strip_prefix(OLD_SITES) {
                let fate = Fate::Mapped {
                    target: format!("{NEW_SITES}{name}"),
                    kind: becomes,
                    is_approved_external: false,
                };
                rows.push(IdentityRow::new(&principal.key, fate));
                continue;
            }
            let left_out = match kind {
                MapKind::Unmapped(percent) => dice.percent(percent),
                _ => false,
            };
            if left_out {
                continue;
            }
            let (name, _) = principal.key.split_once('@').expect("a key with a domain");
            let name = name.replace('\u{443}', "twin");
            let mut fate = Fate::Mapped {
                target: format!("{name}@clean.example"),
                kind: becomes,
                is_approved_external: becomes == PrincipalKind::Guest,
            };
            if kind == MapKind::Hostile {
                fate = hostile(&mut dice, fate);
            }
            rows.push(IdentityRow::new(&principal.key, fate));
        }
        IdentityMap::new(rows).expect("each key once")
    }
}

fn hostile(dice: &mut Dice, fate: Fate) -> Fate {
    let Fate::Mapped { target, kind, .. } = fate else {
        return fate;
    };
    // What sets one tenant apart from another in one directory.
    let own = target.split_once('-');
    let own = own.map_or(String::new(), |(prefix, _)| format!("{prefix}-"));
    match dice.below(10) {
        0 => Fate::Departed,
        1 => Fate::ServiceAccount,
        // Letters that differ in case only are one user to the directory.
        2 | 3 if kind == PrincipalKind::User => Fate::Mapped {
            target: format!("{own}U1@clean.example"),
            kind,
            is_approved_external: false,
        },
        4 if kind == PrincipalKind::Group => Fate::Mapped {
            target: format!("{own}g0@clean.example"),
            kind,
            is_approved_external: false,
        },
        5 => Fate::Mapped {
            target,
            kind: PrincipalKind::Group,
            is_approved_external: false,
        },
        6 => Fate::Mapped {
            target,
            kind,
            is_approved_external: false,
        },
        _ => Fate::Mapped {
            target,
            kind,
            is_approved_external: kind == PrincipalKind::Guest,
        },
    }
}

fn child(dice: &mut Dice, parent: ItemKind) -> ItemKind {
    let kinds: &[ItemKind] = match parent {
        ItemKind::Mailbox => &[ItemKind::MailFolder, ItemKind::Calendar],
        ItemKind::MailFolder => &[ItemKind::MailFolder],
        ItemKind::Site => &[ItemKind::Library, ItemKind::List],
        ItemKind::List => &[ItemKind::ListItem],
        ItemKind::Team => &[
            ItemKind::Channel,
            ItemKind::PrivateChannel,
            ItemKind::SharedChannel,
        ],
        _ => &[ItemKind::Folder, ItemKind::Folder, ItemKind::File],
    };
    kinds[dice.below(kinds.len())]
}

pub(crate) fn id(place: usize) -> PrincipalId {
    PrincipalId(u32::try_from(place).expect("few"))
}

pub(crate) fn item_id(place: usize) -> ItemId {
    ItemId(u32::try_from(place).expect("few"))
}
