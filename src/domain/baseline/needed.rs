//! The application permissions that our three applications need, from the permissions reference of Graph v1.0. Whatever else one of
//! them holds is a way in that no step of a restore takes, and so is a right of one in the hands of another.
//! <https://learn.microsoft.com/graph/permissions-reference>

/// Makes users, guests, groups and domains; looks whom a policy keeps out before it does, and afterwards whether a drive and what
/// kind of mailbox is there.
const PROVISION: [&str; 10] = [
    "Domain.ReadWrite.All",
    "Files.Read.All",
    "Group.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "MailboxSettings.Read",
    "Organization.Read.All",
    "Policy.Read.All",
    "User.ReadWrite.All",
    "UserAuthMethod-TAP.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
];

/// Writes content.
const DATA: [&str; 18] = [
    "Calendars.ReadWrite",
    "ChannelMember.ReadWrite.All",
    "ChannelMessage.Read.All",
    "Chat.Create",
    "Chat.Read.All",
    "Contacts.ReadWrite",
    "Files.ReadWrite.All",
    "Group.ReadWrite.All",
    "Mail.ReadWrite",
    "Organization.Read.All",
    "Sites.FullControl.All",
    "Sites.Manage.All",
    "Sites.ReadWrite.All",
    "Sites.Selected",
    "Tasks.ReadWrite.All",
    "TeamMember.ReadWrite.All",
    "Teamwork.Migrate.All",
    "User.Read.All",
];

/// Looks.
const VERIFY: [&str; 17] = [
    "Application.Read.All",
    "AuditLog.Read.All",
    "Calendars.Read",
    "Directory.Read.All",
    "ExternalConnection.Read.All",
    "Files.Read.All",
    "IdentityProvider.Read.All",
    "IdentityUserFlow.Read.All",
    "MailboxSettings.Read",
    "MultiTenantOrganization.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagementPolicy.Read.Directory",
    "SharePointTenantSettings.Read.All",
    "Sites.FullControl.All",
    "User.Read.All",
];

/// Our applications by what they are for, each with the most that it may hold.
pub const OUR_APPS: [(&str, &[&str]); 3] = [
    ("provision", &PROVISION),
    ("data", &DATA),
    ("verify", &VERIFY),
];

/// What of the rights that one application holds goes beyond the one of ours that takes most of them, each with the reason.
pub(super) fn beyond<'r>(held: &[&'r str]) -> Vec<(&'r str, String)> {
    let takes = |app: &[&str], role: &str| app.iter().any(|one| one.eq_ignore_ascii_case(role));
    let count = |app: &[&str]| held.iter().filter(|role| takes(app, role)).count();
    // Of two that take as much the first counts: which of the rights is one too many, nobody can say.
    let mut is = OUR_APPS[0];
    for app in OUR_APPS {
        if count(app.1) > count(is.1) {
            is = app;
        }
    }
    let mut found = Vec::new();
    for role in held.iter().filter(|role| !takes(is.1, role)) {
        let other = OUR_APPS.iter().find(|(_, app)| takes(app, role));
        found.push(match other {
            Some((other, _)) => (
                *role,
                format!("which our application {other} takes; this one is {}", is.0),
            ),
            None => (*role, "which no step of ours takes".to_owned()),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_step_takes_is_beyond_every_application() {
        for (_, rights) in OUR_APPS {
            assert_eq!(beyond(rights), []);
        }
        for other in [
            "RoleManagement.ReadWrite.Directory",
            "AppRoleAssignment.ReadWrite.All",
            "Application.ReadWrite.All",
            "Directory.ReadWrite.All",
            "Mail.Send",
            "Mail.Read",
            "full_access_as_app",
        ] {
            let found = beyond(&["Mail.ReadWrite", other]);
            assert_eq!(
                found,
                [(other, "which no step of ours takes".to_owned())],
                "{other}"
            );
        }
    }

    #[test]
    fn a_right_of_another_of_our_applications_is_beyond_this_one() {
        let found = beyond(&[
            "Mail.ReadWrite",
            "Contacts.ReadWrite",
            "Domain.ReadWrite.All",
        ]);
        let why = "which our application provision takes; this one is data";
        assert_eq!(found, [("Domain.ReadWrite.All", why.to_owned())]);
        let found = beyond(&["Policy.Read.All", "AuditLog.Read.All", "mail.readwrite"]);
        let why = "which our application data takes; this one is verify";
        assert_eq!(found, [("mail.readwrite", why.to_owned())]);
        // What several take belongs to each of them.
        assert_eq!(
            beyond(&["Organization.Read.All", "Group.ReadWrite.All"]),
            []
        );
    }
}
