//! C26 and C27: whether anybody would notice.

use super::super::finding::Look;

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
    let of_tenant = evidence.scuba.as_ref().filter(|report| {
        report
            .tenant_id
            .eq_ignore_ascii_case(&evidence.expected.tenant_id)
    });
    if !of_tenant.is_some_and(|report| report.passed(&["MS.SECURITYSUITE.4.1", "MS.DEFENDER.5.1"]))
    {
        look.attested("alerts");
    }
}

/// C27 (MS.SECURITYSUITE.1.1).
pub(super) fn presets(look: &mut Look<'_>) {
    for noun in ["EOPProtectionPolicyRule", "ATPProtectionPolicyRule"] {
        let rows = look.section(noun);
        if look.evidence().section(noun).is_err() {
            continue;
        }
        for preset in [
            "Standard Preset Security Policy",
            "Strict Preset Security Policy",
        ] {
            let is_it = |row: &&super::super::evidence::object::Object<'_>| {
                row.text("Identity") == Some(preset)
            };
            match rows.iter().find(is_it).and_then(|row| row.text("State")) {
                Some("Enabled") => {}
                Some(state) => look.fail(preset, format!("Get-{noun}: is {state}")),
                None => look.fail(preset, format!("Get-{noun}: there is none")),
            }
        }
    }
}
