//! Buttons, selects and modals.
use serde_json::{Value, json};

use super::reaction::Reaction;
use super::shown::{ShownField, ShownMessage, ShownModal};
use super::{CannotDo, Person, cannot, sees_message, shown_message};
use crate::discord::interactions::interaction_kind;

impl Person {
    /// The message as it is now, if this person still sees it.
    fn current(&self, message: &ShownMessage) -> Result<ShownMessage, CannotDo> {
        let world = self.discord.shared.read();
        let found = world.messages.get(&message.channel).and_then(|all| all.get(&message.id));
        match found.filter(|found| sees_message(found, self.id)) {
            Some(found) => Ok(shown_message(found)),
            None => cannot("the message is not there"),
        }
    }

    /// Presses the button with a label on a message, as it is now.
    pub fn press(&self, message: &ShownMessage, label: &str) -> Result<Reaction, CannotDo> {
        let now = self.current(message)?;
        let Some(button) = now.button(label) else {
            let labels: Vec<_> = now.buttons().into_iter().map(|button| button.label).collect();
            return cannot(format!("no button {label:?}, but {labels:?}"));
        };
        if !button.is_enabled {
            return cannot(format!("the button {label:?} is disabled"));
        }
        if !button.url.is_empty() {
            return cannot(format!("the button {label:?} is a link to {}", button.url));
        }
        self.use_component(&now, json!({"custom_id": button.custom_id, "component_type": 2}))
    }

    /// Presses the button with an id of the app, whether it is still there or not: a client that has not caught up.
    pub fn press_stale(
        &self,
        message: &ShownMessage,
        custom_id: &str,
    ) -> Result<Reaction, CannotDo> {
        self.use_component(message, json!({"custom_id": custom_id, "component_type": 2}))
    }

    /// Chooses values in the select with a placeholder or an id.
    pub fn choose(
        &self,
        message: &ShownMessage,
        select: &str,
        values: &[&str],
    ) -> Result<Reaction, CannotDo> {
        let now = self.current(message)?;
        let found =
            now.selects().into_iter().find(|it| it.placeholder == select || it.custom_id == select);
        let Some(found) = found else { return cannot(format!("no select {select:?}")) };
        if !found.is_enabled {
            return cannot(format!("the select {select:?} is disabled"));
        }
        let count = u64::try_from(values.len()).unwrap_or(u64::MAX);
        if count < found.bounds.0 || count > found.bounds.1 {
            return cannot(format!("{:?} can be chosen, not {count}", found.bounds));
        }
        let mut chosen = Vec::new();
        for wanted in values {
            let known =
                found.options.iter().find(|(label, value)| label == wanted || value == wanted);
            match known {
                Some((_, value)) => chosen.push(value.clone()),
                None if found.kind != 3 => chosen.push((*wanted).to_owned()),
                None => return cannot(format!("no option {wanted:?}, but {:?}", found.options)),
            }
        }
        let data =
            json!({"custom_id": found.custom_id, "component_type": found.kind, "values": chosen});
        self.use_component(&now, data)
    }

    fn use_component(&self, message: &ShownMessage, mut data: Value) -> Result<Reaction, CannotDo> {
        data["id"] = json!(1);
        let place = (interaction_kind::COMPONENT, message.channel);
        self.interact(place, data, Some(message.id))
    }

    /// Fills in a modal by labels or ids, and submits it. Fields that are not named keep what is in them.
    pub fn submit(
        &self,
        modal: &ShownModal,
        fields: &[(&str, &str)],
    ) -> Result<Reaction, CannotDo> {
        for (name, _) in fields {
            if !modal.fields.iter().any(|field| is(field, name)) {
                let labels: Vec<_> = modal.fields.iter().map(|field| &field.label).collect();
                return cannot(format!("no field {name:?}, but {labels:?}"));
            }
        }
        let mut rows = Vec::new();
        for field in &modal.fields {
            let typed = fields.iter().find(|(name, _)| is(field, name)).map(|(_, text)| *text);
            rows.push(filled(field, typed.unwrap_or(&field.value))?);
        }
        let (channel, source) = {
            let world = self.discord.shared.read();
            let opened = world.interactions.get(&modal.interaction);
            let Some(opened) = opened else { return cannot("the modal is not open") };
            (opened.channel, opened.source)
        };
        let data = json!({"custom_id": modal.custom_id, "components": rows});
        self.interact((interaction_kind::MODAL, channel), data, source)
    }
}

fn is(field: &ShownField, name: &str) -> bool {
    field.label == name || field.custom_id == name
}

/// A field as it is submitted.
fn filled(field: &ShownField, text: &str) -> Result<Value, CannotDo> {
    if text.is_empty() && field.is_required {
        return cannot(format!("{:?} has to be filled in", field.label));
    }
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if field.kind == 4 && length > 0 && !(field.length.0..=field.length.1).contains(&length) {
        return cannot(format!(
            "{:?} takes {:?} characters, not {length}",
            field.label, field.length
        ));
    }
    let mut value = json!({"type": field.kind, "id": 2, "custom_id": field.custom_id});
    if field.kind == 4 {
        value["value"] = json!(text);
    } else {
        value["values"] = text.split(',').filter(|part| !part.is_empty()).collect();
    }
    Ok(if field.in_label {
        json!({"type": 18, "id": 1, "component": value})
    } else {
        json!({"type": 1, "id": 1, "components": [value]})
    })
}
