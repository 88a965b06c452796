//! The quotas as Microsoft documents them, and which of them a lane draws on. Numbers only; sources beside them.

use chrono::TimeDelta;

use super::Lane;
use super::meter::PACED_UP_TO;

/// How many licences the tenant has; SharePoint's quotas follow from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LicenceTier {
    /// Up to 1,000.
    #[default]
    UpTo1k,
    /// 1,001 to 5,000.
    UpTo5k,
    /// 5,001 to 15,000.
    UpTo15k,
    /// 15,001 to 50,000.
    UpTo50k,
    /// More than 50,000.
    Over50k,
}

impl LicenceTier {
    /// The tier of a tenant with that many licences.
    pub fn of(licences: u64) -> Self {
        match licences {
            0..=1_000 => Self::UpTo1k,
            1_001..=5_000 => Self::UpTo5k,
            5_001..=15_000 => Self::UpTo15k,
            15_001..=50_000 => Self::UpTo50k,
            _ => Self::Over50k,
        }
    }
}

/// The quotas in force, as documented.
/// <https://learn.microsoft.com/graph/throttling-limits>,
/// <https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Nothing is paced; what the service answers is honoured all the same. For a simulated tenant.
    pub unpaced: bool,
    /// Outlook: requests per mailbox in ten minutes.
    pub mailbox_requests: u64,
    /// Outlook: uploaded bytes per mailbox in five minutes.
    pub mailbox_upload_bytes: u64,
    /// Outlook: requests to one mailbox at the same time.
    pub mailbox_concurrent: usize,
    /// SharePoint: resource units of the app in a minute.
    pub sharepoint_units_minute: u64,
    /// SharePoint: resource units of the app in a day.
    pub sharepoint_units_day: u64,
    /// SharePoint: resource units of all apps of the tenant in five minutes.
    pub sharepoint_units_tenant: u64,
    /// SharePoint: bytes in an hour, each way.
    pub sharepoint_bytes: u64,
    /// SharePoint: calls of the sharing interfaces in five minutes.
    pub sharepoint_sharing: u64,
    /// SharePoint: files that are written at the same time; no limit is documented, large numbers get throttled.
    pub sharepoint_concurrent: usize,
    /// The directory: resource units in ten seconds.
    pub directory_units: u64,
    /// The directory: writes in two and a half minutes.
    pub directory_writes: u64,
}

impl Quotas {
    /// The documented quotas for a tenant of that size.
    pub fn documented(tier: LicenceTier) -> Self {
        let (minute, day, tenant) = match tier {
            LicenceTier::UpTo1k => (1_250, 1_200_000, 18_750),
            LicenceTier::UpTo5k => (2_500, 2_400_000, 37_500),
            LicenceTier::UpTo15k => (3_750, 3_600_000, 56_250),
            LicenceTier::UpTo50k => (5_000, 4_800_000, 75_000),
            LicenceTier::Over50k => (6_250, 6_000_000, 93_750),
        };
        Self {
            unpaced: false,
            mailbox_requests: 10_000,
            mailbox_upload_bytes: 150_000_000,
            mailbox_concurrent: 4,
            sharepoint_units_minute: minute,
            sharepoint_units_day: day,
            sharepoint_units_tenant: tenant,
            sharepoint_bytes: 400_000_000_000,
            sharepoint_sharing: 300,
            sharepoint_concurrent: 10,
            // The smallest tenants get 3,500; those are new here, and may be counted small.
            directory_units: 3_500,
            directory_writes: 3_000,
        }
    }

    /// For a simulated tenant: as fast as it answers.
    pub fn unpaced() -> Self {
        Self {
            unpaced: true,
            sharepoint_concurrent: usize::MAX,
            ..Self::default()
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self::documented(LicenceTier::default())
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Bytes of answers.
    DownloadBytes,
    /// HTTP requests.
    Requests,
    /// Resource units, as the service defines them.
    ResourceUnits,
    /// Calls that share something.
    Sharing,
    /// Bytes of request bodies.
    UploadBytes,
    /// Requests that change something.
    Writes,
}

/// Who shares a quota.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One channel.
    Channel(String),
    /// All apps of the tenant.
    ConditionalAccess,
    /// App and tenant.
    Directory,
    /// The app, over all services.
    Everything,
    /// App and mailbox.
    Mailbox(String),
    /// App and tenant.
    SharePointApp,
    /// All apps of the tenant.
    SharePointTenant,
    /// One team.
    Team(String),
    /// App and tenant.
    TeamsMessages,
    /// App and tenant.
    TeamsWrites,
}

/// One documented quota.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Documented {
    /// Who shares it.
    pub scope: Scope,
    /// What is counted.
    pub measure: Measure,
    /// How much of it.
    pub quota: u64,
    /// In how long.
    pub length: TimeDelta,
}

