//! The end of a case: our own applications are gone, the tenant is separate, and nothing happens any more. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::event::{CaseClosed, ClosedFacts, Event, OurAppsChecked};

/// How old the last looks may be: what an administrator changed since is not in them.
pub const LOOK_HOURS_MAX: i64 = 24;

/// What is asked at the end.
#[derive(Clone, Debug, PartialEq)]
pub enum ClosingCommand {
    /// Say whether our own applications are gone.
    CheckApps(OurAppsChecked),
    /// Close the case.
    Close(CaseClosed, ClosedFacts),
}

/// How a case ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// The newest look at our own applications.
    pub apps: Option<OurAppsChecked>,
    /// The end itself.
    pub closed: Option<(CaseClosed, ClosedFacts)>,
}

impl Closing {
    /// Takes an event in.
    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::OurAppsChecked(data, _) => self.apps = Some((**data).clone()),
            Event::CaseClosed(data, facts) => {
                self.closed = Some(((**data).clone(), (**facts).clone()));
            }
            _ => {}
        }
    }
}

/// Whether a look is of the last day; one of the future is none.
pub(super) fn is_recent(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now && now - at <= TimeDelta::hours(LOOK_HOURS_MAX)
}

/// What is read to tell whether a way in for us is left.
pub const LEFT_PATHS: [&str; 4] = [
    "/applications",
    "/servicePrincipals",
    "/roleManagement/directory/roleAssignments",
    "/oauth2PermissionGrants",
];

/// The app ids that are ours.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    /// Without that of the application that looks.
    pub apps: &'a [String],
}

/// What is left of ours in the answers, by path: registrations, principals, their roles and grants. An answer that is no
/// collection, or a row without the id that it is known by, is no proof that something is gone.
pub fn left(ours: &Ours<'_>, answers: &Map<String, Value>) -> Result<Vec<String>, String> {
    let rows = |path: &str| {
        let rows = answers
            .get(path)
            .and_then(|one| one["body"]["value"].as_array());
        rows.ok_or_else(|| format!("{path}: the answer is no collection"))
    };
    let mut found = Vec::new();
    let mut principals = Vec::new();
    for (path, what) in [
        ("/applications", "application"),
        ("/servicePrincipals", "principal"),
    ] {
        for row in rows(path)? {
            let app = row["appId"].as_str();
            let app = app.ok_or_else(|| format!("{path}: a row without appId"))?;
            if !ours.apps.iter().any(|one| one.eq_ignore_ascii_case(app)) {
                continue;
            }
            let name = row["displayName"].as_str().unwrap_or_default();
            found.push(format!("{what} {app} {name}"));
            principals.extend(row["id"].as_str());
        }
    }
    for (path, of) in [
        ("/roleManagement/directory/roleAssignments", "principalId"),
        ("/oauth2PermissionGrants", "clientId"),
    ] {
        for row in rows(path)? {
            let id = row[of].as_str();
            let id = id.ok_or_else(|| format!("{path}: a row without {of}"))?;
            let app = row["principal"]["appId"].as_str().unwrap_or_default();
            let is_ours = ours.apps.iter().any(|one| one.eq_ignore_ascii_case(app));
            if is_ours || principals.contains(&id) {
                found.push(format!("{path} {}", row["id"].as_str().unwrap_or(id)));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers() -> Map<String, Value> {
        let ours = json!({ "id": "sp1", "appId": "A1", "displayName": "unbroken data" });
        let other = json!({ "id": "sp2", "appId": "b2", "displayName": "viewer" });
        let role = json!({ "id": "r1", "principalId": "sp1" });
        let grant = json!({ "id": "g1", "clientId": "sp2" });
        let all = [vec![], vec![ours, other], vec![role], vec![grant]];
        let said = LEFT_PATHS.into_iter().zip(all);
        said.map(|(path, rows)| (path.to_owned(), json!({ "body": { "value": rows } })))
            .collect()
    }

    #[test]
    fn what_is_left_is_named_and_nobody_elses() {
        let apps = ["a1".to_owned()];
        let ours = Ours { apps: &apps };
        let found = left(&ours, &answers()).expect("answers");
        assert_eq!(
            found,
            [
                "principal A1 unbroken data",
                "/roleManagement/directory/roleAssignments r1"
            ]
        );
        let gone = ["c3".to_owned()];
        assert_eq!(left(&Ours { apps: &gone }, &answers()), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_answer_is_no_proof() {
        let apps = ["a1".to_owned()];
        let ours = Ours { apps: &apps };
        for path in LEFT_PATHS {
            let mut without = answers();
            without.remove(path);
            assert!(left(&ours, &without).is_err(), "{path}");
            let mut nameless = answers();
            nameless.insert(path.to_owned(), json!({ "body": { "value": [{}] } }));
            assert!(left(&ours, &nameless).is_err(), "{path}");
        }
    }
}
