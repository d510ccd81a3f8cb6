//! Messages as Discord takes them.
use serde_json::{Value, json};

use super::fitted::fitted;
use super::{Button, Choice, Embed, Field, INPUT, Input, Menu, Message, Modal, Press, Row};
use crate::limits::{INPUT_LABEL, MODAL_TITLE, PLACEHOLDER};
use crate::text::label;

impl Message {
    /// As Discord takes it; what is not there is cleared where it replaces a message. What is too long is cut.
    pub fn to_json(&self) -> Value {
        let fitted = fitted(self.clone());
        json!({
            "content": fitted.content,
            "embeds": fitted.embeds.iter().map(Embed::to_json).collect::<Vec<_>>(),
            "components": fitted.rows.iter().map(Row::to_json).collect::<Vec<_>>(),
            "allowed_mentions": { "parse": [] },
        })
    }
}

impl Embed {
    fn to_json(&self) -> Value {
        let mut json =
            json!({ "fields": self.fields.iter().map(Field::to_json).collect::<Vec<_>>() });
        for (key, text) in
            [("title", &self.title), ("url", &self.url), ("description", &self.description)]
        {
            if !text.is_empty() {
                json[key] = json!(text);
            }
        }
        if let Some(color) = self.color {
            json["color"] = json!(color.rgb());
        }
        if !self.footer.is_empty() {
            json["footer"] = json!({ "text": self.footer });
        }
        json
    }
}

impl Field {
    fn to_json(&self) -> Value {
        json!({ "name": self.name, "value": self.value, "inline": self.inline })
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let inside = match self {
            Self::Buttons(buttons) => buttons.iter().map(Button::to_json).collect::<Vec<_>>(),
            Self::Menu(menu) => vec![menu.to_json()],
        };
        json!({ "type": 1, "components": inside })
    }
}

impl Button {
    fn to_json(&self) -> Value {
        let mut json = json!({ "type": 2, "label": self.label, "disabled": self.disabled });
        match &self.does {
            Press::Ask(action, style) => {
                json["style"] = json!(style.number());
                json["custom_id"] = json!(action.to_string());
            }
            Press::Open(url) => {
                json["style"] = json!(5);
                json["url"] = json!(url);
            }
        }
        json
    }
}

impl Menu {
    fn to_json(&self) -> Value {
        let option = |choice: &Choice| json!({ "label": choice.name, "value": choice.value });
        json!({
            "type": 3,
            "custom_id": self.does.to_string(),
            "placeholder": self.placeholder,
            "options": self.choices.iter().map(option).collect::<Vec<_>>(),
        })
    }
}

impl Choice {
    /// As Discord takes it among what is offered while a user types.
    pub fn to_json(&self) -> Value {
        json!({ "name": self.name, "value": self.value })
    }
}

impl Modal {
    /// As Discord takes it.
    pub fn to_json(&self) -> Value {
        let Input { label: name, placeholder, longest } = &self.input;
        json!({
            "custom_id": self.does.to_string(),
            "title": label(&self.title, MODAL_TITLE),
            "components": [{
                "type": 1,
                "components": [{
                    "type": 4,
                    "custom_id": INPUT,
                    "style": 1,
                    "label": label(name, INPUT_LABEL),
                    "placeholder": label(placeholder, PLACEHOLDER),
                    "required": true,
                    "max_length": longest,
                }],
            }],
        })
    }
}
