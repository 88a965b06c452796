//! The identities that are to be made in the clean tenant: users and groups, row by row, and whether there are licences for them.

use std::collections::{BTreeMap, BTreeSet};

use super::{MappingError, fields};

/// What is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WantedKind {
    /// A user, who cannot come in yet.
    User,
    /// A mailbox of several people: an account whose sign-in is blocked.
    SharedMailbox,
    /// A security group.
    SecurityGroup,
    /// A private Microsoft 365 group.
    UnifiedGroup,
    /// A group whose members followed a rule: it gets those that somebody reviewed, and no rule.
    DynamicGroup,
    /// A distribution list or mail-enabled security group.
    MailGroup,
}

const KINDS: [(WantedKind, &str); 6] = [
    (WantedKind::User, "user"),
    (WantedKind::SharedMailbox, "shared-mailbox"),
    (WantedKind::SecurityGroup, "security-group"),
    (WantedKind::UnifiedGroup, "m365-group"),
    (WantedKind::DynamicGroup, "dynamic-group"),
    (WantedKind::MailGroup, "mail-group"),
];

impl WantedKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        let found = KINDS.iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, name)| name)
    }

    /// Whether it is an account, with a principal name and licences, and no group.
    pub fn is_account(self) -> bool {
        matches!(self, Self::User | Self::SharedMailbox)
    }

    /// Reads what [`WantedKind::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        let found = KINDS.iter().find(|(_, known)| *known == name);
        found.map(|(kind, _)| *kind)
    }
}

/// One identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The line in the file, from 1.
    pub line: usize,
    /// What it is.
    pub kind: WantedKind,
    /// A principal name, or a group's mail nickname.
    pub name: String,
    /// What people see.
    pub display_name: String,
    /// Where the user is, ISO 3166-1 alpha-2: no licence without it.
    pub usage_location: String,
    /// Licences by their part numbers, such as `SPE_E5`.
    pub licences: Vec<String>,
    /// Owners of a group, by principal name.
    pub owners: Vec<String>,
    /// Members of a group: principal names, or names of groups in the file.
    pub members: Vec<String>,
}

impl Wanted {
    /// Why it is not made but left to people; `None` where it can be made.
    pub fn held(&self) -> Option<&'static str> {
        match self.kind {
            // Graph makes security groups and Microsoft 365 groups only.
            WantedKind::MailGroup => Some("needs-exchange"),
            WantedKind::DynamicGroup if self.members.is_empty() => Some("members-not-reviewed"),
            _ => None,
        }
    }
}

/// The reason of a hold: an account has the name, and we did not make it.
pub const THERE_BEFORE: &str = "was-there-before";

/// What a person has to do about an identity that is held or failed; nothing where the tenant's own code says it all.
pub fn way_out(reason: &str) -> &'static str {
    match reason {
        "account-not-there" | "group-not-there" => {
            "it was made and is not found yet; make it again in some minutes"
        }
        "member-not-there" => "an owner or member could not be found; make those first",
        "sign-in-not-blocked" => {
            "block its sign-in, and see that nobody knows its password; then make it again"
        }
        "somebody-too-many" => {
            "somebody is in the group whom the file does not name; take them out, or name them"
        }
        super::NOT_A_GUEST => {
            "a member of the clean tenant has that address; name them as a user, or the guest by \
             another address"
        }
        "needs-exchange" => "Exchange makes it; name it in the map of principals afterwards",
        "members-not-reviewed" => "list the members that somebody reviewed, then make it again",
        THERE_BEFORE => {
            "an account of that name was there before; look whose it is, and name it in the map, \
             which is approved with the plan"
        }
        _ => "",
    }
}

const HEADER: [&str; 7] = [
    "kind",
    "name",
    "display_name",
    "usage_location",
    "licences",
    "owners",
    "members",
];
const ROWS_MAX: usize = 1_000_000;
const NICKNAME_MAX: usize = 64;

fn refuse(line: usize, rule: &str) -> MappingError {
    MappingError {
        line,
        rule: rule.to_owned(),
    }
}

fn list(text: &str) -> Vec<String> {
    let words = text.split(';').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Reads the file: `kind,name,display_name,usage_location,licences,owners,members`, lists divided by `;`. Accounts come first, then
/// groups, each behind the groups in it.
pub fn parse_wanted(text: &str) -> Result<Vec<Wanted>, MappingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let (first, header) = lines.next().ok_or_else(|| refuse(1, "the file is empty"))?;
    if fields(header).is_none_or(|header| header != HEADER) {
        let rule = format!("the header is `{}`", HEADER.join(","));
        return Err(refuse(first, &rule));
    }
    let mut rows: Vec<Wanted> = Vec::new();
    let mut names = BTreeSet::new();
    for (line, text) in lines {
        let row = fields(text).and_then(|fields| <[String; 7]>::try_from(fields).ok());
        let row = row.ok_or_else(|| refuse(line, "a row has seven fields"))?;
        let wanted = one(line, row)?;
        if !names.insert(wanted.name.to_ascii_lowercase()) {
            return Err(refuse(line, "the same name a second time"));
        }
        if rows.len() == ROWS_MAX {
            return Err(refuse(line, "more than 1,000,000 rows"));
        }
        rows.push(wanted);
    }
    ordered(rows)
}

