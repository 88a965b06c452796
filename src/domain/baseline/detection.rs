//! C26 and C27: whether anybody would notice.

use super::super::evidence::check_age;
use super::super::evidence::object::Object;
use super::super::finding::Look;
use super::known::owned_domains;

/// C26 (MS.SECURITYSUITE.5.1, MS.EXO.13.1, MS.AAD.4.1). Retention, the way to a SOC and alerts are vouched for: no read shows them.
pub(super) fn audit(look: &mut Look<'_>) {
    const ON: &str = "UnifiedAuditLogIngestionEnabled";
    if let Some(config) = look.setting("AdminAuditLogConfig")
        && look.flag(config, "Get-AdminAuditLogConfig", ON) == Some(false)
    {
        look.fail(ON, "unified audit is off");
    }
    if let Some(config) = look.setting("OrganizationConfig")
        && look.flag(config, "Get-OrganizationConfig", "AuditDisabled") == Some(true)
    {
        look.fail("AuditDisabled", "mailboxes are not audited");
    }
    for what in ["audit-retention", "logs-to-soc"] {
        look.attested(what);
    }
    // ScubaGear looks at the alerts themselves; where it did, nobody need vouch for them.
    let evidence = look.evidence();
    let of_today = evidence.scuba.as_ref().filter(|report| {
        let of_tenant = &evidence.expected.tenant_id;
        report.tenant_id.eq_ignore_ascii_case(of_tenant)
            && check_age(report.taken_at, evidence.now).is_ok()
    });
    if !of_today.is_some_and(|report| report.passed(&["MS.SECURITYSUITE.4.1", "MS.DEFENDER.5.1"])) {
        look.attested("alerts");
    }
}

/// C27 (MS.SECURITYSUITE.1.1 to 1.5). A preset that is on and covers nobody protects nobody.
pub(super) fn presets(look: &mut Look<'_>) {
    const STRICT: &str = "Strict Preset Security Policy";
    for noun in ["EOPProtectionPolicyRule", "ATPProtectionPolicyRule"] {
        let rows = look.section(noun);
        if look.evidence().section(noun).is_err() {
            continue;
        }
        let mut covers_all = false;
        for preset in ["Standard Preset Security Policy", STRICT] {
            let is_it = |row: &&Object<'_>| row.text("Identity") == Some(preset);
            let rule = rows.iter().find(is_it);
            match rule.and_then(|row| Some((row, row.text("State")?))) {
                Some((rule, "Enabled")) => {
                    let covered = Covered::of(look, *rule);
                    covers_all |= covered == Covered::Everybody;
                    if preset == STRICT && covered == Covered::Nobody {
                        look.fail(
                            format!("{noun}: sensitive accounts"),
                            "the strict preset names nobody of this tenant",
                        );
                    }
                }
                Some((_, state)) => look.fail(preset, format!("Get-{noun}: is {state}")),
                None => look.fail(preset, format!("Get-{noun}: there is none")),
            }
        }
        if !covers_all {
            look.fail(
                format!("{noun}: everybody"),
                "no preset that is on covers all recipients",
            );
        }
    }
}

/// Whom a preset's rule covers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Covered {
    Everybody,
    Some,
    Nobody,
}

impl Covered {
    fn of(look: &mut Look<'_>, rule: Object<'_>) -> Self {
        const EXCEPT: [&str; 3] = [
            "ExceptIfSentTo",
            "ExceptIfSentToMemberOf",
            "ExceptIfRecipientDomainIs",
        ];
        let named = rule.is_filled("SentTo") || rule.is_filled("SentToMemberOf");
        let excepted = EXCEPT.iter().any(|field| rule.is_filled(field));
        let mut own = true;
        let mut all = true;
        // The conditions of one rule hold together: whoever is named must lie in the domains too.
        if rule.is_filled("RecipientDomainIs") {
            let domains = rule.texts("RecipientDomainIs");
            let known = owned_domains(look).domains;
            let is_in =
                |domain: &String| domains.iter().any(|one| one.eq_ignore_ascii_case(domain));
            own = known.iter().any(is_in);
            all = own && known.iter().all(is_in);
        }
        match (own, all && !named && !excepted) {
            (_, true) => Self::Everybody,
            (true, false) => Self::Some,
            (false, false) => Self::Nobody,
        }
    }
}
