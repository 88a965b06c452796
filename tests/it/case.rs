//! A case from outside: the program as a person starts it, against a simulated tenant in the test's own process. Tests of
//! journeys stand on it; no check lives here.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use base64ct::{Base64, Encoding};
use m365_simulator::{
    AppSpec, ClockMode, Config, Faults, Inspect, Quotas, Running, Simulator, TenantSpec, TlsFiles,
    UserSpec,
};
use unbroken_verify::{Options, Verdict, verify};

use crate::tampering::forge::{Bundle, put};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "00000000-0000-0000-0000-00000000a001";
/// The application that looks at policies and settings, and writes nothing.
const VERIFY: &str = "00000000-0000-0000-0000-00000000a003";
/// The application that proves itself by a certificate, as SharePoint's own interface asks. The key opens nothing but tenants
/// of tests.
const SITES: &str = "00000000-0000-0000-0000-00000000a004";
const CERTIFICATE: &str = include_str!("application/certificate.pem");
const PRIVATE_KEY: &str = include_str!("application/key.pem");
/// The application that makes users and groups; it is taken away when the case is over.
const IDENTITY: &str = "00000000-0000-0000-0000-00000000a002";
const IDENTITY_ROLES: [&str; 8] = [
    "Organization.Read.All",
    "Policy.Read.All",
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
    "Files.Read.All",
    "MailboxSettings.Read",
];
const VERIFY_ROLES: [&str; 17] = [
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
/// What the application that restores may do.
const ROLES: [&str; 16] = [
    "Group.Read.All",
    "Organization.Read.All",
    "User.Read.All",
    "Mail.ReadWrite",
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
    "Tasks.ReadWrite.All",
    "Files.ReadWrite.All",
    "Sites.ReadWrite.All",
    "ChannelMember.ReadWrite.All",
    "ChannelMessage.Read.All",
    "Chat.Create",
    "Chat.Read.All",
    "Group.ReadWrite.All",
    "TeamMember.ReadWrite.All",
    "Teamwork.Migrate.All",
];
/// The application that makes domains and names known, and reads no content.
const PROVISION: &str = "00000000-0000-0000-0000-00000000a009";
const PROVISION_ROLES: [&str; 3] = [
    "Organization.Read.All",
    "User.ReadWrite.All",
    "Domain.ReadWrite.All",
];
const SECRET: &str = "a-secret-of-a-test";

/// The application of [`SITES`]: its id, its certificate and its private key.
pub(crate) fn application() -> (&'static str, &'static str, &'static str) {
    (SITES, CERTIFICATE, PRIVATE_KEY)
}

/// A certificate for 127.0.0.1, its key and the authority that nobody else trusts: they open nothing but tenants of tests.
fn tls_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls")
}

/// A tenant, a case's folder and a source.
pub(crate) struct Case {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) running: Running,
    tenant_id: String,
    runtime: tokio::runtime::Runtime,
}

impl Case {
    pub(crate) fn new(faults: Faults) -> Self {
        Self::with(Self::config(TENANT, faults, Quotas::documented()))
    }

    /// A tenant that never throttles, for what is not about quotas.
    pub(crate) fn without_quotas(faults: Faults) -> Self {
        Self::with(Self::config(TENANT, faults, Quotas::off()))
    }

    /// The same over TLS, where both sides agree on HTTP/2.
    pub(crate) fn over_http2(faults: Faults) -> Self {
        Self::with(Config {
            tls: Some(TlsFiles(tls_folder())),
            ..Self::config(TENANT, faults, Quotas::off())
        })
    }

    fn with(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let running = {
            let _inside = runtime.enter();
            Simulator::start(config).expect("it starts")
        };
        let folder = tempfile::tempdir().expect("a folder");
        put(&folder.path().join("secret"), SECRET.as_bytes());
        put(&folder.path().join("app.pem"), CERTIFICATE.as_bytes());
        put(&folder.path().join("app.key"), PRIVATE_KEY.as_bytes());
        Self {
            folder,
            running,
            tenant_id: TENANT.to_owned(),
            runtime,
        }
    }

    /// From now on commands name another tenant, in which the same applications are registered.
    pub(crate) fn turn_to(&mut self, tenant_id: &str) {
        let _inside = self.runtime.enter();
        let config = Self::config(tenant_id, Faults::none(), Quotas::documented());
        self.running = Simulator::start(config).expect("it starts");
        tenant_id.clone_into(&mut self.tenant_id);
    }

