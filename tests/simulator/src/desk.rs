//! The tenant without a socket: a test asks it in its own process, request by request, and looks after each.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::access::AccessChange;
use crate::answer::Body;
use crate::clock::ClockMode;
use crate::config::TenantSpec;
use crate::request::{Request, decode_pairs};
use crate::route;
use crate::tenant::Tenant;

/// Every application permission that a restore asks for here.
const ROLES: [&str; 6] = [
    "Files.ReadWrite.All",
    "Group.ReadWrite.All",
    "Mail.ReadWrite",
    "Sites.FullControl.All",
    "User.Invite.All",
    "User.ReadWrite.All",
];

/// A tenant in the process.
#[derive(Debug)]
pub struct Desk(Tenant);

impl Desk {
    /// Starts with the users of the specification, and looks at access after every request.
    pub fn new(tenant: TenantSpec, seed: u64) -> Self {
        let base = "http://127.0.0.1".to_owned();
        let mut tenant = Tenant::new(tenant, seed, ClockMode::default(), base);
        tenant.access.start_recording();
        Self(tenant)
    }

    /// One request with a JSON body, or none: `POST`, `/v1.0/groups`.
    pub fn ask(&mut self, method: &str, url: &str, body: &Value) -> (u16, Value) {
        let kind = "application/json".to_owned();
        self.send(method, url, kind, body.to_string().into_bytes())
    }

    /// One request with bytes.
    pub fn put(&mut self, url: &str, content: Vec<u8>) -> (u16, Value) {
        let kind = "application/octet-stream".to_owned();
        self.send("PUT", url, kind, content)
    }

    fn send(&mut self, method: &str, url: &str, kind: String, body: Vec<u8>) -> (u16, Value) {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: decode_pairs(query),
            headers: [("content-type".to_owned(), kind)].into(),
            body,
            roles: ROLES.map(str::to_owned).to_vec(),
            app: "desk".to_owned(),
        };
        let answer = route::answer(&mut self.0, &request);
        match answer.body {
            Body::Json(value) => (answer.status, value),
            Body::Bytes(..) | Body::Disk(..) | Body::Empty => (answer.status, Value::Null),
        }
    }

    /// What each request changed in who may do what, oldest first.
    pub fn access_history(&self) -> &[AccessChange] {
        self.0.access.history()
    }

    /// By the drive's owner and the path, who may do what now.
    pub fn effective_access(&self) -> BTreeMap<(String, String), BTreeMap<String, String>> {
        self.0.effective_access()
    }
}
