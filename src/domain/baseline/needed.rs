//! The application permissions that our three applications may need, from the permissions reference of Graph v1.0: provision,
//! data, verify. Whatever else one of them holds is a way in that no step of a restore takes.
//! <https://learn.microsoft.com/graph/permissions-reference>

/// Makes users, groups, licences, domains.
const PROVISION: [&str; 11] = [
    "Domain.ReadWrite.All",
    "Group.Create",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "User.Create",
    "User.Invite.All",
    "User.ReadWrite.All",
    "UserAuthMethod-TAP.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
];

/// Writes content.
const DATA: [&str; 24] = [
    "Calendars.ReadWrite",
    "Channel.Create",
    "Channel.ReadBasic.All",
    "ChannelMember.ReadWrite.All",
    "Chat.Create",
    "Chat.ReadWrite.All",
    "Contacts.ReadWrite",
    "Files.ReadWrite.All",
    "Group.ReadWrite.All",
    "Mail-Advanced.ReadWrite.All",
    "Mail.ReadWrite",
    "MailboxFolder.ReadWrite.All",
    "MailboxItem.ImportExport.All",
    "MailboxSettings.ReadWrite",
    "Organization.Read.All",
    "Sites.FullControl.All",
    "Sites.Manage.All",
    "Sites.ReadWrite.All",
    "Tasks.ReadWrite.All",
    "Team.Create",
    "TeamMember.ReadWrite.All",
    "TeamSettings.ReadWrite.All",
    "Teamwork.Migrate.All",
    "User.Read.All",
];

/// Whether a permission is one that a step of ours takes. One that only reads is the application's that looks: what it may read
/// beyond that is C13's and S2's.
pub(super) fn is_needed(role: &str) -> bool {
    let mut all = PROVISION.iter().chain(&DATA);
    all.any(|one| one.eq_ignore_ascii_case(role)) || !super::known::is_write(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_step_takes_is_not_needed() {
        for needed in ["Mail.ReadWrite", "Domain.ReadWrite.All", "Policy.Read.All"] {
            assert!(is_needed(needed), "{needed}");
        }
        for other in [
            "RoleManagement.ReadWrite.Directory",
            "AppRoleAssignment.ReadWrite.All",
            "Application.ReadWrite.All",
            "Directory.ReadWrite.All",
            "Mail.Send",
            "full_access_as_app",
        ] {
            assert!(!is_needed(other), "{other}");
        }
    }
}