/// A Microsoft 365 group as a row of the file would have it; lists are divided by `;`.
pub fn parse_group(
    name: &str,
    display_name: &str,
    owners: &str,
    members: &str,
) -> Result<Wanted, MappingError> {
    let kind = WantedKind::UnifiedGroup.name();
    let row = [kind, name, display_name, "", "", owners, members];
    let group = one(1, row.map(str::to_owned))?;
    let mut ordered = ordered(vec![group])?;
    ordered.pop().ok_or_else(|| refuse(1, "the file is empty"))
}

fn one(line: usize, row: [String; 7]) -> Result<Wanted, MappingError> {
    let [
        kind,
        name,
        display_name,
        usage_location,
        licences,
        owners,
        members,
    ] = row;
    let kind = WantedKind::parse(&kind).ok_or_else(|| {
        let rule = "a kind is user, shared-mailbox, security-group, m365-group, dynamic-group \
                    or mail-group";
        refuse(line, rule)
    })?;
    let wanted = Wanted {
        line,
        kind,
        name,
        display_name,
        usage_location,
        licences: list(&licences),
        owners: list(&owners),
        members: list(&members),
    };
    if wanted.display_name.is_empty() || wanted.display_name.chars().count() > 256 {
        return Err(refuse(line, "a display name has 1 to 256 letters"));
    }
    if kind.is_account() {
        check_account(line, &wanted)?;
    } else {
        check_group(line, &wanted)?;
    }
    Ok(wanted)
}

fn check_account(line: usize, wanted: &Wanted) -> Result<(), MappingError> {
    let (local, domain) = wanted.name.split_once('@').unwrap_or_default();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-'".contains(letter);
    if local.is_empty() || domain.is_empty() || !local.chars().all(fits) {
        return Err(refuse(line, "an account is named by a principal name"));
    }
    let place = wanted.usage_location.as_bytes();
    if place.len() != 2 || !place.iter().all(u8::is_ascii_uppercase) {
        let rule = "the usage location is a country's two capital letters (ISO 3166-1)";
        return Err(refuse(line, rule));
    }
    if wanted.owners.is_empty() && wanted.members.is_empty() {
        return Ok(());
    }
    Err(refuse(line, "an account has neither owners nor members"))
}

fn check_group(line: usize, wanted: &Wanted) -> Result<(), MappingError> {
    let refused = |letter: char| "@()\\[]\";:.<>, ".contains(letter) || !letter.is_ascii();
    if wanted.name.is_empty() || wanted.name.len() > NICKNAME_MAX || wanted.name.contains(refused) {
        let rule = "a group's name is a mail nickname: at most 64 letters, none of @()\\[]\";:.<>,";
        return Err(refuse(line, rule));
    }
    if !wanted.licences.is_empty() || !wanted.usage_location.is_empty() {
        return Err(refuse(line, "a group has neither licences nor a place"));
    }
    // Nobody could ever change one that an application made without an owner.
    if wanted.kind == WantedKind::UnifiedGroup && wanted.owners.is_empty() {
        return Err(refuse(line, "a Microsoft 365 group has an owner"));
    }
    Ok(())
}

/// Accounts first; each group behind the groups that are in it.
fn ordered(rows: Vec<Wanted>) -> Result<Vec<Wanted>, MappingError> {
    let (accounts, mut groups): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.kind.is_account());
    let names: BTreeMap<String, WantedKind> = groups
        .iter()
        .map(|group| (group.name.to_ascii_lowercase(), group.kind))
        .collect();
    for group in &groups {
        for member in &group.members {
            let inner = names.get(&member.to_ascii_lowercase());
            let unified = [Some(&WantedKind::UnifiedGroup), inner].contains(&Some(&group.kind));
            match inner {
                None if member.contains('@') => {}
                None => {
                    let rule = format!("{member}: neither a principal name nor a group in here");
                    return Err(refuse(group.line, &rule));
                }
                Some(_) if unified && group.kind == WantedKind::UnifiedGroup => {
                    return Err(refuse(
                        group.line,
                        "a Microsoft 365 group holds people only",
                    ));
                }
                Some(WantedKind::UnifiedGroup) => {
                    return Err(refuse(
                        group.line,
                        "a Microsoft 365 group is in no other group",
                    ));
                }
                Some(_) => {}
            }
        }
        if group.owners.iter().any(|owner| !owner.contains('@')) {
            return Err(refuse(group.line, "an owner is named by a principal name"));
        }
    }
    let mut done = accounts;
    let mut made: BTreeSet<String> = BTreeSet::new();
    while !groups.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| {
            let inner = group.members.iter().map(|one| one.to_ascii_lowercase());
            inner
                .filter(|one| names.contains_key(one))
                .all(|one| made.contains(&one))
        });
        if ready.is_empty() {
            let line = waiting.first().map_or(0, |group| group.line);
            return Err(refuse(line, "the group is in itself, through others"));
        }
        made.extend(ready.iter().map(|group| group.name.to_ascii_lowercase()));
        done.extend(ready);
        groups = waiting;
    }
    Ok(done)
}

