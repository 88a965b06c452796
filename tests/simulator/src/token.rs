//! The token endpoint: client credentials with a secret or a PS256 assertion, both checked; who may do what.
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use chrono::TimeDelta;
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::{Answer, json_answer};
use crate::config::AppSpec;
use crate::request::{Request, decode_pairs};
use crate::tenant::{Tenant, Token};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const TOKEN_SECONDS: i64 = 3599;

fn refuse(status: u16, error: &str, code: u32, message: &str) -> Answer {
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {message}"),
        "error_codes": [code],
    });
    json_answer(status, body)
}

/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn configuration(tenant: &Tenant, named: &str) -> Result<Answer, Answer> {
    // The identity platform serves every tenant: the compromised one by its domain too.
    let names = tenant.directory.as_ref().map(|directory| &directory.names);
    let old = names.filter(|names| names.old_domain.eq_ignore_ascii_case(named));
    let id = match old {
        Some(names) => &names.old_tenant_id,
        None => known_tenant(tenant, named).map(|()| &tenant.id)?,
    };
    let base = format!("{}/{id}", tenant.base);
    Ok(json_answer(
        200,
        json!({
            "issuer": format!("{base}/v2.0"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }),
    ))
}

fn known_tenant(tenant: &Tenant, named: &str) -> Result<(), Answer> {
    if named.eq_ignore_ascii_case(&tenant.id) || named.eq_ignore_ascii_case(&tenant.domain) {
        return Ok(());
    }
    Err(refuse(400, "invalid_request", 90002, "Tenant not found."))
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn issue(tenant: &mut Tenant, request: &Request, named: &str) -> Result<Answer, Answer> {
    known_tenant(tenant, named)?;
    let kind = request.header("content-type").unwrap_or_default();
    if request.method != "POST" || !kind.starts_with("application/x-www-form-urlencoded") {
        let message = "The request body is a form sent by POST.";
        return Err(refuse(400, "invalid_request", 900_144, message));
    }
    let form = decode_pairs(&String::from_utf8_lossy(&request.body));
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("grant_type") != "client_credentials" {
        let message = "Only client_credentials is served here.";
        return Err(refuse(400, "unsupported_grant_type", 70003, message));
    }
    let scope = field("scope");
    if !scope.ends_with("/.default") || scope.split(' ').count() != 1 {
        let message = "Client credential flows must have a scope that ends in /.default.";
        return Err(refuse(400, "invalid_scope", 1_002_012, message));
    }
    let app = tenant
        .apps
        .iter()
        .find(|app| app.client_id == field("client_id"))
        .cloned();
    let app = app.ok_or_else(|| {
        refuse(
            400,
            "unauthorized_client",
            700_016,
            "Application was not found in the directory.",
        )
    })?;
    match (field("client_secret"), field("client_assertion")) {
        ("", "") => {
            let message = "The request body must contain client_assertion or client_secret.";
            return Err(refuse(401, "invalid_client", 7_000_218, message));
        }
        (secret, "") => check_secret(&app, secret)?,
        (_, assertion) if field("client_assertion_type") == ASSERTION => {
            check_assertion(tenant, &app, assertion, named)?;
        }
        _ => {
            let message = "client_assertion_type is not supported.";
            return Err(refuse(400, "invalid_request", 700_021, message));
        }
    }
    let text = format!("sim.{}.{}", tenant.seeded.guid(), tenant.seeded.guid());
    let expires = Some(tenant.clock.now() + TimeDelta::seconds(TOKEN_SECONDS));
    let token = Token {
        app: app.client_id,
        roles: app.roles,
        expires,
        for_sharepoint: scope.contains("/_sharepoint/") || scope.contains(".sharepoint.com/"),
        by_certificate: !field("client_assertion").is_empty(),
    };
    tenant.tokens.insert(text.clone(), token);
    Ok(json_answer(
        200,
        json!({"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": text}),
    ))
}

fn check_secret(app: &AppSpec, given: &str) -> Result<(), Answer> {
    if app.secret.as_deref() == Some(given) {
        return Ok(());
    }
    Err(refuse(
        401,
        "invalid_client",
        7_000_215,
        "Invalid client secret provided.",
    ))
}

fn bad_assertion(why: &str) -> Answer {
    refuse(
        401,
        "invalid_client",
        700_027,
        &format!("Client assertion failed: {why}."),
    )
}

/// Signature by the registered certificate first; claims of an unsigned assertion are nobody's.
fn check_assertion(
    tenant: &mut Tenant,
    app: &AppSpec,
    jwt: &str,
    named: &str,
) -> Result<(), Answer> {
    let Some(pem) = &app.certificate_pem else {
        return Err(bad_assertion(
            "no certificate is registered for the application",
        ));
    };
    let der = certificate(pem).ok_or_else(|| bad_assertion("the registered certificate"))?;
    let mut parts = jwt.split('.');
    let (Some(head), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(bad_assertion("not a JWS in compact form"));
    };
    let header = part(head).ok_or_else(|| bad_assertion("malformed header"))?;
    if header["alg"] != "PS256" || header["typ"] != "JWT" {
        return Err(bad_assertion("alg is PS256 and typ is JWT here"));
    }
    let thumbprint = Base64UrlUnpadded::encode_string(&Sha256::digest(&der));
    if header["x5t#S256"] != thumbprint.as_str() {
        let message = "The certificate with this identifier is not registered (x5t#S256).";
        return Err(refuse(401, "invalid_client", 700_027, message));
    }
    let signature = Base64UrlUnpadded::decode_vec(signature)
        .map_err(|_| bad_assertion("malformed signature"))?;
    let der = CertificateDer::from(der);
    let parsed = webpki::EndEntityCert::try_from(&der)
        .map_err(|_| bad_assertion("the registered certificate"))?;
    let signed = format!("{head}.{claims}");
    parsed
        .verify_signature(
            webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            signed.as_bytes(),
            &signature,
        )
        .map_err(|_| bad_assertion("the signature is not valid"))?;
    let claims = part(claims).ok_or_else(|| bad_assertion("malformed claims"))?;
    check_claims(tenant, app, &claims, named)
}

fn check_claims(
    tenant: &mut Tenant,
    app: &AppSpec,
    claims: &Value,
    named: &str,
) -> Result<(), Answer> {
    // The endpoint as it was called: by the tenant's id or by its domain.
    let audience = format!("{}/{named}/oauth2/v2.0/token", tenant.base);
    if claims["aud"] != audience.as_str() {
        return Err(bad_assertion("aud is not the token endpoint"));
    }
    if claims["iss"] != app.client_id.as_str() || claims["sub"] != app.client_id.as_str() {
        return Err(bad_assertion("iss and sub are the client id"));
    }
    let now = tenant.clock.now().timestamp();
    let time = |name: &str| claims[name].as_i64();
    if time("nbf").is_some_and(|from| from > now + 300) {
        return Err(bad_assertion("it is not valid yet"));
    }
    if time("exp").is_none_or(|until| until < now - 300 || until > now + 86_400) {
        let message = "Client assertion is not within its valid time range.";
        return Err(refuse(401, "invalid_client", 700_024, message));
    }
    let id = claims["jti"].as_str().unwrap_or_default();
    if id.is_empty() || !tenant.seen_assertions.insert(id.to_owned()) {
        return Err(bad_assertion("jti was used before or is missing"));
    }
    Ok(())
}

fn part(text: &str) -> Option<Value> {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).ok()?).ok()
}

