//! Embeds.
use serde_json::Value;

use super::field::Fields;
use crate::discord::error::FieldErrors;

/// Characters of all embeds of a message.
const ALL: usize = 6_000;

const WEB: &[&str] = &["http", "https"];
const IMAGE: &[&str] = &["http", "https", "attachment"];

pub(super) fn check_embeds(errors: &mut FieldErrors, message: &Fields<'_>) {
    message.count(errors, "embeds", 0, 10);
    let mut total = 0;
    for (at, embed) in message.list("embeds").iter().enumerate() {
        check_embed(errors, &Fields::at(embed, message.path(&format!("embeds.{at}"))));
        total += characters(embed);
    }
    if total > ALL {
        let words = format!("Embed size exceeds maximum size of {ALL}");
        errors.add(&message.path("embeds"), "MAX_EMBED_SIZE_EXCEEDED", &words);
    }
}

fn check_embed(errors: &mut FieldErrors, embed: &Fields<'_>) {
    embed.length(errors, "title", 0, 256);
    embed.length(errors, "description", 0, 4096);
    embed.url(errors, "url", WEB);
    embed.number(errors, "color", 0, 0xff_ff_ff);
    embed.count(errors, "fields", 0, 25);
    for (at, field) in embed.list("fields").iter().enumerate() {
        let field = Fields::at(field, embed.path(&format!("fields.{at}")));
        field.required(errors, "name", 256);
        field.required(errors, "value", 1024);
    }
    let part = |name: &str| embed.get(name).map(|part| Fields::at(part, embed.path(name)));
    if let Some(footer) = part("footer") {
        footer.required(errors, "text", 2048);
        footer.url(errors, "icon_url", IMAGE);
    }
    if let Some(author) = part("author") {
        author.required(errors, "name", 256);
        author.url(errors, "url", WEB);
        author.url(errors, "icon_url", IMAGE);
    }
    for image in ["image", "thumbnail"] {
        if let Some(image) = part(image) {
            image.url(errors, "url", IMAGE);
        }
    }
}

/// What counts towards the total: title, description, names and values of fields, footer and author.
fn characters(embed: &Value) -> usize {
    let count = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let fields = embed["fields"].as_array().map_or(&[][..], Vec::as_slice);
    let of_fields: usize =
        fields.iter().map(|field| count(&field["name"]) + count(&field["value"])).sum();
    count(&embed["title"])
        + count(&embed["description"])
        + count(&embed["footer"]["text"])
        + count(&embed["author"]["name"])
        + of_fields
}
