//! An interaction: what a user typed, pressed, chose or filled in, as Discord delivers it.
use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Names anything in Discord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snowflake(pub u64);

impl fmt::Display for Snowflake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What allows an interaction to be answered, for fifteen minutes.
#[derive(Clone, PartialEq, Eq)]
pub struct InteractionToken {
    /// The application that was asked.
    pub application: Snowflake,
    /// The token. A secret.
    pub secret: String,
}

impl fmt::Debug for InteractionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InteractionToken({})", self.application)
    }
}

/// One interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Its id: the same when it is delivered again.
    pub id: Snowflake,
    /// What allows it to be answered.
    pub token: InteractionToken,
    /// Who.
    pub caller: Caller,
    /// In which channel.
    pub channel: Option<Snowflake>,
    /// What it is.
    pub kind: InteractionKind,
}

/// Who an interaction is from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// The Discord account.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// In which server; none in a direct message.
    pub guild: Option<Snowflake>,
    /// The roles there.
    pub roles: Vec<Snowflake>,
}

/// What an interaction is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum InteractionKind {
    /// Discord asks whether someone is there.
    Ping,
    /// A command was sent.
    Command(Call),
    /// A command is being typed.
    Typing {
        /// What there is of it.
        call: Call,
        /// The option that is being typed.
        option: String,
    },
    /// A button was pressed, or something chosen.
    Component {
        /// The custom id.
        custom_id: String,
        /// What was chosen.
        values: Vec<String>,
        /// Whether only the user sees the message.
        ephemeral: bool,
    },
    /// A form was sent.
    Form {
        /// The custom id.
        custom_id: String,
        /// What was typed, by the names of the fields.
        fields: BTreeMap<String, String>,
        /// Whether only the user sees the message that it was opened from; none where it was opened by a command.
        ephemeral: Option<bool>,
    },
}

/// What was typed is not for logs: it may be a secret.
impl fmt::Debug for InteractionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping => f.write_str("Ping"),
            Self::Command(call) => write!(f, "Command({})", call.path.join(" ")),
            Self::Typing { call, option } => write!(f, "Typing({} {option})", call.path.join(" ")),
            Self::Component { custom_id, .. } => write!(f, "Component({custom_id:?})"),
            Self::Form { custom_id, .. } => write!(f, "Form({custom_id:?})"),
        }
    }
}

/// A command as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Call {
    /// Its name and those of its subcommands.
    pub path: Vec<String>,
    /// What follows, by the names of the options.
    pub options: BTreeMap<String, String>,
}

impl Interaction {
    /// Reads what Discord sent; none where it is not an interaction that this version knows.
    pub fn from_json(body: &Value) -> Option<Self> {
        let data = &body["data"];
        let kind = match body["type"].as_u64()? {
            1 => InteractionKind::Ping,
            2 => InteractionKind::Command(call(data)?.0),
            3 => InteractionKind::Component {
                custom_id: text(&data["custom_id"])?,
                values: array(&data["values"]).filter_map(text).collect(),
                ephemeral: is_ephemeral(&body["message"]).unwrap_or_default(),
            },
            4 => {
                let (call, option) = call(data)?;
                InteractionKind::Typing { call, option: option? }
            }
            5 => InteractionKind::Form {
                custom_id: text(&data["custom_id"])?,
                fields: fields(&data["components"]),
                ephemeral: is_ephemeral(&body["message"]),
            },
            _ => return None,
        };
        let is_ping = kind == InteractionKind::Ping;
        let caller = if is_ping { Caller::default() } else { caller(body)? };
        let channel = snowflake(&body["channel_id"]).or_else(|| snowflake(&body["channel"]["id"]));
        let application = snowflake(&body["application_id"])?;
        let token = InteractionToken { application, secret: text(&body["token"])? };
        Some(Self { id: snowflake(&body["id"])?, token, caller, channel, kind })
    }
}

fn caller(body: &Value) -> Option<Caller> {
    let user =
        if body["member"]["user"].is_object() { &body["member"]["user"] } else { &body["user"] };
    Some(Caller {
        id: snowflake(&user["id"])?.0,
        name: text(&user["username"])?,
        guild: snowflake(&body["guild_id"]),
        roles: array(&body["member"]["roles"]).filter_map(snowflake).collect(),
    })
}

/// The deepest that Discord nests options: group, subcommand, option.
const DEEPEST: usize = 3;

fn call(data: &Value) -> Option<(Call, Option<String>)> {
    let mut call = Call { path: vec![text(&data["name"])?], ..Call::default() };
    let mut options = &data["options"];
    for _ in 0..DEEPEST {
        let Some(sub) =
            array(options).find(|option| matches!(option["type"].as_u64(), Some(1 | 2)))
        else {
            break;
        };
        call.path.push(text(&sub["name"])?);
        options = &sub["options"];
    }
    let mut focused = None;
    for option in array(options) {
        let (Some(name), Some(value)) = (text(&option["name"]), scalar(&option["value"])) else {
            continue;
        };
        if option["focused"].as_bool() == Some(true) {
            focused = Some(name.clone());
        }
        call.options.insert(name, value);
    }
    Some((call, focused))
}

/// The fields of a form, whatever they lie in: a row, or a label.
fn fields(components: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for outer in array(components) {
        let inner = array(&outer["components"]).chain(Some(&outer["component"])).chain(Some(outer));
        for field in inner {
            if let (Some(id), Some(value)) = (text(&field["custom_id"]), text(&field["value"])) {
                found.insert(id, value);
            }
        }
    }
    found
}

fn is_ephemeral(message: &Value) -> Option<bool> {
    const EPHEMERAL: u64 = 1 << 6;
    message.is_object().then(|| message["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0)
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn snowflake(value: &Value) -> Option<Snowflake> {
    match value {
        Value::String(text) => text.parse().ok().map(Snowflake),
        Value::Number(number) => number.as_u64().map(Snowflake),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
