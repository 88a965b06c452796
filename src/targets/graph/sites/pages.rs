//! Pages of a site: created whole as drafts under a name that carries our key, read back, found by that name.
//! <https://learn.microsoft.com/graph/api/sitepage-create>

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::call::{Call, Session};
use super::super::{failure, id_of, segment};
use super::{lists, path_of};
use crate::domain::item::ItemKey;
use crate::domain::site_page::{LAYOUTS, SAFE_KINDS, Section, SitePage, WebPart};
use crate::targets::{TargetError, TargetId, TargetUser, Written};

const LIST: &str = "GET /sites/{id}/pages";
/// So much of the key that no two pages of a site meet.
const KEY_DIGITS: usize = 24;

fn collection(site: &TargetUser) -> Result<String, TargetError> {
    let site = path_of(site).ok_or_else(|| failure::unsendable(LIST, "only a site has pages"))?;
    Ok(format!("{site}/pages"))
}

/// What the name of a page ends with.
fn mark(key: &ItemKey) -> String {
    format!("-{}.aspx", &key.to_string()[..KEY_DIGITS])
}

pub(in super::super) async fn find(
    session: &Session,
    site: &TargetUser,
    key: &ItemKey,
) -> Result<Vec<TargetId>, TargetError> {
    let path = format!("{}?$select=id,name&$top=200", collection(site)?);
    let all = lists::pages(session, LIST, path).await?;
    let end = mark(key);
    let ours = all.iter().filter(|page| {
        let name = page["name"].as_str().unwrap_or_default();
        name.to_lowercase().ends_with(&end)
    });
    ours.map(|page| id_of(LIST, page)).collect()
}

pub(in super::super) async fn create(
    session: &Session,
    site: &TargetUser,
    page: &SitePage,
    key: &ItemKey,
) -> Result<(TargetId, Written), TargetError> {
    let operation = "POST /sites/{id}/pages";
    let sections = page
        .sections
        .iter()
        .zip(1..)
        .map(|(one, id)| section(one, id));
    let body = json!({
        "@odata.type": "#microsoft.graph.sitePage",
        "name": format!("{}{}", page.stem, mark(key)),
        "title": page.title,
        "pageLayout": "article",
        "canvasLayout": {"horizontalSections": sections.collect::<Vec<Value>>()},
    });
    let call = Call::post(operation, collection(site)?, &body);
    let answer = session.json(call).await?;
    let id = id_of(operation, &answer.body).map_err(|error| TargetError {
        outcome_unknown: true,
        ..error
    })?;
    let written = Written {
        request_ids: answer.request_id.into_iter().collect(),
        ..Written::default()
    };
    Ok((id, written))
}

fn section(section: &Section, id: usize) -> Value {
    let columns = section.columns.iter().zip(1..).map(|((width, parts), id)| {
        let parts: Vec<Value> = parts.iter().map(web_part).collect();
        json!({"id": id.to_string(), "width": width, "webparts": parts})
    });
    json!({
        "layout": section.layout, "id": id.to_string(), "emphasis": "none",
        "columns": columns.collect::<Vec<Value>>(),
    })
}

fn web_part(part: &WebPart) -> Value {
    match part {
        WebPart::Text(html) => {
            json!({"@odata.type": "#microsoft.graph.textWebPart", "innerHtml": html})
        }
        WebPart::Standard { kind, numbers } => json!({
            "@odata.type": "#microsoft.graph.standardWebPart",
            "webPartType": kind.id,
            "data": {"dataVersion": "1.0", "title": kind.title, "properties": numbers},
        }),
    }
}

fn path(site: &TargetUser, id: &TargetId) -> Result<String, TargetError> {
    Ok(format!("{}/{}", collection(site)?, segment(&id.0)))
}

pub(in super::super) async fn read(
    session: &Session,
    site: &TargetUser,
    id: &TargetId,
) -> Result<SitePage, TargetError> {
    let operation = "GET /sites/{id}/pages/{id}/microsoft.graph.sitePage";
    let path = format!(
        "{}/microsoft.graph.sitePage?$expand=canvasLayout",
        path(site, id)?
    );
    let answer = session.json(Call::get(operation, path)).await?.body;
    let sections = answer["canvasLayout"]["horizontalSections"].as_array();
    let sections = sections.into_iter().flatten().map(read_section);
    let sections: Option<Vec<Section>> = sections.collect();
    let sections =
        sections.ok_or_else(|| failure::contract(operation, "a layout that is not documented"))?;
    Ok(SitePage {
        title: answer["title"].as_str().unwrap_or_default().to_owned(),
        sections,
        ..SitePage::default()
    })
}

fn read_section(json: &Value) -> Option<Section> {
    let (layout, _) = LAYOUTS.iter().find(|(name, _)| json["layout"] == *name)?;
    let columns = json["columns"].as_array()?.iter().map(|column| {
        let width = column["width"].as_u64()?;
        let parts = column["webparts"].as_array()?.iter().map(read_part);
        let parts: Option<Vec<WebPart>> = parts.collect();
        Some((u32::try_from(width).ok()?, parts?))
    });
    let columns: Option<Vec<_>> = columns.collect();
    Some(Section {
        layout,
        columns: columns?,
    })
}

fn read_part(json: &Value) -> Option<WebPart> {
    if let Some(html) = json["innerHtml"].as_str() {
        return Some(WebPart::Text(html.to_owned()));
    }
    let id = json["webPartType"].as_str()?.to_lowercase();
    let kind = SAFE_KINDS.iter().find(|kind| kind.id == id)?;
    Some(WebPart::Standard {
        kind,
        numbers: BTreeMap::new(),
    })
}

pub(in super::super) async fn delete(
    session: &Session,
    site: &TargetUser,
    id: &TargetId,
) -> Result<(), TargetError> {
    let operation = "DELETE /sites/{id}/pages/{id}";
    let call = Call::bare(operation, Method::DELETE, path(site, id)?);
    session.send(call).await.map(drop)
}