impl Documented {
    /// Whether it is too long to be spent evenly: a small restore is not spread over a day.
    pub fn is_long(&self) -> bool {
        self.length > PACED_UP_TO
    }

    /// For people: `SharePoint: 1,200,000 resource units a day, for the app`.
    pub fn words(&self) -> String {
        let (service, whose) = match self.scope {
            Scope::Channel(_) => ("Teams", "of a channel"),
            Scope::ConditionalAccess => ("conditional access", "for the tenant"),
            Scope::Directory => ("directory", "for the app"),
            Scope::Everything => ("Microsoft Graph", "for the app"),
            Scope::Mailbox(_) => ("Exchange", "of a mailbox"),
            Scope::SharePointApp => ("SharePoint", "for the app"),
            Scope::SharePointTenant => ("SharePoint", "for the tenant"),
            Scope::Team(_) => ("Teams", "of a team"),
            Scope::TeamsMessages | Scope::TeamsWrites => ("Teams", "for the app"),
        };
        let what = match self.measure {
            Measure::DownloadBytes => "bytes downloaded",
            Measure::Requests => "requests",
            Measure::ResourceUnits => "resource units",
            Measure::Sharing => "sharing calls",
            Measure::UploadBytes => "bytes uploaded",
            Measure::Writes => "writes",
        };
        let time = match self.length.num_seconds() {
            1 => "a second".to_owned(),
            60 => "a minute".to_owned(),
            3_600 => "an hour".to_owned(),
            86_400 => "a day".to_owned(),
            seconds if seconds % 60 == 0 => format!("in {} minutes", seconds / 60),
            seconds => format!("in {seconds} seconds"),
        };
        format!("{service}: {} {what} {time} {whose}", grouped(self.quota))
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The quotas that a lane draws on.
pub fn of_lane(quotas: &Quotas, lane: &Lane) -> Vec<Documented> {
    use Measure::{DownloadBytes, Requests, ResourceUnits, Sharing, UploadBytes, Writes};
    if quotas.unpaced {
        return Vec::new();
    }
    let one = |scope, measure, quota, seconds: i64| Documented {
        scope,
        measure,
        quota,
        length: TimeDelta::seconds(seconds),
    };
    let mut all = match lane {
        Lane::Mailbox(user) => {
            let mailbox = || Scope::Mailbox(user.clone());
            vec![
                one(mailbox(), Requests, quotas.mailbox_requests, 600),
                one(mailbox(), UploadBytes, quotas.mailbox_upload_bytes, 300),
            ]
        }
        Lane::SharePoint => {
            let (app, units) = (|| Scope::SharePointApp, ResourceUnits);
            let tenant = quotas.sharepoint_units_tenant;
            vec![
                one(app(), units, quotas.sharepoint_units_minute, 60),
                one(app(), units, quotas.sharepoint_units_day, 86_400),
                one(Scope::SharePointTenant, units, tenant, 300),
                one(app(), UploadBytes, quotas.sharepoint_bytes, 3_600),
                one(app(), DownloadBytes, quotas.sharepoint_bytes, 3_600),
                one(app(), Sharing, quotas.sharepoint_sharing, 300),
            ]
        }
        Lane::Directory => vec![
            one(Scope::Directory, ResourceUnits, quotas.directory_units, 10),
            one(Scope::Directory, Writes, quotas.directory_writes, 150),
        ],
        Lane::ConditionalAccess => vec![one(Scope::ConditionalAccess, Requests, 1, 1)],
        Lane::TeamsImport { team, channel } => vec![
            one(Scope::Channel(channel.clone()), Writes, 5, 1),
            one(Scope::Team(team.clone()), Requests, 4, 1),
            one(Scope::TeamsMessages, Writes, 50, 1),
        ],
        Lane::Team(team) => vec![
            one(Scope::Team(team.clone()), Requests, 4, 1),
            one(Scope::TeamsWrites, Writes, 30, 1),
        ],
    };
    all.push(one(Scope::Everything, Requests, 130_000, 10));
    all
}
