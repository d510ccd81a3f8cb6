//! From an interaction to what is asked for.
use refractory_core::Secret;

use super::{ADMINISTRATORS, Command, TableRef, USERS};
use crate::action::{Action, TableVerb};
use crate::interaction::{Call, InteractionKind};
use crate::message::INPUT;

/// What an interaction asks for.
#[derive(Debug, Clone)]
pub enum Reading {
    /// This, by a command.
    Command(Command),
    /// This, by a message's button or menu, or a form; whether only the user sees the message. None where there is no message.
    Pressed(Command, Option<bool>),
    /// A form.
    Form(Action),
    /// What was typed is to be completed.
    Typing(Typing),
    /// Whether someone is there.
    Ping,
    /// Something of another version.
    Unknown,
}

/// What is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typing {
    /// The name of a table with which this can be done.
    Table(TypedFor, String),
    /// The name of a license.
    License(String),
}

/// What a table is being typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypedFor {
    /// What each user may do who sees it.
    Viewing,
    /// What only those may do who run it.
    Running,
    /// What only those may do who manage it.
    Managing,
}

impl Reading {
    /// Reads `kind`.
    pub fn of(kind: &InteractionKind) -> Self {
        match kind {
            InteractionKind::Ping => Self::Ping,
            InteractionKind::Command(call) => command(call),
            InteractionKind::Typing { call, option } => {
                typing(call, option).map_or(Self::Unknown, Self::Typing)
            }
            InteractionKind::Component { custom_id, values, ephemeral } => {
                pressed(custom_id, values, *ephemeral)
            }
            InteractionKind::Form { custom_id, fields, ephemeral } => {
                let typed = fields.get(INPUT).map_or("", String::as_str);
                sent(custom_id, typed, *ephemeral)
            }
        }
    }
}

fn command(call: &Call) -> Reading {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let option =
        |name: &str| call.options.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let named =
        |name| option(name).map_or(TableRef::Unnamed, |text| TableRef::Named(text.to_owned()));
    let read = match path.as_slice() {
        [USERS, "dashboard"] => Command::Dashboard(None),
        [USERS, "link"] => return Reading::Form(Action::Link),
        [USERS, "portal"] => Command::Portal,
        [USERS, "help"] => Command::Help,
        [USERS, verb] => match TableVerb::named(verb) {
            Some(verb) => Command::Table(verb, named("table")),
            None => return Reading::Unknown,
        },
        [ADMINISTRATORS, "overview"] => Command::Overview,
        [ADMINISTRATORS, "instances"] => Command::Instances(None),
        [ADMINISTRATORS, "licenses"] => Command::Licenses,
        [ADMINISTRATORS, "health"] => Command::Health,
        [ADMINISTRATORS, "stop"] => {
            Command::StopAny { table: named("table"), now: option("now") == Some("true") }
        }
        [ADMINISTRATORS, "move"] => Command::TakeLicense(named("to")),
        [ADMINISTRATORS, "release-license"] => match option("license") {
            Some(name) => Command::ReleaseLicense(name.to_owned()),
            None => return Reading::Unknown,
        },
        _ => return Reading::Unknown,
    };
    Reading::Command(read)
}

/// What is being typed; none for what is not completed.
fn typing(call: &Call, option: &str) -> Option<Typing> {
    let typed = call.options.get(option)?.trim().to_owned();
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let what = match (path.as_slice(), option) {
        ([USERS, "status" | "open"], "table") => TypedFor::Viewing,
        ([USERS, "backup"], "table") => TypedFor::Managing,
        ([USERS, _] | [ADMINISTRATORS, "stop"], "table") | ([ADMINISTRATORS, "move"], "to") => {
            TypedFor::Running
        }
        ([ADMINISTRATORS, "release-license"], "license") => return Some(Typing::License(typed)),
        _ => return None,
    };
    Some(Typing::Table(what, typed))
}

fn pressed(custom_id: &str, values: &[String], ephemeral: bool) -> Reading {
    let read = match (custom_id.parse(), values) {
        (Ok(form @ (Action::Delete(_) | Action::Link)), _) => return Reading::Form(form),
        (Ok(Action::Choose(verb)), [value]) => Command::chosen(verb, value),
        (Ok(action), _) => Command::pressed(action),
        (Err(_), _) => None,
    };
    read.map_or(Reading::Unknown, |command| Reading::Pressed(command, Some(ephemeral)))
}

fn sent(custom_id: &str, typed: &str, ephemeral: Option<bool>) -> Reading {
    match custom_id.parse() {
        Ok(Action::Delete(id)) => {
            Reading::Pressed(Command::Delete { id, typed: typed.to_owned() }, ephemeral)
        }
        // What was typed is taken as a link, or as what stands in one.
        Ok(Action::Link) => {
            let secret = typed.trim().rsplit("token=").next().unwrap_or_default();
            Reading::Pressed(Command::Link(Secret::new(secret)), ephemeral)
        }
        Ok(_) | Err(_) => Reading::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::command::definitions;

    fn call(path: &[&str], options: &[(&str, &str)]) -> Call {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Call {
            path: path.iter().map(|name| (*name).to_owned()).collect(),
            options: options.collect(),
        }
    }

    #[test]
    fn every_command_that_is_registered_is_understood() {
        let mut seen = 0;
        for top in definitions(true, &[]).as_array().unwrap() {
            for sub in top["options"].as_array().unwrap() {
                let path = [top["name"].as_str().unwrap(), sub["name"].as_str().unwrap()];
                let parameters = sub["options"].as_array().unwrap();
                let options: Vec<_> = parameters
                    .iter()
                    .map(|one| (one["name"].as_str().unwrap(), "friday"))
                    .collect();
                let call = call(&path, &options);
                let read = Reading::of(&InteractionKind::Command(call.clone()));
                assert!(!matches!(read, Reading::Unknown), "{path:?}");
                for one in parameters.iter().filter(|one| one["autocomplete"] == true) {
                    let name = one["name"].as_str().unwrap();
                    assert!(typing(&call, name).is_some(), "{path:?} {name}");
                }
                seen += 1;
            }
        }
        assert_eq!(seen, 18);
    }

    #[test]
    fn commands_and_forms_of_another_version_are_recognized() {
        for path in [
            &["foundry"][..],
            &["foundry", "worlds"],
            &["other", "start"],
            &["foundry-admin", "announce"],
        ] {
            let read = Reading::of(&InteractionKind::Command(call(path, &[])));
            assert!(matches!(read, Reading::Unknown), "{path:?}: {read:?}");
        }
        let old = InteractionKind::Form {
            custom_id: "rf0:link".to_owned(),
            fields: BTreeMap::new(),
            ephemeral: None,
        };
        assert!(matches!(Reading::of(&old), Reading::Unknown));
    }

    #[test]
    fn a_pasted_link_is_its_token_and_is_in_no_log() {
        for typed in ["https://portal.test/sign-in/link?token=abc", "abc", "  abc "] {
            let fields = BTreeMap::from([(INPUT.to_owned(), typed.to_owned())]);
            let form = InteractionKind::Form {
                custom_id: Action::Link.to_string(),
                fields,
                ephemeral: None,
            };
            let read = Reading::of(&form);
            assert!(!format!("{read:?}").contains("abc"), "{read:?}");
            let Reading::Pressed(Command::Link(secret), None) = read else { panic!("no link") };
            assert_eq!(secret.expose(), "abc");
        }
    }
}
