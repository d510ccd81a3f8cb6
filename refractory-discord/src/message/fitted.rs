//! A message within Discord's limits: one beyond them is refused as a whole.
use super::{Button, Embed, Field, Message, Press, Row};
use crate::limits::{
    BUTTON_LABEL, BUTTONS, CHOICE, CHOICES, CONTENT, CUSTOM_ID, DESCRIPTION, EMBED_TOTAL, EMBEDS,
    FIELD_NAME, FIELD_VALUE, FIELDS, FOOTER, PLACEHOLDER, ROWS, TITLE, URL,
};
use crate::text::{cut, length};

/// `message` with everything that is too long cut, and what has no room left out: the last fields of the last embeds first.
pub(super) fn fitted(mut message: Message) -> Message {
    message.content = cut(&message.content, CONTENT);
    message.embeds.truncate(EMBEDS);
    let mut left = EMBED_TOTAL;
    for embed in &mut message.embeds {
        fit(embed, &mut left);
    }
    message.rows.retain_mut(fits);
    message.rows.truncate(ROWS);
    message
}

fn fit(embed: &mut Embed, left: &mut usize) {
    let mut take = |text: &mut String, most: usize| {
        *text = cut(text, most.min(*left));
        *left -= length(text);
    };
    take(&mut embed.title, TITLE);
    take(&mut embed.footer, FOOTER);
    take(&mut embed.description, DESCRIPTION);
    embed.fields.truncate(FIELDS);
    embed.fields.retain_mut(|Field { name, value, .. }| {
        take(name, FIELD_NAME);
        take(value, FIELD_VALUE);
        !name.is_empty() && !value.is_empty()
    });
    if embed.url.len() > URL {
        embed.url.clear();
    }
}

/// Cuts the labels of a row; whether anything is left of it.
fn fits(row: &mut Row) -> bool {
    match row {
        Row::Buttons(buttons) => {
            buttons.retain_mut(|button| {
                button.label = cut(&button.label, BUTTON_LABEL);
                is_pressable(button)
            });
            buttons.truncate(BUTTONS);
            !buttons.is_empty()
        }
        Row::Menu(menu) => {
            menu.placeholder = cut(&menu.placeholder, PLACEHOLDER);
            menu.choices.truncate(CHOICES);
            menu.choices.retain_mut(|choice| {
                choice.name = cut(&choice.name, CHOICE);
                (1..=CHOICE).contains(&length(&choice.value)) && !choice.name.is_empty()
            });
            length(&menu.does.to_string()) <= CUSTOM_ID && !menu.choices.is_empty()
        }
    }
}

fn is_pressable(button: &Button) -> bool {
    !button.label.is_empty()
        && match &button.does {
            Press::Ask(action, _) => length(&action.to_string()) <= CUSTOM_ID,
            Press::Open(url) => url.len() <= URL,
        }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use refractory_core::InstanceId;
    use serde_json::Value;

    use super::*;
    use crate::action::Action;
    use crate::message::{Choice, Color, Menu, Style};

    fn text(most: usize) -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,20}",
            (0..most).prop_map(|count| "🏰".repeat(count)),
            (0..most).prop_map(|count| "x".repeat(count)),
        ]
    }

    fn embed() -> impl Strategy<Value = Embed> {
        let fields = proptest::collection::vec((text(400), text(1_500)), 0..40);
        (text(400), text(5_000), text(3_000), fields).prop_map(
            |(title, description, footer, fields)| {
                let mut embed = Embed {
                    title,
                    description,
                    footer,
                    color: Some(Color::Busy),
                    ..Embed::default()
                };
                for (name, value) in fields {
                    embed.push(&name, value, true);
                }
                embed
            },
        )
    }

    fn row() -> impl Strategy<Value = Row> {
        let id = "[a-z0-9]{1,64}".prop_map(|id| InstanceId::new(&id).unwrap());
        let button = (text(200), id.clone())
            .prop_map(|(label, id)| Button::ask(&label, Action::Start(id), Style::Primary));
        let choice = (text(200), text(200)).prop_map(|(name, value)| Choice { name, value });
        prop_oneof![
            proptest::collection::vec(button, 0..9).prop_map(Row::Buttons),
            (text(300), id, proptest::collection::vec(choice, 0..40)).prop_map(
                |(placeholder, id, choices)| Row::Menu(Menu {
                    does: Action::Status(id),
                    placeholder,
                    choices
                })
            ),
        ]
    }

    fn message() -> impl Strategy<Value = Message> {
        (
            text(3_000),
            proptest::collection::vec(embed(), 0..12),
            proptest::collection::vec(row(), 0..8),
        )
            .prop_map(|(content, embeds, rows)| Message { content, embeds, rows })
    }

    /// What Discord refuses in `json`, by its documentation and independently of what fits a message.
    pub(crate) fn refusals(json: &Value) -> Vec<String> {
        let units = |value: &Value| value.as_str().map_or(0, |text| text.encode_utf16().count());
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut found = Vec::new();
        let mut check = |ok: bool, what: &str| {
            if !ok {
                found.push(what.to_owned());
            }
        };
        check(units(&json["content"]) <= 2_000, "content");
        check(list(&json["embeds"]).len() <= 10, "embeds");
        let mut total = 0;
        for embed in list(&json["embeds"]) {
            let [title, text, footer] =
                [&embed["title"], &embed["description"], &embed["footer"]["text"]].map(units);
            check(title <= 256 && text <= 4_096 && footer <= 2_048, "an embed");
            total += title + text + footer;
            check(list(&embed["fields"]).len() <= 25, "fields");
            for field in list(&embed["fields"]) {
                let (name, value) = (units(&field["name"]), units(&field["value"]));
                check((1..=256).contains(&name) && (1..=1_024).contains(&value), "a field");
                total += name + value;
            }
        }
        check(total <= 6_000, "the total of embeds");
        check(list(&json["components"]).len() <= 5, "rows");
        let mut ids = std::collections::BTreeSet::new();
        for row in list(&json["components"]) {
            let inside = list(&row["components"]);
            check((1..=5).contains(&inside.len()), "a row");
            for part in inside {
                check(units(&part["custom_id"]) <= 100, "a custom id");
                if part["custom_id"].is_string() {
                    check(ids.insert(part["custom_id"].to_string()), "a custom id twice");
                }
                match part["type"].as_u64() {
                    Some(2) => check((1..=80).contains(&units(&part["label"])), "a label"),
                    Some(3) => {
                        check((1..=25).contains(&list(&part["options"]).len()), "options");
                        for option in list(&part["options"]) {
                            let [label, value] = [&option["label"], &option["value"]].map(units);
                            check(
                                (1..=100).contains(&label) && (1..=100).contains(&value),
                                "an option",
                            );
                        }
                    }
                    _ => check(false, "a component"),
                }
            }
        }
        check(json["allowed_mentions"]["parse"] == serde_json::json!([]), "mentions");
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_message_exceeds_a_limit(message in message()) {
            let mut refused = refusals(&message.to_json());
            // Which buttons a message has is up to the view; that they differ is checked there.
            refused.retain(|what| what != "a custom id twice");
            prop_assert_eq!(refused, Vec::<String>::new());
        }
    }

    #[test]
    fn a_message_beyond_every_limit_is_recognized() {
        let long = "x".repeat(5_000);
        let json = serde_json::json!({ "content": long, "embeds": [{ "title": long }], "components": [{}] });
        assert_eq!(refusals(&json), ["content", "an embed", "a row", "mentions"]);
    }
}
