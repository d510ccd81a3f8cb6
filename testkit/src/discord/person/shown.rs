//! What people see, in a form that tests can look at.
use serde_json::Value;

use crate::discord::model::{Channel, Id, Message, Pinged};

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownChannel {
    /// The id.
    pub id: Id,
    /// The name.
    pub name: String,
    /// Discord's number of its kind: 0 for text, 4 for a category, 11 and 12 for threads.
    pub kind: u64,
    /// The category, or the channel of a thread.
    pub parent: Option<Id>,
    /// The topic.
    pub topic: Option<String>,
    /// Whether it is a thread that is archived.
    pub is_archived: bool,
}

impl ShownChannel {
    pub(crate) fn of(channel: &Channel) -> Self {
        Self {
            id: channel.id,
            name: channel.name.clone(),
            kind: channel.kind,
            parent: channel.parent,
            topic: channel.topic.clone(),
            is_archived: channel.thread.as_ref().is_some_and(|thread| thread.is_archived),
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownMessage {
    /// The id.
    pub id: Id,
    /// The channel.
    pub channel: Id,
    /// Who sent it.
    pub author: Id,
    /// 0, 6 for a notice of a pin, 20 for an answer to a command.
    pub kind: u64,
    /// The content.
    pub content: String,
    /// The embeds, as they were sent.
    pub embeds: Value,
    /// The components, as they were sent.
    pub components: Value,
    /// Whether one user alone sees it.
    pub is_ephemeral: bool,
    /// Whether it says that the app thinks.
    pub is_loading: bool,
    /// Whether it is pinned.
    pub is_pinned: bool,
    /// How often it was edited.
    pub edits: u64,
    /// Whom it notified.
    pub pinged: Pinged,
}

/// A button of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownButton {
    /// What is on it.
    pub label: String,
    /// Where it leads, for links; empty otherwise.
    pub url: String,
    /// The id that the app gave it; empty for links.
    pub custom_id: String,
    /// 1 to 6.
    pub style: u64,
    /// Whether it can be pressed.
    pub is_enabled: bool,
}

/// A select of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSelect {
    /// What is on it while nothing is chosen.
    pub placeholder: String,
    /// The id that the app gave it.
    pub custom_id: String,
    /// Labels and values; empty where Discord offers users, roles or channels.
    pub options: Vec<(String, String)>,
    /// Discord's number of its kind: 3 for texts.
    pub kind: u64,
    /// How many can be chosen.
    pub bounds: (u64, u64),
    /// Whether it can be used.
    pub is_enabled: bool,
}

/// A modal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownModal {
    /// The interaction that opened it.
    pub(crate) interaction: Id,
    /// The title.
    pub title: String,
    /// The id that the app gave it.
    pub custom_id: String,
    /// The fields.
    pub fields: Vec<ShownField>,
}

/// A field of a modal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownField {
    /// What is above it.
    pub label: String,
    /// The id that the app gave it.
    pub custom_id: String,
    /// What is in it already.
    pub value: String,
    /// Discord's number of its kind: 4 for a text.
    pub kind: u64,
    /// Whether it has to be filled in.
    pub is_required: bool,
    /// What is in it while nothing is.
    pub placeholder: String,
    /// How short and long its text can be.
    pub length: (u64, u64),
    /// Whether it is a large one.
    pub is_paragraph: bool,
    /// Whether it came within a label: the answer has the same form.
    pub(crate) in_label: bool,
    /// Labels and values of a select.
    pub options: Vec<(String, String)>,
}

/// A choice of an autocompletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is shown.
    pub name: String,
    /// What is sent.
    pub value: String,
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || if value.is_null() { String::new() } else { value.to_string() },
        ToOwned::to_owned,
    )
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn shown_message(message: &Message) -> ShownMessage {
    ShownMessage {
        id: message.id,
        channel: message.channel,
        author: message.author,
        kind: message.kind,
        content: message.content.clone(),
        embeds: message.embeds.clone(),
        components: message.components.clone(),
        is_ephemeral: message.is_ephemeral(),
        is_loading: message.is_loading(),
        is_pinned: message.is_pinned,
        edits: message.edits,
        pinged: message.pinged.clone(),
    }
}

