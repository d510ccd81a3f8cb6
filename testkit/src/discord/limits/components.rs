//! Buttons and selects of messages.
use std::collections::BTreeSet;

use serde_json::Value;

use super::field::Fields;
use crate::discord::error::FieldErrors;

/// Components of a message of the second version, all levels together.
const ALL: usize = 40;
/// Characters of all text displays of a message.
const TEXT: usize = 4_000;

/// The components of a message; of the second version where `v2` says so.
pub(super) fn check_components(errors: &mut FieldErrors, message: &Fields<'_>, v2: bool) {
    message.count(errors, "components", 0, if v2 { ALL } else { 5 });
    let mut seen = Seen::default();
    for (at, component) in message.list("components").iter().enumerate() {
        let component = Fields::at(component, message.path(&format!("components.{at}")));
        match (component.value["type"].as_u64(), v2) {
            (Some(1), _) => check_row(errors, &component, &mut seen),
            (Some(9 | 10 | 12..=14 | 17), true) => check_layout(errors, &component, &mut seen),
            (_, false) => errors.choice(&component.path("type"), "1"),
            (_, true) => errors.choice(&component.path("type"), "1, 9, 10, 12, 13, 14, 17"),
        }
    }
    let path = message.path("components");
    if v2 && seen.count > ALL {
        errors.add(
            &path,
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            "The total number of components must not exceed 40",
        );
    }
    if seen.text > TEXT {
        errors.add(
            &path,
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            "The total displayable text size must not exceed 4000",
        );
    }
}

/// What may be there once, and what is counted.
#[derive(Default)]
pub(super) struct Seen {
    ids: BTreeSet<String>,
    count: usize,
    text: usize,
}

impl Seen {
    /// A custom id: there, not too long, and not there already.
    pub(super) fn custom_id(&mut self, errors: &mut FieldErrors, component: &Fields<'_>) {
        component.required(errors, "custom_id", 100);
        let id = component.text("custom_id");
        if !id.is_empty() && !self.ids.insert(id.to_owned()) {
            let words = "Component custom id cannot be duplicated";
            errors.add(&component.path("custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", words);
        }
    }
}

fn check_layout(errors: &mut FieldErrors, component: &Fields<'_>, seen: &mut Seen) {
    seen.count += 1;
    match component.value["type"].as_u64() {
        Some(10) => {
            component.required(errors, "content", TEXT);
            seen.text += component.text("content").chars().count();
        }
        Some(1) => check_row(errors, component, seen),
        Some(9) => {
            component.count(errors, "components", 1, 3);
            check_children(errors, component, seen);
            match component.get("accessory") {
                None => errors.required(&component.path("accessory")),
                Some(button) if button["type"] == 2 => {
                    let path = component.path("accessory");
                    seen.count += 1;
                    check_button(errors, &Fields::at(button, path), seen);
                }
                Some(_) => seen.count += 1,
            }
        }
        Some(17) => {
            component.count(errors, "components", 1, ALL);
            check_children(errors, component, seen);
        }
        _ => {}
    }
}

fn check_children(errors: &mut FieldErrors, component: &Fields<'_>, seen: &mut Seen) {
    for (at, child) in component.list("components").iter().enumerate() {
        let path = component.path(&format!("components.{at}"));
        check_layout(errors, &Fields::at(child, path), seen);
    }
}

fn check_row(errors: &mut FieldErrors, row: &Fields<'_>, seen: &mut Seen) {
    seen.count += 1;
    let inside = row.list("components");
    let is_select = |component: &Value| matches!(component["type"].as_u64(), Some(3 | 5..=8));
    let most = if inside.iter().any(is_select) { 1 } else { 5 };
    row.count(errors, "components", 1, most);
    for (at, component) in inside.iter().enumerate() {
        seen.count += 1;
        let component = Fields::at(component, row.path(&format!("components.{at}")));
        match component.value["type"].as_u64() {
            Some(2) => check_button(errors, &component, seen),
            Some(3 | 5..=8) => check_select(errors, &component, seen),
            _ => errors.choice(&component.path("type"), "2, 3, 5, 6, 7, 8"),
        }
    }
}

fn check_button(errors: &mut FieldErrors, button: &Fields<'_>, seen: &mut Seen) {
    button.length(errors, "label", 1, 80);
    let style = button.value["style"].as_u64();
    let has_face = button.get("label").is_some() || button.get("emoji").is_some();
    if !has_face && style != Some(6) {
        let words = "A label or emoji is required";
        errors.add(&button.path("label"), "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", words);
    }
    match style {
        Some(1..=4) => {
            seen.custom_id(errors, button);
            if button.get("url").is_some() {
                let words = "A custom id and url cannot both be specified";
                errors.add(&button.path("url"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", words);
            }
        }
        Some(5) => {
            button.url(errors, "url", &["http", "https", "discord"]);
            button.required(errors, "url", 512);
            if button.get("custom_id").is_some() {
                let words = "A custom id and url cannot both be specified";
                errors.add(&button.path("custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", words);
            }
        }
        Some(6) => {}
        _ => errors.choice(&button.path("style"), "1, 2, 3, 4, 5, 6"),
    }
}

/// A select, in a message or a modal.
pub(super) fn check_select(errors: &mut FieldErrors, select: &Fields<'_>, seen: &mut Seen) {
    seen.custom_id(errors, select);
    select.length(errors, "placeholder", 0, 150);
    select.number(errors, "min_values", 0, 25);
    select.number(errors, "max_values", 1, 25);
    if select.value["type"] != 3 {
        return;
    }
    select.count(errors, "options", 1, 25);
    let options = select.list("options");
    let mut values = BTreeSet::new();
    for (at, option) in options.iter().enumerate() {
        let option = Fields::at(option, select.path(&format!("options.{at}")));
        option.required(errors, "label", 100);
        option.required(errors, "value", 100);
        option.length(errors, "description", 0, 100);
        if !values.insert(option.text("value")) {
            let words = "The specified option value is already used";
            errors.add(&option.path("value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words);
        }
    }
    let most = select.value["max_values"].as_u64().unwrap_or(1);
    if usize::try_from(most).is_ok_and(|most| most > options.len()) {
        let words = "max_values must be less than or equal to the number of options";
        errors.add(&select.path("max_values"), "BASE_TYPE_BAD_LENGTH", words);
    }
}
