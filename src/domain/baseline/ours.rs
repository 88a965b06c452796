//! C28 to C32: what no tool checks, our own hands too.

use super::super::evidence::check_age;
use super::super::finding::Look;
use super::super::pseudonym::Pseudonym;
use super::super::separation::search::tokens_in;

/// A certificate holds for at most a week, as Graph's own `validate` does.
const CERTIFICATE_HOURS: u32 = 7 * 24;

/// C28. Guests, apps and connectors have checks of their own (C18, C19, C21): here it is groups and access lists.
pub(super) fn negative_provenance(look: &mut Look<'_>) {
    let old = &look.expected().old;
    if old.tenant_id.is_empty() || (old.domains.is_empty() && old.moved.is_empty()) {
        look.missing(
            "the compromised tenant",
            "its GUID and domains are not pinned",
        );
        return;
    }
    let groups = look.list("/groups");
    for group in &groups {
        for token in tokens_in(group.value(), old) {
            look.fail(
                group.name(),
                format!("{} names {}", token.place, token.text),
            );
        }
        let id = group.text("id").unwrap_or_default();
        for list in ["members", "owners"] {
            for member in look.list(&format!("/groups/{id}/{list}")) {
                // A guest of the compromised tenant is C19's, wherever they are a member.
                let upn = member.text("userPrincipalName").unwrap_or_default();
                if old.invited(upn) {
                    continue;
                }
                for token in tokens_in(member.value(), old) {
                    look.fail(
                        group.name(),
                        format!("{list}: {} names {}", member.name(), token.text),
                    );
                }
            }
        }
    }
    for site in look.list("/sites/getAllSites") {
        let id = site.text("id").unwrap_or_default();
        for row in look.list(&format!("/sites/{id}/permissions")) {
            for token in tokens_in(row.value(), old) {
                look.fail(site.name(), format!("{} names {}", token.place, token.text));
            }
        }
    }
}

/// C29.
pub(super) fn workstation(look: &mut Look<'_>) {
    look.attested("admin-workstation");
}

/// C30.
pub(super) fn evidence_files(look: &mut Look<'_>) {
    let evidence = look.evidence();
    if evidence.files.is_empty() {
        look.missing("evidence files", "none was brought");
    }
    for file in &evidence.files {
        let name = file.name.clone();
        let is_digest =
            file.digest.len() == 64 && file.digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_digest {
            look.fail(name.clone(), "is not hashed");
        }
        if !file
            .tenant_id
            .eq_ignore_ascii_case(&evidence.expected.tenant_id)
        {
            look.fail(name.clone(), format!("speaks of tenant {}", file.tenant_id));
        }
        if file.tool.is_empty() || file.version.is_empty() {
            look.fail(
                name.clone(),
                "does not say which tool, in which version, made it",
            );
        }
        if let Err(why) = check_age(file.taken_at, evidence.now) {
            look.fail(name, why);
        }
    }
}

/// C31.
pub(super) fn certification(look: &mut Look<'_>) {
    let rule = &look.expected().certification;
    let mut people: Vec<&String> = rule.certifiers.iter().collect();
    people.sort();
    people.dedup();
    if rule.certifiers.is_empty() {
        look.missing("certifiers", "nobody was named");
        return;
    }
    for person in &people {
        if Pseudonym::parse(person).is_none() {
            let why = "is no person's pseudonym as the keys have it: a-z, 0-9 and hyphens";
            look.fail((*person).clone(), why);
        }
    }
    if people.len() < 2 || rule.needed < 2 {
        let why = format!(
            "{} named, {} must sign; two are the least",
            people.len(),
            rule.needed
        );
        look.fail("certifiers", why);
    }
    if rule.needed as usize > people.len() {
        look.fail(
            "certifiers",
            format!(
                "{} must sign and only {} are named",
                rule.needed,
                people.len()
            ),
        );
    }
    if rule.hours == 0 || rule.hours > CERTIFICATE_HOURS {
        look.fail(
            "certificate",
            format!(
                "would hold for {} hours; {CERTIFICATE_HOURS} are the most",
                rule.hours
            ),
        );
    }
}

/// C32.
pub(super) fn waivers(look: &mut Look<'_>) {
    let evidence = look.evidence();
    for waiver in &evidence.waivers {
        if let Err(refusal) = waiver.check_form() {
            look.fail(
                format!("waiver of {} for {}", waiver.check, waiver.object),
                refusal.to_string(),
            );
        }
    }
    look.note(format!("{} waivers", evidence.waivers.len()));
}
