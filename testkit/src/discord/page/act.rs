//! What someone does on the page.
use serde_json::{Value, json};

use crate::discord::model::Id;
use crate::discord::person::{CannotDo, Person, Reaction, ShownMessage, ShownModal};
use crate::discord::stand_in::DiscordStandIn;

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn id(of: &Value, name: &str) -> Result<Id, CannotDo> {
    Id::parse(text(of, name)).ok_or_else(|| CannotDo(format!("no {name} is named")))
}

/// Pairs of texts in an object.
fn pairs(of: &Value) -> Vec<(&str, &str)> {
    let all = of.as_object().into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
}

/// Does it, and says what came of it.
pub(super) async fn act(discord: &DiscordStandIn, body: &Value) -> Result<Value, CannotDo> {
    if text(body, "do") == "join" {
        return join(discord, text(body, "name"));
    }
    let person = Person::new(discord, id(body, "as")?, discord.guild());
    let person = match text(body, "channel") {
        "conversation" => person.in_conversation(),
        channel => Id::parse(channel).map_or_else(|| person.clone(), |id| person.in_channel(id)),
    };
    let given = pairs(&body["options"]);
    let reaction = match text(body, "do") {
        "command" => person.slash(text(body, "path"), &given)?,
        "complete" => {
            let typed = (text(body, "option"), text(body, "typed"));
            return complete(person.asks(text(body, "path"), typed, &given)?).await;
        }
        "press" => person.press_stale(&message(&person, body)?, text(body, "custom_id"))?,
        "choose" => {
            let values: Vec<_> =
                body["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            person.choose(&message(&person, body)?, text(body, "custom_id"), &values)?
        }
        "submit" => {
            let open = person.open_modal();
            let open = open.ok_or_else(|| CannotDo("the modal is not open any more".to_owned()))?;
            person.submit(&open, &given)?
        }
        "say" => {
            let said = discord.say(&person, id(body, "channel")?, text(body, "text"));
            return Ok(json!({"message": said}));
        }
        "dms" => {
            person.set_takes_dms(body["takes"] == true);
            return Ok(json!({}));
        }
        other => return Err(CannotDo(format!("{other:?} is nothing that can be done"))),
    };
    outcome(&reaction).await
}

fn join(discord: &DiscordStandIn, name: &str) -> Result<Value, CannotDo> {
    let name = name.trim().to_lowercase();
    let fits = (2..=32).contains(&name.chars().count());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if !fits || !name.chars().all(plain) {
        return Err(CannotDo(
            "A user name has 2 to 32 letters, digits, dots and underscores.".to_owned(),
        ));
    }
    Ok(json!({"user": discord.user(&name).id()}))
}

fn message(person: &Person, body: &Value) -> Result<ShownMessage, CannotDo> {
    let (channel, message) = (id(body, "in")?, id(body, "message")?);
    let found = person.messages(channel).into_iter().find(|it| it.id == message);
    found.ok_or_else(|| CannotDo("the message is not there any more".to_owned()))
}

async fn complete(reaction: Reaction) -> Result<Value, CannotDo> {
    match reaction.acknowledged().await {
        Ok(8) => {
            let choices = reaction.choices().await;
            let choices = choices.into_iter().map(|it| json!({"name": it.name, "value": it.value}));
            Ok(json!({"choices": choices.collect::<Vec<_>>()}))
        }
        Ok(_) => Err(CannotDo("the app offered no choices".to_owned())),
        Err(why) => Err(CannotDo(why.to_string())),
    }
}

/// The end of an interaction: nothing to say, a modal to fill in, or that the app did not respond.
async fn outcome(reaction: &Reaction) -> Result<Value, CannotDo> {
    match reaction.acknowledged().await {
        Ok(9) => Ok(json!({"modal": reaction.shown_modal().as_ref().map(modal)})),
        Ok(_) => Ok(json!({})),
        Err(why) => {
            let why = why.to_string();
            let (first, rest) = why.split_at(1);
            Err(CannotDo(format!("{}{rest}.", first.to_uppercase())))
        }
    }
}

fn modal(modal: &ShownModal) -> Value {
    let fields = modal.fields.iter().map(|field| {
        json!({
            "label": field.label, "id": field.custom_id, "value": field.value, "kind": field.kind,
            "required": field.is_required, "least": field.length.0, "most": field.length.1,
            "paragraph": field.is_paragraph, "placeholder": field.placeholder, "options": field.options,
        })
    });
    json!({"title": modal.title, "fields": fields.collect::<Vec<_>>()})
}
