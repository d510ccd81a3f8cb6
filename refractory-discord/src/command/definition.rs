//! The table of commands, as Discord registers them.
use serde_json::{Map, Value, json};

use super::texts::{CommandTexts, EnglishCommands};
use super::{ADMINISTRATORS, USERS};

/// A parameter of a command.
struct Parameter {
    name: &'static str,
    /// What describes it.
    key: &'static str,
    kind: ParameterKind,
    required: bool,
}

enum ParameterKind {
    /// A text that is completed from memory.
    Completed,
    /// Yes or no.
    Flag,
}

const TABLE: Parameter =
    Parameter { name: "table", key: "table", kind: ParameterKind::Completed, required: false };

/// A subcommand, with what describes it and its parameters.
type Subcommand = (&'static str, &'static str, &'static [Parameter]);

const OF_USERS: &[Subcommand] = &[
    ("dashboard", "dashboard", &[]),
    ("start", "start", &[TABLE]),
    ("stop", "stop", &[TABLE]),
    ("restart", "restart", &[TABLE]),
    ("status", "status", &[TABLE]),
    ("open", "open", &[TABLE]),
    ("backup", "backup", &[TABLE]),
    ("license", "license", &[TABLE]),
    ("link", "link", &[]),
    ("portal", "portal", &[]),
    ("help", "help", &[]),
];

const OF_ADMINISTRATORS: &[Subcommand] = &[
    ("overview", "overview", &[]),
    ("instances", "instances", &[]),
    (
        "stop",
        "stop-any",
        &[
            Parameter {
                name: "table",
                key: "table",
                kind: ParameterKind::Completed,
                required: true,
            },
            Parameter { name: "now", key: "now", kind: ParameterKind::Flag, required: false },
        ],
    ),
    (
        "release-license",
        "release-license",
        &[Parameter {
            name: "license",
            key: "license-name",
            kind: ParameterKind::Completed,
            required: true,
        }],
    ),
    (
        "move",
        "move",
        &[Parameter { name: "to", key: "to", kind: ParameterKind::Completed, required: true }],
    ),
    ("licenses", "licenses", &[]),
    ("health", "health", &[]),
];

/// The permission that Discord asks for before it shows the command of administrators, until a server's own settings say otherwise.
const ADMINISTRATOR: u64 = 1 << 3;

/// The commands as Discord registers them, with their names and descriptions in these languages besides English. What leads to
/// the portal is left out where there is none.
pub fn definitions(has_portal: bool, translations: &[&dyn CommandTexts]) -> Value {
    let users = top(USERS, &of_users(has_portal), None, translations);
    let administrators = top(ADMINISTRATORS, OF_ADMINISTRATORS, Some(ADMINISTRATOR), translations);
    json!([users, administrators])
}

/// The commands of users and of administrators: as they are typed, and what describes them.
pub(crate) fn names(has_portal: bool) -> [Vec<(String, &'static str)>; 2] {
    let of = |top: &str, all: &[Subcommand]| {
        all.iter().map(|(name, key, _)| (format!("{top} {name}"), *key)).collect()
    };
    [of(USERS, &of_users(has_portal)), of(ADMINISTRATORS, OF_ADMINISTRATORS)]
}

fn of_users(has_portal: bool) -> Vec<Subcommand> {
    OF_USERS.iter().filter(|(name, ..)| has_portal || *name != "portal").copied().collect()
}

fn top(
    name: &'static str,
    subcommands: &[Subcommand],
    permissions: Option<u64>,
    translations: &[&dyn CommandTexts],
) -> Value {
    let options = subcommands.iter().map(|(name, key, parameters)| {
        let mut sub = worded(name, key, translations);
        sub.insert("type".to_owned(), json!(1));
        let parameters: Vec<_> =
            parameters.iter().map(|one| parameter(one, translations)).collect();
        sub.insert("options".to_owned(), json!(parameters));
        Value::Object(sub)
    });
    let options: Vec<_> = options.collect();
    let mut command = worded(name, name, translations);
    command.insert("type".to_owned(), json!(1));
    command.insert("options".to_owned(), json!(options));
    // In servers and direct messages; not in group conversations, where the bot is not.
    command.insert("contexts".to_owned(), json!([0, 1]));
    command.insert("integration_types".to_owned(), json!([0]));
    if let Some(permissions) = permissions {
        command.insert("default_member_permissions".to_owned(), json!(permissions.to_string()));
    }
    Value::Object(command)
}

fn parameter(parameter: &Parameter, translations: &[&dyn CommandTexts]) -> Value {
    let mut option = worded(parameter.name, parameter.key, translations);
    option.insert("required".to_owned(), json!(parameter.required));
    match parameter.kind {
        ParameterKind::Completed => {
            option.insert("type".to_owned(), json!(3));
            option.insert("autocomplete".to_owned(), json!(true));
            option.insert("max_length".to_owned(), json!(100));
        }
        ParameterKind::Flag => {
            option.insert("type".to_owned(), json!(5));
        }
    }
    Value::Object(option)
}

fn worded(
    name: &'static str,
    key: &'static str,
    translations: &[&dyn CommandTexts],
) -> Map<String, Value> {
    let mut words = Map::new();
    words.insert("name".to_owned(), json!(name));
    words.insert("description".to_owned(), json!(EnglishCommands.description(key)));
    let each = |text: &dyn Fn(&dyn CommandTexts) -> &'static str| {
        let pairs = translations.iter().map(|one| (one.locale().to_owned(), json!(text(*one))));
        Value::Object(pairs.collect())
    };
    if !translations.is_empty() {
        words.insert("name_localizations".to_owned(), each(&|one| one.name(name)));
        words.insert("description_localizations".to_owned(), each(&|one| one.description(key)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    // Discord's limits.
    const NAME: usize = 32;
    const DESCRIPTION: usize = 100;
    const OPTIONS: usize = 25;

    /// A language of which every word is the English one behind a letter.
    #[derive(Debug)]
    struct Prefixed;

    impl CommandTexts for Prefixed {
        fn locale(&self) -> &'static str {
            "de"
        }

        fn name(&self, key: &'static str) -> &'static str {
            ["tisch", "los"][usize::from(key == "start")]
        }

        fn description(&self, _: &'static str) -> &'static str {
            "Beschreibung"
        }
    }

    fn check(option: &Value, depth: usize) {
        let name = option["name"].as_str().unwrap();
        let description = option["description"].as_str().unwrap();
        let is_legal = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(name.chars().all(is_legal) && (1..=NAME).contains(&name.len()), "{name}");
        assert!((1..=DESCRIPTION).contains(&description.chars().count()), "{name}: {description}");
        let options = option["options"].as_array().cloned().unwrap_or_default();
        assert!(options.len() <= OPTIONS && depth < 4, "{name}");
        // Discord wants what is required first.
        let required: Vec<_> = options.iter().map(|one| one["required"] == true).collect();
        assert!(required.is_sorted_by(|one, next| one >= next), "{name}");
        for one in &options {
            check(one, depth + 1);
        }
    }

    #[test]
    fn every_command_is_within_the_limits_and_described() {
        let all = definitions(true, &[]);
        for command in all.as_array().unwrap() {
            check(command, 0);
        }
        insta::assert_json_snapshot!("commands", all);
    }

    #[test]
    fn only_the_command_of_administrators_is_hidden_from_others() {
        let all = definitions(true, &[]);
        assert!(all[0].get("default_member_permissions").is_none());
        assert_eq!(all[1]["default_member_permissions"], "8");
    }

    #[test]
    fn a_translation_is_registered_beside_english() {
        let all = definitions(true, &[&Prefixed]);
        let start = &all[0]["options"][1];
        assert_eq!(
            (&start["name"], &start["name_localizations"]["de"]),
            (&json!("start"), &json!("los"))
        );
        assert_eq!(start["options"][0]["description_localizations"]["de"], "Beschreibung");
    }
}