impl ShownMessage {
    /// Everything that can be read: content, embeds and text displays.
    pub fn text(&self) -> String {
        let mut parts = vec![self.content.clone()];
        for embed in list(&self.embeds) {
            parts.extend(
                [&embed["author"]["name"], &embed["title"], &embed["description"]].map(text),
            );
            for field in list(&embed["fields"]) {
                parts.push(format!("{}: {}", text(&field["name"]), text(&field["value"])));
            }
            parts.push(text(&embed["footer"]["text"]));
        }
        let displays = self.flat().into_iter().filter(|it| it["type"] == 10);
        parts.extend(displays.map(|it| text(&it["content"])));
        parts.retain(|part| !part.is_empty());
        parts.join("\n")
    }

    /// All components, whatever they are in.
    fn flat(&self) -> Vec<&Value> {
        fn collect<'a>(of: &'a Value, into: &mut Vec<&'a Value>) {
            into.push(of);
            for inside in list(&of["components"]).iter().chain(of.get("accessory")) {
                collect(inside, into);
            }
        }
        let mut all = Vec::new();
        for component in list(&self.components) {
            collect(component, &mut all);
        }
        all
    }

    /// The buttons.
    pub fn buttons(&self) -> Vec<ShownButton> {
        let buttons = self.flat().into_iter().filter(|it| it["type"] == 2);
        let shown = buttons.map(|it| ShownButton {
            label: if it["label"].is_null() {
                text(&it["emoji"]["name"])
            } else {
                text(&it["label"])
            },
            url: text(&it["url"]),
            custom_id: text(&it["custom_id"]),
            style: it["style"].as_u64().unwrap_or(0),
            is_enabled: it["disabled"] != true,
        });
        shown.collect()
    }

    /// The button with a label.
    pub fn button(&self, label: &str) -> Option<ShownButton> {
        self.buttons().into_iter().find(|button| button.label == label)
    }

    /// The selects.
    pub fn selects(&self) -> Vec<ShownSelect> {
        let selects =
            self.flat().into_iter().filter(|it| matches!(it["type"].as_u64(), Some(3 | 5..=8)));
        let shown = selects.map(|it| ShownSelect {
            placeholder: text(&it["placeholder"]),
            custom_id: text(&it["custom_id"]),
            options: options(it),
            kind: it["type"].as_u64().unwrap_or(0),
            bounds: (
                it["min_values"].as_u64().unwrap_or(1),
                it["max_values"].as_u64().unwrap_or(1),
            ),
            is_enabled: it["disabled"] != true,
        });
        shown.collect()
    }
}

fn options(of: &Value) -> Vec<(String, String)> {
    list(&of["options"]).iter().map(|it| (text(&it["label"]), text(&it["value"]))).collect()
}

/// A modal from the data of a callback.
pub(crate) fn modal_of(interaction: Id, data: &Value) -> ShownModal {
    let fields = list(&data["components"]).iter().filter_map(|row| {
        if row["type"] == 18 {
            return Some(field(&row["component"], text(&row["label"]), true));
        }
        let input = list(&row["components"]).first()?;
        Some(field(input, text(&input["label"]), false))
    });
    ShownModal {
        interaction,
        title: text(&data["title"]),
        custom_id: text(&data["custom_id"]),
        fields: fields.collect(),
    }
}

fn field(of: &Value, label: String, in_label: bool) -> ShownField {
    let bound = |name: &str, default| of[name].as_u64().unwrap_or(default);
    ShownField {
        label,
        custom_id: text(&of["custom_id"]),
        value: text(&of["value"]),
        kind: of["type"].as_u64().unwrap_or(0),
        is_required: of["required"] != false,
        placeholder: text(&of["placeholder"]),
        length: (bound("min_length", 0), bound("max_length", 4000)),
        is_paragraph: of["style"] == 2,
        in_label,
        options: options(of),
    }
}
