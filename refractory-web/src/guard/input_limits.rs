//! Limits on the texts of a request: in its address, its form and its JSON.
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web;
use serde_json::Value;

use crate::problem::{FieldProblem, Problem};

/// How many bytes a text may have whose name is not in [`LONGER`].
const USUAL: usize = 1024;
/// Texts that may be longer: a key may come as a whole `license.json`, a timed URL has a long signature.
const LONGER: [(&str, usize); 2] = [("key", 16 << 10), ("url", 8 << 10)];
/// Fields that hold a list. Anywhere else one would be read as an object's fields in their order.
const LISTS: [&str; 5] =
    ["scopes", "access.view", "access.play", "access.game_master", "access.manage"];
/// How deep JSON may go: more than anything here does.
const DEEPEST: usize = 16;

/// Refuses a text that is too long for `field`, or that no database takes.
fn check_text(field: &str, text: &str) -> Result<(), Problem> {
    let last = field.rsplit('.').next().unwrap_or(field);
    let most = LONGER.iter().find(|(name, _)| *name == last).map_or(USUAL, |(_, most)| *most);
    let shown: String = field.chars().filter(|c| !c.is_control()).take(80).collect();
    if text.len() > most {
        return Err(refused(format!(
            "`{shown}` is too long: {} bytes, and at most {most} are taken.",
            text.len()
        )));
    }
    if text.contains('\0') {
        return Err(refused(format!("`{shown}` holds a NUL character, which no text may.")));
    }
    Ok(())
}

fn refused(sentence: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}

/// Where a value stands in JSON: as people write it, and as a JSON Pointer.
#[derive(Debug, Clone, Default)]
struct Place {
    shown: String,
    pointer: String,
}

impl Place {
    fn below(&self, name: &str) -> Self {
        let shown =
            if self.shown.is_empty() { name.to_owned() } else { format!("{}.{name}", self.shown) };
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self { shown, pointer: format!("{}/{escaped}", self.pointer) }
    }

    fn name(&self) -> &str {
        if self.shown.is_empty() { "body" } else { &self.shown }
    }

    /// Assigns `problem` to the field at this place.
    fn at_field(&self, problem: &Problem) -> Problem {
        let field = FieldProblem::at(self.pointer.as_str(), "invalid-value", problem.sentence());
        Problem::of_fields(vec![field])
    }
}

/// Checks every text in `value`, and that there is no list in it but where one belongs.
pub(crate) fn check_json(value: &Value) -> Result<(), Problem> {
    check_at(&Place::default(), value, 0)
}

fn check_at(place: &Place, value: &Value, deep: usize) -> Result<(), Problem> {
    if deep > DEEPEST {
        return Err(place.at_field(&refused(format!("`{}` goes too deep.", place.name()))));
    }
    match value {
        Value::String(text) => {
            check_text(place.name(), text).map_err(|problem| place.at_field(&problem))
        }
        Value::Array(items) if LISTS.contains(&place.name()) => {
            let item = |(at, item): (usize, &Value)| {
                check_at(&place.below(&at.to_string()), item, deep + 1)
            };
            items.iter().enumerate().try_for_each(item)
        }
        Value::Array(_) => {
            let said = format!("`{}` is a list. Send an object.", place.name());
            Err(place.at_field(&refused(said)))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            check_text("name of a field", name).map_err(|problem| place.at_field(&problem))?;
            check_at(&place.below(name), value, deep + 1)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Refuses requests whose address holds a text out of bounds.
pub(crate) async fn check_input(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    check_address(request.path(), request.query_string())?;
    next.call(request).await
}

fn check_address(path: &str, query: &str) -> Result<(), Problem> {
    path.split('/').try_for_each(|part| check_text("address", &part.replace("%00", "\0")))?;
    // What cannot be read is refused by the handler.
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
    check_fields(&pairs.map(web::Query::into_inner).unwrap_or_default())
}

/// Checks the fields of a form.
pub(crate) fn check_fields(fields: &[(String, String)]) -> Result<(), Problem> {
    fields.iter().try_for_each(|(name, text)| {
        check_text("name of a field", name)?;
        check_text(name, text)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(result: Result<(), Problem>) -> String {
        result.map_or_else(|problem| problem.to_string(), |()| String::new())
    }

    #[test]
    fn texts_are_bounded_wherever_they_stand_and_the_field_is_named() {
        let long = "x".repeat(USUAL + 1);
        for (value, field) in [
            (json!({ "name": long }), "`name`"),
            (json!({ "spec": { "title": long } }), "`spec.title`"),
            (json!({ "spec": { "license": { "only": "a\0b" } } }), "`spec.license.only`"),
            (json!({ "spec": ["a title"] }), "`spec` is a list"),
            (json!({ "access": [] }), "`access` is a list"),
            (json!({ "view": ["anyone"] }), "`view` is a list"),
            (json!(["a-name"]), "`body` is a list"),
            (json!({ "a\0": 1 }), "name of a field"),
            (json!("a\0"), "`body`"),
        ] {
            let said = said(check_json(&value));
            assert!(said.starts_with("422") && said.contains(field), "{field}: {said}");
        }
        let deep = (0..40).fold(json!(1), |value, _| json!({ "x": value }));
        assert!(said(check_json(&deep)).contains("too deep"));
        let key = "K".repeat(USUAL + 1);
        assert_eq!(said(check_json(&json!({ "key": key, "name": "Club", "scopes": ["a"] }))), "");
    }

    #[test]
    fn addresses_are_bounded_too() {
        assert_eq!(said(check_address("/tables/friday", "from=1:20&limit=5")), "");
        assert!(said(check_address("/tables/a%00b", "")).contains("NUL"));
        assert!(said(check_address("/tables", "from=%00")).contains("`from`"));
        assert!(
            said(check_address("/tables", &format!("confirm={}", "x".repeat(2000))))
                .contains("`confirm`")
        );
        assert!(said(check_address(&format!("/{}", "x".repeat(2000)), "")).contains("address"));
    }
}
