//! Users, groups, licences and one-use passes of the clean tenant: one call, one effect. What is made carries a mark of its own, so
//! that a later try knows it again.
//! <https://learn.microsoft.com/graph/api/user-post-users>, <https://learn.microsoft.com/graph/api/group-upsert>

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::call::Call;
use super::{Graph, failure, id_of, segment};
use crate::domain::identity::{Licence, Named};
use crate::targets::{TargetError, TargetId};

/// A user as it stands in the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUser {
    /// Its object id.
    pub id: String,
    /// Whether anybody may sign in to it; where the tenant does not say so, somebody may.
    pub is_enabled: bool,
    /// The mark that it was made with.
    pub mark: Option<String>,
    /// The ids of its licences.
    pub licences: Vec<String>,
}

/// A user to be made.
pub struct NewUser<'a> {
    /// The principal name.
    pub name: &'a str,
    /// What people see.
    pub display_name: &'a str,
    /// ISO 3166-1 alpha-2.
    pub usage_location: &'a str,
    /// Whether anybody may sign in to it.
    pub is_enabled: bool,
    /// Its mark.
    pub mark: &'a str,
    /// A password that nobody keeps.
    pub password: &'a SecretString,
}

/// A group to be made, or to be found again by its mark.
#[derive(Clone, Copy, Debug)]
pub struct NewGroup<'a> {
    /// The mail nickname.
    pub name: &'a str,
    /// What people see.
    pub display_name: &'a str,
    /// Its mark: the tenant takes each once.
    pub mark: &'a str,
    /// A Microsoft 365 group; else a security group.
    pub is_unified: bool,
    /// Object ids of owners, at most 20: a group that an application makes without one is nobody's.
    pub owners: &'a [String],
}

/// Which list of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupList {
    /// Its members.
    Members,
    /// Its owners.
    Owners,
}

impl GroupList {
    fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Owners => "owners",
        }
    }
}

fn user_path(user: &str) -> String {
    format!("users/{}", segment(user))
}

impl Graph {
    /// A user by principal name, with its mark and its licences.
    pub async fn identity_user(&self, name: &str) -> Result<Option<FoundUser>, TargetError> {
        let operation = "GET /users/{principal}";
        let wanted = "id,accountEnabled,assignedLicenses,onPremisesExtensionAttributes";
        let path = format!("{}?$select={wanted}", user_path(name));
        let answer = match self.session.json(Call::get(operation, path)).await {
            Ok(answer) => answer,
            Err(error) if error.status == 404 => return Ok(None),
            Err(error) => return Err(error),
        };
        let body = &answer.body;
        let mark = body["onPremisesExtensionAttributes"]["extensionAttribute15"].as_str();
        let licences = body["assignedLicenses"].as_array().into_iter().flatten();
        let sku = |licence: &Value| licence["skuId"].as_str().map(str::to_owned);
        Ok(Some(FoundUser {
            id: id_of(operation, body)?.0,
            is_enabled: body["accountEnabled"] != false,
            mark: mark.map(str::to_owned),
            licences: licences.filter_map(sku).collect(),
        }))
    }

    /// Makes an account. A user's is enabled, and kept out by conditional access until users may come in; a shared mailbox's
    /// is not.
    pub async fn make_user(&self, user: &NewUser<'_>) -> Result<TargetId, TargetError> {
        let operation = "POST /users";
        let local = user.name.split('@').next().unwrap_or_default();
        let nickname: String = local.chars().filter(|one| *one != '\'').collect();
        let body = json!({
            "accountEnabled": user.is_enabled,
            "displayName": user.display_name,
            "mailNickname": nickname,
            "userPrincipalName": user.name,
            "usageLocation": user.usage_location,
            "onPremisesExtensionAttributes": { "extensionAttribute15": user.mark },
            "passwordProfile": {
                "forceChangePasswordNextSignIn": true,
                "password": user.password.expose_secret(),
            },
        });
        let answer = self
            .session
            .json(Call::post(operation, "users".to_owned(), &body));
        id_of(operation, &answer.await?.body)
    }

    /// What licences the tenant has, and how many of each are left.
    pub async fn licences(&self) -> Result<Vec<Licence>, TargetError> {
        let operation = "GET /subscribedSkus";
        let found = self.list(operation, "subscribedSkus".to_owned()).await?;
        let licences = found.iter().filter_map(|one| {
            let enabled = one["prepaidUnits"]["enabled"].as_u64()?;
            let is_usable = one["capabilityStatus"] == "Enabled";
            Some(Licence {
                sku: one["skuId"].as_str()?.to_owned(),
                part: one["skuPartNumber"].as_str()?.to_owned(),
                free: if is_usable {
                    enabled.saturating_sub(one["consumedUnits"].as_u64()?)
                } else {
                    0
                },
            })
        });
        Ok(licences.collect())
    }

    /// Gives a user licences that it does not have.
    pub async fn assign_licences(&self, user: &str, skus: &[String]) -> Result<(), TargetError> {
        let operation = "POST /users/{id}/assignLicense";
        let add: Vec<Value> = skus
            .iter()
            .map(|sku| json!({ "skuId": sku, "disabledPlans": [] }))
            .collect();
        let body = json!({ "addLicenses": add, "removeLicenses": [] });
        let path = format!("{}/assignLicense", user_path(user));
        self.session
            .json(Call::post(operation, path, &body))
            .await?;
        Ok(())
    }

