//! Commands that are typed.
use serde_json::{Value, json};

use super::reaction::Reaction;
use super::{CannotDo, Choice, Person, cannot};
use crate::discord::interactions::interaction_kind;
use crate::discord::model::{Channel, Id, kind};
use crate::discord::permissions::permission::{ADMINISTRATOR, USE_APPLICATION_COMMANDS};
use crate::discord::world::{Command, World};

/// The commands that `user` is shown in `channel`.
pub(crate) fn shown_commands<'a>(
    world: &'a World,
    channel: &'a Channel,
    user: Id,
) -> impl Iterator<Item = &'a Command> {
    let may = world.permissions(channel, user);
    world.commands.iter().filter(move |command| {
        if channel.kind == kind::DM {
            let contexts = command.body["contexts"].as_array();
            let allows = contexts.map_or(command.body["dm_permission"] != false, |all| {
                all.iter().any(|context| context == 1)
            });
            return command.guild.is_none() && allows;
        }
        let in_scope = command.guild.is_none_or(|guild| channel.guild == Some(guild));
        let in_guild = command.body["contexts"]
            .as_array()
            .is_none_or(|all| all.iter().any(|context| context == 0));
        let needs = command.body["default_member_permissions"].as_str();
        let needs = needs.and_then(|bits| bits.parse::<u64>().ok());
        let allows = match needs {
            None => true,
            // Zero means administrators alone.
            Some(0) => may & ADMINISTRATOR != 0,
            Some(bits) => may & bits == bits,
        };
        in_scope && in_guild && allows && may & USE_APPLICATION_COMMANDS != 0
    })
}

/// A command that was found by what is typed: its options, and the names of sub-commands on the way.
struct Typed {
    id: Id,
    guild: Option<Id>,
    name: String,
    below: Vec<(u64, String)>,
    options: Vec<Value>,
}

impl Person {
    /// What this person can type here: `/foundry start`, …
    pub fn commands(&self) -> Result<Vec<String>, CannotDo> {
        let mut world = self.discord.shared.write();
        let channel = self.channel(&mut world)?;
        let Some(channel) = world.channels.get(&channel) else { return Ok(Vec::new()) };
        let mut paths = Vec::new();
        for command in shown_commands(&world, channel, self.id) {
            collect(&command.body, &format!("/{}", command.name()), &mut paths);
        }
        Ok(paths)
    }

    /// Sends a command: `/foundry start` with options by name. Texts are read as the option wants them; users by name or id.
    pub fn slash(&self, path: &str, options: &[(&str, &str)]) -> Result<Reaction, CannotDo> {
        let (channel, typed) = self.find(path)?;
        for option in &typed.options {
            let name = option["name"].as_str().unwrap_or_default();
            if option["required"] == true && !options.iter().any(|(given, _)| *given == name) {
                return cannot(format!("the option {name:?} is required"));
            }
        }
        let data = self.data(&typed, options, None)?;
        self.interact((interaction_kind::COMMAND, channel), data, None)
    }

    /// Types into an option, and asks for choices; `others` are filled in already.
    pub async fn complete(
        &self,
        path: &str,
        typed: (&str, &str),
        others: &[(&str, &str)],
    ) -> Result<Vec<Choice>, CannotDo> {
        let reaction = self.asks(path, typed, others)?;
        Ok(reaction.choices().await)
    }

    /// The same, without waiting.
    pub(crate) fn asks(
        &self,
        path: &str,
        (option, text): (&str, &str),
        others: &[(&str, &str)],
    ) -> Result<Reaction, CannotDo> {
        let (channel, typed) = self.find(path)?;
        let found = typed.options.iter().find(|it| it["name"] == option);
        if !found.is_some_and(|it| it["autocomplete"] == true) {
            return cannot(format!("the option {option:?} offers no choices while typing"));
        }
        let mut options = others.to_vec();
        options.push((option, text));
        let data = self.data(&typed, &options, Some(option))?;
        self.interact((interaction_kind::AUTOCOMPLETE, channel), data, None)
    }

    fn find(&self, path: &str) -> Result<(Id, Typed), CannotDo> {
        let mut world = self.discord.shared.write();
        let id = self.channel(&mut world)?;
        let Some(channel) = world.channels.get(&id) else { return cannot("the channel is gone") };
        let mut words = path.trim_start_matches('/').split_whitespace();
        let name = words.next().unwrap_or_default();
        let shown = shown_commands(&world, channel, self.id).find(|it| it.name() == name);
        let Some(command) = shown else {
            return cannot(format!("no command /{name} is shown here"));
        };
        let mut typed = Typed {
            id: command.id,
            guild: command.guild,
            name: name.to_owned(),
            below: Vec::new(),
            options: list(&command.body),
        };
        for word in words {
            let found = typed.options.iter().find(|it| it["name"] == word && nests(it)).cloned();
            let Some(found) = found else { return cannot(format!("{path}: no {word:?} is shown")) };
            typed.below.push((found["type"].as_u64().unwrap_or(1), word.to_owned()));
            typed.options = list(&found);
        }
        if typed.options.iter().any(nests) {
            return cannot(format!("{path} is not a whole command"));
        }
        Ok((id, typed))
    }

