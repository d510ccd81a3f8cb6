//! Modals, and the choices of an autocompletion.
use serde_json::Value;

use super::components::{Seen, check_select};
use super::field::Fields;
use crate::discord::error::{ApiError, FieldErrors};

/// The data of a modal.
pub(crate) fn check_modal(data: &Value) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    let modal = Fields::at(data, "data");
    modal.required(&mut errors, "title", 45);
    modal.required(&mut errors, "custom_id", 100);
    modal.count(&mut errors, "components", 1, 5);
    let mut seen = Seen::default();
    for (at, row) in modal.list("components").iter().enumerate() {
        let row = Fields::at(row, modal.path(&format!("components.{at}")));
        match row.value["type"].as_u64() {
            Some(1) => {
                row.count(&mut errors, "components", 1, 1);
                if let Some(input) = row.list("components").first() {
                    let input = Fields::at(input, row.path("components.0"));
                    input.required(&mut errors, "label", 45);
                    check_input(&mut errors, &input, &mut seen);
                }
            }
            Some(10) => row.required(&mut errors, "content", 4000),
            Some(18) => check_label(&mut errors, &row, &mut seen),
            _ => errors.choice(&row.path("type"), "1, 10, 18"),
        }
    }
    errors.finish()
}

fn check_label(errors: &mut FieldErrors, label: &Fields<'_>, seen: &mut Seen) {
    label.required(errors, "label", 45);
    label.length(errors, "description", 0, 100);
    let Some(inside) = label.get("component") else {
        errors.required(&label.path("component"));
        return;
    };
    let inside = Fields::at(inside, label.path("component"));
    match inside.value["type"].as_u64() {
        Some(4) => check_input(errors, &inside, seen),
        Some(3 | 5..=8) => check_select(errors, &inside, seen),
        Some(19 | 21..=23) => seen.custom_id(errors, &inside),
        _ => errors.choice(&inside.path("type"), "3, 4, 5, 6, 7, 8, 19, 21, 22, 23"),
    }
}

fn check_input(errors: &mut FieldErrors, input: &Fields<'_>, seen: &mut Seen) {
    if input.value["type"] != 4 {
        errors.choice(&input.path("type"), "4");
        return;
    }
    seen.custom_id(errors, input);
    if !matches!(input.value["style"].as_u64(), Some(1 | 2)) {
        errors.choice(&input.path("style"), "1, 2");
    }
    input.number(errors, "min_length", 0, 4000);
    input.number(errors, "max_length", 1, 4000);
    input.length(errors, "placeholder", 0, 100);
    let most = input.value["max_length"].as_u64().and_then(|most| usize::try_from(most).ok());
    input.length(errors, "value", 0, most.unwrap_or(4000).min(4000));
}

/// The data of an autocompletion.
pub(crate) fn check_choices(data: &Value) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    let data = Fields::at(data, "data");
    if data.get("choices").is_none() {
        errors.required("data.choices");
    }
    data.count(&mut errors, "choices", 0, 25);
    for (at, choice) in data.list("choices").iter().enumerate() {
        let choice = Fields::at(choice, data.path(&format!("choices.{at}")));
        choice.required(&mut errors, "name", 100);
        match choice.get("value") {
            None => errors.required(&choice.path("value")),
            Some(value) if value.is_string() => choice.length(&mut errors, "value", 1, 100),
            Some(_) => {}
        }
    }
    errors.finish()
}
