//! `unbroken simulate`: the simulated tenant alone, so that any Graph client can look at it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use m365_simulator::{
    AppSpec, ClockMode, Config, Directory, FaultKind, Faults, Quotas, Running, Simulator,
    SimulatorError, TenantSpec, TlsFiles, UserSpec,
};
use serde_json::json;
use tokio::sync::watch;

use super::output::Output;
use crate::domain::baseline::OUR_APPS;
use crate::error::{Error, ErrorKind, Result};

/// Run a simulated, clean Microsoft 365 tenant.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken simulate --listen 127.0.0.1:8080 --seed 7 --fault-rate 0.2

It listens on loopback addresses only.")]
pub(crate) struct Simulate {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// A folder with leaf.pem and leaf.key: HTTPS instead of HTTP, and HTTP/2 with whoever offers it.
    #[arg(long, value_name = "DIR")]
    pub(crate) tls: Option<PathBuf>,
    /// The seed of its faults and ids.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The share of requests that fail: 0 to 1. With --tls also by what HTTP/2 knows: streams that
    /// are refused or reset, GOAWAY, and connections that end under all that is under way on them.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    pub(crate) fault_rate: f64,
    /// Enforce no quota.
    #[arg(long)]
    pub(crate) unthrottled: bool,
    /// A user of the tenant; may be given again. Three people when not given.
    #[arg(long, value_name = "UPN")]
    pub(crate) user: Vec<String>,
    /// A file with the secret of the application 00000000-0000-0000-0000-00000000a001.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// A certificate (PEM) of that application.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Serve directory, policies and settings of a clean tenant too, for the checks of the gates, and
    /// the application that they ask as: 00000000-0000-0000-0000-00000000a003, with the same secret.
    #[arg(long)]
    pub(crate) directory: bool,
    /// Plant a fault, a backdoor or a look-alike into the directory; may be given again.
    #[arg(long, value_name = "NAME", requires = "directory")]
    pub(crate) plant: Vec<String>,
    /// The domain of the compromised tenant, for what is planted.
    #[arg(long, value_name = "DOMAIN", default_value = "old.example")]
    pub(crate) old_domain: String,
    /// The GUID of the compromised tenant, for what is planted.
    #[arg(long, value_name = "GUID", default_value = OLD_TENANT)]
    pub(crate) old_tenant: String,
    /// Serve `/_simulator/…`: what is really stored, and switches for tests.
    #[arg(long)]
    pub(crate) inspection: bool,
}

/// The tenant that is simulated.
pub(crate) const TENANT: &str = "5f1b7d1e-0c5a-4b8e-9a55-00000000c1ea";
/// The application that restores.
pub(crate) const CLIENT: &str = "00000000-0000-0000-0000-00000000a001";
/// The application that only looks, with the same secret or certificate.
pub(crate) const VERIFY: &str = "00000000-0000-0000-0000-00000000a003";
const DOMAIN: &str = "clean.example";
const OLD_TENANT: &str = "11111111-aaaa-4aaa-8aaa-111111111111";

/// Runs it until somebody ends it.
pub(crate) async fn run(
    wanted: &Simulate,
    mut stop: watch::Receiver<bool>,
    output: &Output,
) -> Result<()> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path)
            .map(|text| text.trim_end().to_owned())
            .map_err(|error| {
                Error::failed(error).while_doing(format!("{}: cannot be read", path.display()))
            })
    };
    let secret = wanted.secret_file.as_ref().map(read).transpose()?;
    let certificate = wanted.certificate.as_ref().map(read).transpose()?;
    let mut users = wanted.user.clone();
    if users.is_empty() {
        users = ["ada", "ben", "cleo"]
            .map(|name| format!("{name}@{DOMAIN}"))
            .to_vec();
    }
    let token = new_token()?;
    let mut tenant = tenant(&users, secret, certificate);
    tenant.static_token = Some(token.clone());
    if wanted.directory {
        add_verify_app(&mut tenant);
    }
    let running = start(Config {
        listen: wanted.listen,
        tls: wanted.tls.clone().map(TlsFiles),
        seed: wanted.seed,
        faults: faults(wanted),
        tenant,
        quotas: if wanted.unthrottled {
            Quotas::off()
        } else {
            Quotas::documented()
        },
        clock: ClockMode::Real,
        inspection: wanted.inspection,
    })?;
    if wanted.directory {
        plant(&running, wanted)?;
    }
    let base = &running.base_url;
    // Who only looks is there with the directory alone; the restore application is refused in it.
    let verify = wanted.directory.then_some(VERIFY);
    let checks = verify.map_or_else(
        || "none: --directory serves what `baseline` and `separation` look at".to_owned(),
        |id| format!("{id}, same secret: the --client-id of `baseline` and `separation`"),
    );
    output.answer(
        &json!({
            "graph_base": format!("{base}/v1.0"),
            "login_base": base,
            "tenant": TENANT,
            "client_id": CLIENT,
            "verify_client_id": verify,
            "users": users,
            "read_token": token,
        }),
        &format!(
            "Graph       {base}/v1.0\nlogin       {base}\n\
             tenant      {TENANT}\nclient id   {CLIENT}\n\
             checks      {checks}\n\
             users       {}\nread token  {token}\nCtrl-C ends it; nothing is kept",
            users.join(", ")
        ),
    );
    let _ended_anyway = stop.wait_for(|stop| *stop).await;
    running.stop();
    Ok(())
}