/// A licence of the clean tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Its id there.
    pub sku: String,
    /// Its part number.
    pub part: String,
    /// How many are left.
    pub free: u64,
}

/// What the tenant does not have enough of: the part number, how many are needed, how many are free.
pub fn shortfall(wanted: &[&Wanted], licences: &[Licence]) -> Vec<(String, u64, u64)> {
    let mut needed = BTreeMap::<&str, u64>::new();
    for licence in wanted.iter().flat_map(|one| &one.licences) {
        *needed.entry(licence).or_default() += 1;
    }
    let free = |part: &str| {
        let known = licences.iter().filter(|licence| licence.part == part);
        known.map(|licence| licence.free).sum::<u64>()
    };
    let short = needed
        .into_iter()
        .map(|(part, count)| (part, count, free(part)));
    short
        .filter(|(_, count, free)| count > free)
        .map(|(part, count, free)| (part.to_owned(), count, free))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "kind,name,display_name,usage_location,licences,owners,members\n";

    fn read(rows: &str) -> Result<Vec<Wanted>, MappingError> {
        parse_wanted(&format!("{HEAD}{rows}"))
    }

    #[test]
    fn users_come_first_and_groups_behind_what_is_in_them() {
        let rows = read(
            "security-group,outer,Outer,,,,inner;ann@new.example\n\
             security-group,inner,Inner,,,ann@new.example,bob@new.example\n\
             shared-mailbox,desk@new.example,Desk,DE,,,\n\
             user,ann@new.example,Ann,DE,SPE_E5;FLOW_FREE,,\n",
        );
        let rows = rows.expect("good");
        let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
        assert_eq!(
            names,
            ["desk@new.example", "ann@new.example", "inner", "outer"]
        );
        assert_eq!(rows[1].licences, ["SPE_E5", "FLOW_FREE"]);
    }

    #[test]
    fn each_rule_names_its_line() {
        for (rows, rule) in [
            ("user,ann,Ann,DE,,,", "principal name"),
            ("user,ann@new,Ann,de,,,", "two capital letters"),
            ("shared-mailbox,desk,Desk,DE,,,", "principal name"),
            (
                "shared-mailbox,desk@new,Desk,DE,,,ann@new",
                "neither owners",
            ),
            ("user,ann@new,,DE,,,", "display name"),
            ("user,ann@new,Ann,DE,,bob@new,", "neither owners"),
            ("robot,ann@new,Ann,DE,,,", "a kind is"),
            ("m365-group,team,Team,,,,ann@new", "has an owner"),
            ("m365-group,a.b,Team,,,ann@new,", "mail nickname"),
            ("security-group,a,A,,SPE_E5,,", "neither licences"),
            ("security-group,a,A,,,,b", "neither a principal name"),
            ("security-group,a,A,,,b,", "an owner is named"),
            (
                "security-group,a,A,,,,b\nsecurity-group,b,B,,,,a",
                "in itself",
            ),
            (
                "m365-group,a,A,,,x@y,b\nsecurity-group,b,B,,,,",
                "people only",
            ),
            (
                "security-group,a,A,,,,b\nm365-group,b,B,,,x@y,",
                "in no other group",
            ),
            ("user,a@b,A,DE,,,\nuser,A@B,A,DE,,,", "a second time"),
            ("user,a@b", "seven fields"),
        ] {
            let refused = read(rows).expect_err(rows);
            assert!(refused.rule.contains(rule), "{rows}: {refused}");
            assert!(refused.line >= 2);
        }
        assert!(parse_wanted("a,b\n").is_err() && parse_wanted("").is_err());
    }

    #[test]
    fn what_graph_cannot_make_or_nobody_reviewed_is_left_to_people() {
        let rows = read("mail-group,list,List,,,,a@b\ndynamic-group,all,All,,,,\n");
        let held: Vec<_> = rows.expect("good").iter().map(Wanted::held).collect();
        assert_eq!(held, [Some("needs-exchange"), Some("members-not-reviewed")]);
        let reviewed = read("dynamic-group,all,All,,,,a@b\n").expect("good");
        assert_eq!(reviewed[0].held(), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_read_panics(text in "(?s).{0,200}") {
            let _ = parse_wanted(&text);
            let _ = parse_wanted(&format!("{HEAD}{text}"));
        }
    }

    #[test]
    fn licences_are_counted_before_anything_is_made() {
        let rows = read("user,a@b,A,DE,E5,,\nuser,c@b,C,DE,E5;F1,,\n").expect("good");
        let wanted: Vec<&Wanted> = rows.iter().collect();
        let licence = |part: &str, free| Licence {
            sku: part.to_lowercase(),
            part: part.to_owned(),
            free,
        };
        let short = shortfall(&wanted, &[licence("E5", 1)]);
        assert_eq!(short, [("E5".to_owned(), 2, 1), ("F1".to_owned(), 1, 0)]);
        assert_eq!(
            shortfall(&wanted, &[licence("E5", 2), licence("F1", 9)]),
            []
        );
    }
}
