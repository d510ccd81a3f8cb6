//! Commands of apps.
use std::collections::BTreeSet;

use serde_json::Value;

use super::field::Fields;
use crate::discord::error::{ApiError, FieldErrors};

/// The languages that names and descriptions can be in.
const LOCALES: &[&str] = &[
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl",
    "no", "pl", "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th",
    "zh-CN", "ja", "zh-TW", "ko",
];

/// Characters of all names, descriptions and values of a command.
const ALL: usize = 8_000;

/// A list of commands that takes the place of all there are.
pub(crate) fn check_commands(body: &Value) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    let list = body.as_array().map_or(&[][..], Vec::as_slice);
    let mut names = BTreeSet::new();
    for (at, command) in list.iter().enumerate() {
        let command = Fields::at(command, at.to_string());
        check(&mut errors, &command);
        let kind = command.value["type"].as_u64().unwrap_or(1);
        if !names.insert((kind, command.text("name"))) {
            let words = "Application command names must be unique";
            errors.add(&command.path, "APPLICATION_COMMANDS_DUPLICATE_NAME", words);
        }
    }
    errors.finish()
}

/// One command.
pub(crate) fn check_command(body: &Value) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    check(&mut errors, &Fields::at(body, ""));
    errors.finish()
}

fn check(errors: &mut FieldErrors, command: &Fields<'_>) {
    let is_chat = command.value["type"].as_u64().unwrap_or(1) == 1;
    if is_chat {
        check_name(errors, command);
        command.required(errors, "description", 100);
        localized(errors, command, "description_localizations", 100);
        check_options(errors, command, 0);
    } else {
        command.required(errors, "name", 32);
        if !command.text("description").is_empty() {
            let words = "Context menu commands cannot have description";
            errors.add(
                &command.path("description"),
                "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION",
                words,
            );
        }
    }
    localized(errors, command, "name_localizations", 32);
    if let Some(bits) = command.get("default_member_permissions")
        && bits.as_str().and_then(|bits| bits.parse::<u64>().ok()).is_none()
    {
        errors.add(
            &command.path("default_member_permissions"),
            "NUMBER_TYPE_COERCE",
            "Value is not a bitfield.",
        );
    }
    if characters(command.value) > ALL {
        let words = "Command exceeds maximum size (8000)";
        errors.add(&command.path, "APPLICATION_COMMAND_TOO_LARGE", words);
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| matches!(c, '-' | '_' | '\'') || c.is_alphanumeric();
    (1..=32).contains(&name.chars().count())
        && name.chars().all(allowed)
        && name.to_lowercase() == name
}

fn check_name(errors: &mut FieldErrors, of: &Fields<'_>) {
    of.required(errors, "name", 32);
    let name = of.text("name");
    if !name.is_empty() && !is_name(name) {
        errors.add(&of.path("name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

fn localized(errors: &mut FieldErrors, of: &Fields<'_>, name: &str, most: usize) {
    let Some(all) = of.get(name).and_then(Value::as_object) else { return };
    for (locale, text) in all {
        let path = format!("{}.{locale}", of.path(name));
        if !LOCALES.contains(&locale.as_str()) {
            errors.add(
                &of.path(name),
                "DICT_TYPE_CONVERT_KEY",
                &format!("Invalid locale \"{locale}\""),
            );
        }
        let text = text.as_str().unwrap_or_default();
        let is_bad_name = name == "name_localizations" && !is_name(text);
        if text.is_empty() || text.chars().count() > most || is_bad_name {
            errors.add(&path, "APPLICATION_COMMAND_INVALID_NAME", "The localized text is invalid");
        }
    }
}

fn check_options(errors: &mut FieldErrors, of: &Fields<'_>, depth: usize) {
    of.count(errors, "options", 0, 25);
    let (mut names, mut optional) = (BTreeSet::new(), false);
    let options = of.list("options");
    let nests = |option: &Value| matches!(option["type"].as_u64(), Some(1 | 2));
    if options.iter().any(nests) && !options.iter().all(nests) {
        let words = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        errors.add(&of.path("options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words);
    }
    for (at, option) in options.iter().enumerate() {
        let option = Fields::at(option, of.path(&format!("options.{at}")));
        check_name(errors, &option);
        option.required(errors, "description", 100);
        localized(errors, &option, "name_localizations", 32);
        localized(errors, &option, "description_localizations", 100);
        if !names.insert(option.text("name")) {
            let words = "Option names must be unique";
            errors.add(&of.path("options"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", words);
        }
        match option.value["type"].as_u64() {
            Some(1) if depth < 2 => check_options(errors, &option, 2),
            Some(2) if depth < 1 => check_options(errors, &option, 1),
            Some(3..=11) => {
                let required = option.value["required"].as_bool().unwrap_or(false);
                if required && optional {
                    let words = "Required options must be placed before non-required options";
                    errors.add(&option.path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words);
                }
                optional |= !required;
                check_choices(errors, &option);
            }
            _ => errors.choice(&option.path("type"), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"),
        }
    }
}

fn check_choices(errors: &mut FieldErrors, option: &Fields<'_>) {
    option.count(errors, "choices", 0, 25);
    option.number(errors, "min_length", 0, 6000);
    option.number(errors, "max_length", 1, 6000);
    let choices = option.list("choices");
    for (at, choice) in choices.iter().enumerate() {
        let choice = Fields::at(choice, option.path(&format!("choices.{at}")));
        choice.required(errors, "name", 100);
        if choice.get("value").is_some_and(Value::is_string) {
            choice.length(errors, "value", 1, 100);
        } else if choice.get("value").is_none() {
            errors.required(&choice.path("value"));
        }
    }
    if option.value["autocomplete"] == true && !choices.is_empty() {
        let words = "Autocomplete cannot be set to true if choices are present";
        errors.add(
            &option.path("autocomplete"),
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES",
            words,
        );
    }
}

/// Of translations, the longest counts.
fn characters(of: &Value) -> usize {
    let count = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let longest = |name: &str| {
        let translated = of[&format!("{name}_localizations")].as_object();
        let all = translated.into_iter().flat_map(|all| all.values()).map(count);
        all.chain([count(&of[name])]).max().unwrap_or(0)
    };
    let list = |name: &str| of[name].as_array().map_or(&[][..], Vec::as_slice);
    let choices: usize =
        list("choices").iter().map(|choice| count(&choice["name"]) + count(&choice["value"])).sum();
    longest("name")
        + longest("description")
        + choices
        + list("options").iter().map(characters).sum::<usize>()
}