/// What fails, this often: over TLS both sides speak HTTP/2.
fn faults(wanted: &Simulate) -> Faults {
    let mut faults = Faults::rate(wanted.fault_rate);
    if wanted.tls.is_some() {
        faults.kinds.extend(FaultKind::OF_HTTP2);
    }
    faults
}

fn plant(running: &Running, wanted: &Simulate) -> Result<()> {
    let inspect = running.inspect();
    inspect.set_directory(&wanted.old_tenant, &wanted.old_domain);
    for name in &wanted.plant {
        if !Directory::plants().contains(&&**name) {
            let known = Directory::plants().join(", ");
            return Err(
                Error::new(ErrorKind::Usage, format!("{name} cannot be planted"))
                    .hint(format!("known: {known}")),
            );
        }
        inspect.change_directory(|directory| {
            directory.plant(name);
        });
    }
    Ok(())
}

/// A tenant with those users and the application that restores.
pub(crate) fn tenant(
    users: &[String],
    secret: Option<String>,
    certificate_pem: Option<String>,
) -> TenantSpec {
    let roles = [
        "Organization.Read.All",
        "User.Read.All",
        "Mail.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
        "Tasks.ReadWrite.All",
        "Files.ReadWrite.All",
    ];
    let roles = roles
        .into_iter()
        .chain([
            "ChannelMember.ReadWrite.All",
            "ChannelMessage.Read.All",
            "Chat.Create",
            "Chat.Read.All",
            "Group.ReadWrite.All",
            "Sites.ReadWrite.All",
            "TeamMember.ReadWrite.All",
            "Teamwork.Migrate.All",
        ])
        .map(str::to_owned)
        .collect();
    let user = |upn: &String| UserSpec {
        user_principal_name: upn.clone(),
        display_name: upn.split('@').next().unwrap_or_default().to_owned(),
    };
    TenantSpec {
        tenant_id: TENANT.to_owned(),
        display_name: "Clean tenant (simulated)".to_owned(),
        domain: DOMAIN.to_owned(),
        users: users.iter().map(user).collect(),
        apps: vec![AppSpec {
            client_id: CLIENT.to_owned(),
            secret,
            certificate_pem,
            roles,
        }],
        static_token: None,
    }
}

/// The application that only reads, with the secret of the one that restores: looks at the tenant are made with it.
pub(crate) fn add_verify_app(tenant: &mut TenantSpec) {
    let mut verify = tenant.apps[0].clone();
    VERIFY.clone_into(&mut verify.client_id);
    // Exactly what the checks say that it may hold.
    let (_, roles) = OUR_APPS
        .iter()
        .find(|(app, _)| *app == "verify")
        .expect("one of ours");
    verify.roles = roles.iter().map(|role| (*role).to_owned()).collect();
    tenant.apps.push(verify);
}

/// Starts it.
pub(crate) fn start(config: Config) -> Result<Running> {
    Simulator::start(config).map_err(|error: SimulatorError| Error::failed(error))
}

/// A secret that nobody can guess: on a machine with several users others can reach loopback too.
pub(crate) fn new_token() -> Result<String> {
    let bytes: [u8; 24] = unbroken_ledger::random::array().map_err(Error::failed)?;
    Ok(bytes.iter().fold(String::from("sim-"), |text, byte| {
        text + &format!("{byte:02x}")
    }))
}

/// Reads a share between 0 and 1.
pub(crate) fn share(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share lies between 0 and 1".to_owned()),
    }
}