    fn config(tenant_id: &str, faults: Faults, quotas: Quotas) -> Config {
        let app = AppSpec {
            client_id: CLIENT.to_owned(),
            secret: Some(SECRET.to_owned()),
            certificate_pem: None,
            roles: ROLES.map(str::to_owned).to_vec(),
        };
        let mut verify = app.clone();
        VERIFY.clone_into(&mut verify.client_id);
        verify.roles = VERIFY_ROLES.map(str::to_owned).to_vec();
        let mut sites = app.clone();
        SITES.clone_into(&mut sites.client_id);
        sites.secret = None;
        sites.certificate_pem = Some(CERTIFICATE.to_owned());
        sites.roles.push("Sites.FullControl.All".to_owned());
        let mut identity = verify.clone();
        IDENTITY.clone_into(&mut identity.client_id);
        identity.roles = IDENTITY_ROLES.map(str::to_owned).to_vec();
        let mut provision = app.clone();
        PROVISION.clone_into(&mut provision.client_id);
        provision.roles = PROVISION_ROLES.map(str::to_owned).to_vec();
        let user = |name: &str| UserSpec {
            user_principal_name: format!("{}@clean.example", name.to_lowercase()),
            display_name: name.to_owned(),
        };
        Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            tls: None,
            seed: 11,
            faults,
            tenant: TenantSpec {
                tenant_id: tenant_id.to_owned(),
                display_name: "Clean".to_owned(),
                domain: "clean.example".to_owned(),
                users: vec![user("Ada"), user("Ben")],
                apps: vec![app, provision, verify, sites, identity],
                static_token: None,
            },
            quotas,
            clock: ClockMode::Real,
            inspection: false,
        }
    }

    /// Another tenant, over TLS with the files of a folder, that knows an application by its certificate only.
    pub(crate) fn second_tenant(&self, tls: &Path, certificate_pem: String) -> Running {
        let _inside = self.runtime.enter();
        let config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            tls: Some(TlsFiles(tls.to_owned())),
            seed: 12,
            faults: Faults::none(),
            tenant: TenantSpec {
                tenant_id: "99999999-2222-3333-4444-555555555555".to_owned(),
                display_name: "Another".to_owned(),
                domain: "clean.example".to_owned(),
                users: Vec::new(),
                apps: vec![AppSpec {
                    client_id: "app-of-a-test".to_owned(),
                    secret: None,
                    certificate_pem: Some(certificate_pem),
                    roles: vec!["Organization.Read.All".to_owned()],
                }],
                static_token: None,
            },
            quotas: Quotas::documented(),
            clock: ClockMode::Real,
            inspection: false,
        };
        Simulator::start(config).expect("it starts")
    }

    pub(crate) fn inspect(&self) -> Inspect {
        self.running.inspect()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.path("source")
    }

    /// Puts a file into the source.
    pub(crate) fn plant(&self, name: &str, bytes: &[u8]) {
        let path = self.source().join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        put(&path, bytes);
    }

    /// A command that was not started yet; `@name` is a file in the test's folder.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unbroken"));
        for word in words.split_whitespace() {
            match word {
                "CASE" => command.arg("--case").arg(self.path("case")),
                "SOURCE" => command.arg(self.source()),
                "MAP" => command.arg(self.path("map.csv")),
                "TARGET" | "VERIFY" | "IDENTITY" | "PROVISION" => self
                    .tenant(&mut command)
                    .arg("--secret-file")
                    .arg(self.path("secret"))
                    .arg("--client-id")
                    .arg(match word {
                        "VERIFY" => VERIFY,
                        "IDENTITY" => IDENTITY,
                        "PROVISION" => PROVISION,
                        _ => CLIENT,
                    }),
                "SITES" => self
                    .tenant(&mut command)
                    .arg("--certificate")
                    .arg(self.path("app.pem"))
                    .arg("--private-key")
                    .arg(self.path("app.key"))
                    .args(["--client-id", SITES]),
                word => match word.strip_prefix('@') {
                    Some(name) => command.arg(self.path(name)),
                    None => command.arg(word),
                },
            };
        }
        command
            .env("NO_COLOR", "1")
            .env_remove("UNBROKEN_KEY_PASSPHRASE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn tenant<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if self.running.base_url.starts_with("https://") {
            command
                .arg("--root-certificates")
                .arg(tls_folder().join("ca.pem"));
        }
        command
            .args(["--tenant", &*self.tenant_id, "--login-base"])
            .arg(&self.running.base_url)
            .arg("--graph-base")
            .arg(format!("{}/v1.0", self.running.base_url))
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words)
            .output()
            .expect("the program can be started")
    }

    #[track_caller]
    pub(crate) fn done(&self, words: &str) -> String {
        let output = self.run(words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {stderr}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Starts a command and does not wait.
    pub(crate) fn start(&self, words: &str) -> Child {
        self.command(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started")
    }

    /// Up to a plan in force; `custodian` is who the source's owner becomes.
    pub(crate) fn prepare(&self, custodian: &str) {
        self.prepare_people(custodian);
        self.plan();
    }

    /// Up to people who are mapped: nothing is planned yet.
    pub(crate) fn prepare_people(&self, custodian: &str) {
        self.declare(custodian, "");
    }

    /// As [`Case::prepare_people`], with more words to the declaration.
    pub(crate) fn declare(&self, custodian: &str, more: &str) {
        self.connect(more);
        let map = format!("source,target\n{custodian},ada@clean.example\n");
        put(&self.path("map.csv"), map.as_bytes());
        self.done("case map CASE --csv MAP TARGET");
    }

    /// Up to the clean tenant: nobody is mapped.
    pub(crate) fn connect(&self, more: &str) {
        self.done(&format!(
            "keys set {} --no-passphrase",
            self.path("case/keys").display()
        ));
        self.done(&format!(
            "case declare CASE --name example.org/test --title t --source-tenant old.example \
             --declared-by test --window-from 2020-01-01T00:00:00Z \
             --window-to 2020-01-02T00:00:00Z --simulated {more}"
        ));
        self.done("source register CASE SOURCE");
        self.done("case connect CASE TARGET");
    }

    pub(crate) fn plan(&self) {
        self.done("plan make CASE --source SOURCE");
        self.done("plan propose CASE");
        self.done("plan approve CASE --yes");
        self.done("plan adopt CASE");
    }

    /// Looks at the site that the tests of sites write into: nothing is planned for one that nobody looked at.
    pub(crate) fn look_at_quay(&self) {
        self.done(
            "target site CASE --address https://clean.sharepoint.com/sites/quay --title Quay \
             --owner ada@clean.example SITES",
        );
    }

    /// The same with the application that SharePoint's own interface lets in.
    pub(crate) fn restore_sites(&self) -> Output {
        self.run("restore CASE --source SOURCE SITES")
    }

    pub(crate) fn restore(&self) -> Output {
        self.run("restore CASE --source SOURCE TARGET")
    }

    /// What the independent verifier says of the ledger as it lies there.
    pub(crate) fn verdict(&self) -> Verdict {
        let trust = self.path("trust");
        put(&trust, self.done("ledger trust CASE").as_bytes());
        // Opening and closing leaves a checkpoint over everything.
        self.done("ledger heads CASE");
        let options = Options {
            trust: Some(trust),
            at_least: None,
            ..Options::default()
        };
        verify(&self.path("case/ledger"), &options).expect("it can be read")
    }

    /// Every event, in order: type and payload.
    pub(crate) fn events(&self, bundle: &str) -> Vec<serde_json::Value> {
        let out = self.path(bundle);
        self.done(&format!(
            "bundle export CASE --disclose all --out {}",
            out.display()
        ));
        Bundle::read(&out)
            .entries()
            .iter()
            .map(|entry| event_of(entry))
            .collect()
    }
}

pub(crate) fn event_of(entry: &[u8]) -> serde_json::Value {
    let entry: serde_json::Value = serde_json::from_slice(entry).expect("JSON");
    let payload = entry["event"]["payload"].as_str().expect("a payload");
    let payload = Base64::decode_vec(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

/// A mail with an attachment of that many bytes.
pub(crate) fn mail(number: usize, attached: usize) -> Vec<u8> {
    let head = format!(
        "From: Ben <ben@old.example>\r\nTo: ada@old.example\r\nSubject: mail {number}\r\n\
         Date: Tue, 01 Apr 2025 10:00:{number:02} +0000\r\nMessage-ID: <{number}@old.example>\r\n\
         MIME-Version: 1.0\r\n"
    );
    if attached == 0 {
        return format!("{head}Content-Type: text/plain\r\n\r\nbody {number}\r\n").into_bytes();
    }
    let content: Vec<u8> = (0..attached)
        .map(|at| (at * 31 + number).to_le_bytes()[0])
        .collect();
    let encoded = Base64::encode_string(&content);
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!(
        "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\n\
         body {number}\r\n--b\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{number}.bin\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

/// Lines of a folder's files, for comparing before and after.
pub(crate) fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|read| {
            read.map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}