/// The DER of the first certificate in a PEM file.
fn certificate(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_whitespace().collect();
    Base64::decode_vec(&body).ok()
}

/// The token of a Graph request: who calls and with which permissions.
pub(crate) fn check(tenant: &Tenant, request: &Request) -> Result<Token, Answer> {
    let refuse = |message: &str| crate::answer::refuse(401, "InvalidAuthenticationToken", message);
    let header = request.header("authorization").unwrap_or_default();
    let text = header
        .strip_prefix("Bearer ")
        .or_else(|| header.strip_prefix("bearer "));
    let text = text.ok_or_else(|| refuse("Access token is empty."))?;
    let token = tenant.tokens.get(text);
    let token = token.ok_or_else(|| refuse("IDX14100: the access token is not well formed."))?;
    if token
        .expires
        .is_some_and(|expires| expires <= tenant.clock.now())
    {
        return Err(refuse("Lifetime validation failed, the token is expired."));
    }
    // A token of one resource opens no other.
    if request.path.starts_with("/v1.0/") && token.for_sharepoint {
        return Err(refuse("Access token validation failure. Invalid audience."));
    }
    Ok(token.clone())
}

/// The token of a request to SharePoint's own interface.
/// <https://learn.microsoft.com/sharepoint/dev/solution-guidance/security-apponly-azuread>
pub(crate) fn check_sharepoint(tenant: &Tenant, request: &Request) -> Result<Token, Answer> {
    let token = check(tenant, request)?;
    if !token.for_sharepoint {
        return Err(crate::sites::rest::refuse(
            401,
            "-2147024891, System.UnauthorizedAccessException",
            "Invalid audience.",
        ));
    }
    if !token.by_certificate {
        return Err(crate::sites::rest::refuse(
            401,
            "-2147024891, System.UnauthorizedAccessException",
            "Unsupported app only token.",
        ));
    }
    Ok(token)
}