    /// The group of a mark.
    pub async fn find_group(&self, mark: &str) -> Result<Option<String>, TargetError> {
        let operation = "GET /groups(uniqueName='{name}')";
        let path = format!("groups(uniqueName='{}')?$select=id", segment(mark));
        match self.session.json(Call::get(operation, path)).await {
            Ok(answer) => id_of(operation, &answer.body).map(|id| Some(id.0)),
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a private group under its mark: the tenant takes each mark once, so that two tries make one group.
    pub async fn make_group(&self, group: &NewGroup<'_>) -> Result<TargetId, TargetError> {
        let operation = "PATCH /groups(uniqueName='{name}')";
        let kinds: &[&str] = if group.is_unified { &["Unified"] } else { &[] };
        let mut body = json!({
            "displayName": group.display_name,
            "mailEnabled": group.is_unified,
            "mailNickname": group.name,
            "securityEnabled": !group.is_unified,
            "groupTypes": kinds,
        });
        if group.is_unified {
            body["visibility"] = "Private".into();
            // Nobody is told by a mail that they are in a group.
            body["resourceBehaviorOptions"] = json!(["WelcomeEmailDisabled"]);
        }
        if !group.owners.is_empty() {
            let url = |id: &String| format!("{}/users/{}", self.session.base, segment(id));
            let owners: Vec<String> = group.owners.iter().map(url).collect();
            body["owners@odata.bind"] = json!(owners);
        }
        let path = format!("groups(uniqueName='{}')", segment(group.mark));
        let call = Call::json(operation, Method::PATCH, path, &body);
        let answer = self.session.json(call.or_made()).await?;
        id_of(operation, &answer.body)
    }

    /// Object ids in a list of a group; nothing where there is no such group (yet).
    pub async fn group_list(
        &self,
        group: &str,
        list: GroupList,
    ) -> Result<Option<Vec<String>>, TargetError> {
        let operation = match list {
            GroupList::Members => "GET /groups/{id}/members",
            GroupList::Owners => "GET /groups/{id}/owners",
        };
        let path = format!("groups/{}/{}?$select=id", segment(group), list.name());
        let found = match self.list(operation, path).await {
            Ok(found) => found,
            Err(error) if error.status == 404 => return Ok(None),
            Err(error) => return Err(error),
        };
        let ids = found.iter().map(|one| id_of(operation, one).map(|id| id.0));
        ids.collect::<Result<_, _>>().map(Some)
    }

    /// Puts somebody, or a group, into a list of a group.
    pub async fn add_to_group(
        &self,
        group: &str,
        list: GroupList,
        object: &str,
    ) -> Result<(), TargetError> {
        let (operation, kind) = match list {
            GroupList::Members => ("POST /groups/{id}/members/$ref", "directoryObjects"),
            GroupList::Owners => ("POST /groups/{id}/owners/$ref", "users"),
        };
        let reference = format!("{}/{kind}/{}", self.session.base, segment(object));
        let path = format!("groups/{}/{}/$ref", segment(group), list.name());
        let body = json!({ "@odata.id": reference });
        match self.session.json(Call::post(operation, path, &body)).await {
            // Asked twice, it says that the reference is there.
            Err(error) if error.status == 400 && error.to_string().contains("already exist") => {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Everybody in the directory: principal name and display name.
    pub async fn everybody(&self) -> Result<Vec<Named>, TargetError> {
        let path = "users?$select=userPrincipalName,displayName&$top=999".to_owned();
        let found = self.list("GET /users", path).await?;
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let named = found.iter().map(|one| Named {
            key: text(one, "userPrincipalName"),
            display_name: text(one, "displayName"),
        });
        Ok(named.collect())
    }

    /// Whether a user's drive was made. An application cannot make one; the user's first visit does.
    pub async fn has_drive(&self, user: &str) -> Result<bool, TargetError> {
        let operation = "GET /users/{id}/drive";
        let path = format!("{}/drive?$select=id", user_path(user));
        match self.session.json(Call::get(operation, path)).await {
            Ok(_) => Ok(true),
            Err(error) if error.status == 404 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What a user's mailbox is for, as `user` or `shared`; `None` where there is none yet.
    /// <https://learn.microsoft.com/graph/api/user-get-mailboxsettings>
    pub async fn mailbox_purpose(&self, user: &str) -> Result<Option<String>, TargetError> {
        let operation = "GET /users/{id}/mailboxSettings";
        let path = format!("{}/mailboxSettings", user_path(user));
        match self.session.json(Call::get(operation, path)).await {
            Ok(answer) => {
                let purpose = answer.body["userPurpose"].as_str();
                let purpose = purpose.ok_or_else(|| failure::contract(operation, "no purpose"))?;
                Ok(Some(purpose.to_owned()))
            }
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A pass for one sign-in. The tenant says it once, here; one that was there before ends.
    pub async fn make_pass(&self, user: &str, minutes: u64) -> Result<SecretString, TargetError> {
        let operation = "POST /users/{id}/authentication/temporaryAccessPassMethods";
        let path = format!(
            "{}/authentication/temporaryAccessPassMethods",
            user_path(user)
        );
        let body = json!({ "lifetimeInMinutes": minutes, "isUsableOnce": true });
        let answer = self
            .session
            .json(Call::post(operation, path, &body))
            .await?;
        let pass = answer.body["temporaryAccessPass"].as_str();
        pass.map(SecretString::from)
            .ok_or_else(|| failure::contract(operation, "it holds no pass"))
    }
}
