//! `modifyDocument`: users, and the chat of the demonstration.
use serde_json::{Map, Value, json};

use super::client::SocketClient;
use crate::foundry::behaviour::Moment;
use crate::foundry::game::Active;
use crate::foundry::hash::random_document_id;
use crate::foundry::session::Session;
use crate::foundry::users::User;
use crate::foundry::version::Version;

const MESSAGES_KEPT: usize = 100;

/// Carries out a change, tells the others, and answers.
pub(super) async fn modify(call: &SocketClient, visitor: &Session, args: Vec<Value>) -> Value {
    let table = &call.table;
    let request = args.into_iter().next().unwrap_or_default();
    table.pass(Moment::Write).await;
    let may_govern = table.is_gamemaster(visitor);
    let changed = match (&visitor.user, table.game().active_mut()) {
        (Some(user), Some(active)) => {
            change(active, table.program.version, &request, user, may_govern)
        }
        _ => Err("You do not have a seat in this world".to_owned()),
    };
    match changed {
        Ok(result) => {
            let answer = answer(table.program.version, request, visitor.user.as_deref(), &result);
            table.hub.tell_others(call.number(), "modifyDocument", std::slice::from_ref(&answer));
            answer
        }
        Err(why) => json!({"error": {"class": "Error", "message": why}}),
    }
}

fn change(
    active: &mut Active,
    version: Version,
    request: &Value,
    user: &str,
    may_govern: bool,
) -> Result<Vec<Value>, String> {
    let operation = if version.wraps_operation() { &request["operation"] } else { request };
    let action = request["action"].as_str().unwrap_or_default();
    match (request["type"].as_str().unwrap_or_default(), action) {
        ("User", "get") => Ok(active.users.all().iter().map(User::shown).collect()),
        ("User", _) if !may_govern => Err(format!("User {user} lacks permission to {action} User")),
        ("User", "create") => {
            each(operation, "data", |fields| active.users.create(fields).map(|user| user.shown()))
        }
        ("User", "update") => each(operation, "updates", |fields| {
            let id = fields.get("_id").and_then(Value::as_str).unwrap_or_default().to_owned();
            active.users.update(&id, fields).map(|user| user.shown())
        }),
        ("User", "delete") => {
            let ids = list(operation, "ids")?;
            let delete = |id: &Value| {
                active.users.delete(id.as_str().unwrap_or_default()).map(|()| id.clone())
            };
            ids.iter().map(delete).collect()
        }
        ("ChatMessage", "create") => {
            each(operation, "data", |fields| Ok(say(active, fields, user)))
        }
        (kind, action) => Err(format!("The stand-in does not {action} a {kind}")),
    }
}

fn say(active: &mut Active, mut fields: Map<String, Value>, user: &str) -> Value {
    fields.insert("_id".into(), random_document_id().into());
    fields.insert("user".into(), user.into());
    fields.insert("author".into(), user.into());
    let message = Value::Object(fields);
    if active.messages.len() == MESSAGES_KEPT {
        active.messages.remove(0);
    }
    active.messages.push(message.clone());
    message
}

fn each(
    operation: &Value,
    field: &str,
    mut change: impl FnMut(Map<String, Value>) -> Result<Value, String>,
) -> Result<Vec<Value>, String> {
    let documents = list(operation, field)?;
    let objects = documents.iter().filter_map(Value::as_object).cloned();
    objects.map(&mut change).collect()
}

fn list<'v>(operation: &'v Value, field: &str) -> Result<&'v Vec<Value>, String> {
    operation[field].as_array().ok_or_else(|| format!("The request carries no list of {field}"))
}

fn answer(version: Version, request: Value, user: Option<&str>, result: &[Value]) -> Value {
    let (kind, action) = (request["type"].clone(), request["action"].clone());
    let mut answer = json!({"type": kind, "action": action, "userId": user, "result": result});
    let echoed = if version.wraps_operation() { "operation" } else { "request" };
    answer[echoed] = if version.wraps_operation() { request["operation"].clone() } else { request };
    // What was sent may hold a password in clear, which is no one else's business.
    forget_passwords(&mut answer[echoed]);
    answer
}

fn forget_passwords(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("password");
            fields.values_mut().for_each(forget_passwords);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_passwords),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
