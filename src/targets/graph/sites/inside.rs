//! Who gets at all of a site: members and owners of the group whose site it is. Whom an item alone lets in is not looked for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Graph, id_of, segment};
use crate::targets::{TargetError, TargetUser};

impl Graph {
    /// By principal name in small letters; whoever has none by kind and id.
    pub(in super::super) async fn who_is_inside(
        &self,
        _site: &TargetUser,
        group: Option<&str>,
    ) -> Result<Option<BTreeSet<String>>, TargetError> {
        let Some(group) = group else {
            return Ok(None);
        };
        let mut inside = BTreeSet::new();
        for (operation, list) in [
            ("GET /groups/{id}/members", "members"),
            ("GET /groups/{id}/owners", "owners"),
        ] {
            // What is asked for by name is asked of every directory object, and not all of them have a principal name.
            let path = format!("groups/{}/{list}", segment(group));
            for one in self.list(operation, path).await? {
                inside.insert(name(operation, &one)?);
            }
        }
        Ok(Some(inside))
    }
}

/// Somebody whom nothing names is somebody all the same.
fn name(operation: &'static str, one: &Value) -> Result<String, TargetError> {
    if let Some(name) = one["userPrincipalName"].as_str() {
        return Ok(name.to_lowercase());
    }
    let kind = one["@odata.type"].as_str().unwrap_or_default();
    let kind = kind.rsplit('.').next().unwrap_or_default();
    Ok(format!("{kind}:{}", id_of(operation, one)?.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_has_no_principal_name_is_somebody_all_the_same() {
        let named = |one: Value| name("x", &one).map_err(|error| error.code);
        let ada = json!({"id": "1", "userPrincipalName": "Ada@Clean.example"});
        assert_eq!(named(ada), Ok("ada@clean.example".to_owned()));
        let app = json!({"@odata.type": "#microsoft.graph.servicePrincipal", "id": "2"});
        assert_eq!(named(app), Ok("servicePrincipal:2".to_owned()));
        assert!(named(json!({})).is_err());
    }
}