    fn data(
        &self,
        typed: &Typed,
        options: &[(&str, &str)],
        focused: Option<&str>,
    ) -> Result<Value, CannotDo> {
        let world = self.discord.shared.read();
        let (mut filled, mut resolved) = (Vec::new(), json!({}));
        for (name, text) in options {
            let Some(option) = typed.options.iter().find(|it| it["name"] == *name) else {
                return cannot(format!("no option {name:?}"));
            };
            let is_focused = focused == Some(*name);
            let kind = option["type"].as_u64().unwrap_or(3);
            let value = if is_focused { json!(text) } else { read_value(&world, option, text)? };
            resolve(&world, (kind, self.guild), &value, &mut resolved);
            let mut given = json!({"name": name, "type": kind, "value": value});
            if is_focused {
                given["focused"] = json!(true);
            }
            filled.push(given);
        }
        let mut inner = json!(filled);
        for (kind, name) in typed.below.iter().rev() {
            inner = json!([{"type": kind, "name": name, "options": inner}]);
        }
        let mut data = json!({"id": typed.id, "name": typed.name, "type": 1, "options": inner});
        if let Some(guild) = typed.guild {
            data["guild_id"] = json!(guild);
        }
        if resolved.as_object().is_some_and(|all| !all.is_empty()) {
            data["resolved"] = resolved;
        }
        Ok(data)
    }
}

fn list(of: &Value) -> Vec<Value> {
    of["options"].as_array().cloned().unwrap_or_default()
}

fn nests(option: &Value) -> bool {
    matches!(option["type"].as_u64(), Some(1 | 2))
}

fn collect(of: &Value, path: &str, into: &mut Vec<String>) {
    let below: Vec<_> = list(of).into_iter().filter(nests).collect();
    if below.is_empty() {
        into.push(path.to_owned());
    }
    for option in below {
        let name = option["name"].as_str().unwrap_or_default();
        collect(&option, &format!("{path} {name}"), into);
    }
}

/// What `text` is as a value of an option, as a client checks it.
fn read_value(world: &World, option: &Value, text: &str) -> Result<Value, CannotDo> {
    let name = option["name"].as_str().unwrap_or_default();
    let choices = option["choices"].as_array().map_or(&[][..], Vec::as_slice);
    let value = match option["type"].as_u64() {
        Some(4) => text.parse::<i64>().ok().map(Value::from),
        Some(10) => text.parse::<f64>().ok().map(Value::from),
        Some(5) => text.parse::<bool>().ok().map(Value::from),
        Some(6..=9) => by_name(world, text).map(|id| json!(id)),
        _ => Some(json!(text)),
    };
    let Some(value) = value else { return cannot(format!("{text:?} is nothing for {name:?}")) };
    if let Some(text) = value.as_str().filter(|_| option["type"] == 3) {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let (least, most) = (option["min_length"].as_u64(), option["max_length"].as_u64());
        if least.is_some_and(|least| length < least) || length > most.unwrap_or(6000) {
            return cannot(format!("{name:?} has {length} characters"));
        }
    }
    if choices.is_empty() {
        return Ok(value);
    }
    let chosen = choices.iter().find(|choice| choice["name"] == text || choice["value"] == value);
    match chosen {
        Some(choice) => Ok(choice["value"].clone()),
        None => cannot(format!("{text:?} is not among the choices of {name:?}")),
    }
}

fn by_name(world: &World, text: &str) -> Option<Id> {
    let of_users = world.users.values().find(|user| user.name == text).map(|user| user.id);
    let of_channels = world.channels.values().find(|it| it.name == text).map(|it| it.id);
    let mut roles = world.guilds.values().flat_map(|guild| guild.roles.values());
    let of_roles = roles.find(|role| role.name == text).map(|role| role.id);
    Id::parse(text).or(of_users).or(of_channels).or(of_roles)
}

/// What an app is told of the users, channels and roles that were named.
fn resolve(world: &World, (kind, guild): (u64, Id), value: &Value, into: &mut Value) {
    let Some(id) = value.as_str().and_then(Id::parse) else { return };
    let key = id.to_string();
    if matches!(kind, 6 | 9)
        && let Some(user) = world.users.get(&id)
    {
        into["users"][&key] = user.json();
        let member = world.guilds.get(&guild).and_then(|guild| guild.members.get(&id));
        if let Some(member) = member {
            into["members"][&key] = member.partial();
            into["members"][&key]["permissions"] = json!("0");
        }
    }
    if kind == 7
        && let Some(channel) = world.channels.get(&id)
    {
        into["channels"][&key] = channel.json();
        into["channels"][&key]["permissions"] = json!("0");
    }
    let role = world.guilds.get(&guild).and_then(|guild| guild.roles.get(&id));
    if matches!(kind, 8 | 9)
        && let Some(role) = role
    {
        into["roles"][&key] = role.json();
    }
}
