//! Discord in memory, a deployment of tables in memory, and a bot between them.
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use refractory_core::model::{
    Identity, Instance, InstanceSpec, NewInstance, Principal, Role, Slug, WorldId,
};
use refractory_core::{Error, ErrorKind, Refractory, Result, async_trait};
use refractory_discord::api::{DiscordApi, Immediate, MessageLocation, private};
use refractory_discord::interaction::{Interaction, InteractionToken, Snowflake};
use refractory_discord::message::Message;
use refractory_discord::{Bot, Courier};
use serde_json::{Value, json};
use testkit::people::fresh_user;
use testkit::world::World;
use tokio::task::JoinSet;

/// One call of the bot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) what: &'static str,
    pub(crate) to: String,
    pub(crate) body: Value,
}

/// Discord, as far as it answers: every call is noted.
#[derive(Debug, Default)]
pub(crate) struct FakeDiscord {
    pub(crate) calls: Mutex<Vec<Call>>,
    answered: Mutex<Vec<Snowflake>>,
    closed: Mutex<bool>,
}

impl FakeDiscord {
    fn note(&self, what: &'static str, to: &impl ToString, body: Value) {
        self.calls.lock().unwrap().push(Call { what, to: to.to_string(), body });
    }

    /// Direct messages are refused from now on.
    pub(crate) fn close_direct_messages(&self) {
        *self.closed.lock().unwrap() = true;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl DiscordApi for FakeDiscord {
    async fn respond(
        &self,
        interaction: Snowflake,
        token: &InteractionToken,
        with: &Immediate,
    ) -> Result<()> {
        let mut answered = self.answered.lock().unwrap();
        if answered.contains(&interaction) {
            return Err(Error::new(ErrorKind::Conflict, "answering an interaction"));
        }
        answered.push(interaction);
        self.note("respond", &token.secret, with.to_json());
        Ok(())
    }

    async fn edit_answer(&self, token: &InteractionToken, message: &Message) -> Result<()> {
        self.note("edit-answer", &token.secret, message.to_json());
        Ok(())
    }

    async fn add_answer(&self, token: &InteractionToken, message: &Message) -> Result<()> {
        self.note("add-answer", &token.secret, private(message));
        Ok(())
    }

    async fn send(&self, channel: Snowflake, message: &Message) -> Result<MessageLocation> {
        self.note("send", &channel, message.to_json());
        Ok(MessageLocation { channel, message: Snowflake(900) })
    }

    async fn edit(&self, at: MessageLocation, message: &Message) -> Result<()> {
        self.note("edit", &at.channel, message.to_json());
        Ok(())
    }

    async fn direct_channel(&self, account: u64) -> Result<Snowflake> {
        if *self.closed.lock().unwrap() {
            return Err(Error::new(ErrorKind::Forbidden, "opening a direct channel"));
        }
        Ok(Snowflake(account + 1))
    }

    async fn register(&self, commands: &Value, _: &[Snowflake]) -> Result<()> {
        self.note("register", &"", commands.clone());
        Ok(())
    }
}

/// A deployment with a bot.
pub(crate) struct Club {
    pub(crate) world: World,
    pub(crate) app: Refractory,
    pub(crate) discord: Arc<FakeDiscord>,
    pub(crate) courier: Courier,
    /// What runs for as long as this is there.
    _tasks: JoinSet<()>,
    next: Mutex<u64>,
}

pub(crate) const JANE: u64 = 80_351_110_224_678_912;

impl Club {
    /// A deployment with one license and a worker.
    pub(crate) async fn open() -> Self {
        let world = World::default();
        world.add_license("club").await.unwrap();
        let ports = world.ports();
        let (app, worker) =
            refractory_core::Builder::from_ports(ports).clock(world.clock()).build();
        let mut tasks = JoinSet::new();
        tasks.spawn(worker.run_until(std::future::pending()));
        let discord = Arc::new(FakeDiscord::default());
        let courier = courier(&app, &discord);
        let bot = Arc::clone(courier.bot());
        tasks.spawn(async move { bot.follow_tables().await });
        Self { world, app, discord, courier, _tasks: tasks, next: Mutex::new(1) }
    }

    /// A user called `name`, whose Discord account is `account`.
    pub(crate) async fn user(&self, name: &str, account: u64, role: Role) -> Principal {
        let who = fresh_user(&self.app, name, role).await;
        let identity = Identity::discord(&account.to_string()).unwrap();
        self.app.link_identity(&who, who.user().unwrap(), &identity).await.unwrap();
        who
    }

    /// A table of `owner` with a world.
    pub(crate) async fn table(&self, owner: &Principal, name: &str) -> Instance {
        let spec = InstanceSpec {
            world: Some(WorldId::new("strahd").unwrap()),
            ..InstanceSpec::default()
        };
        let new =
            NewInstance::named(Slug::new(name).unwrap()).owned_by(owner.user().unwrap().clone());
        self.app.create(&self.app.operator(), new.with_spec(spec)).await.unwrap()
    }

    /// An interaction that no one had before.
    pub(crate) fn interaction(
        &self,
        account: u64,
        kind: u64,
        data: &Value,
        ephemeral: bool,
    ) -> Interaction {
        let mut next = self.next.lock().unwrap();
        *next += 1;
        let flags = if ephemeral { 64 } else { 0 };
        let body = json!({
            "id": next.to_string(), "application_id": "7", "type": kind, "token": format!("token-{next}"), "data": data, "channel_id": "55",
            "user": { "id": account.to_string(), "username": "jane" }, "message": { "id": "77", "flags": flags },
        });
        Interaction::from_json(&body).unwrap()
    }

    pub(crate) fn command(
        &self,
        account: u64,
        path: [&str; 2],
        options: &[(&str, &str)],
    ) -> Interaction {
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| json!({ "type": 3, "name": name, "value": value }))
            .collect();
        let data = json!({ "name": path[0], "options": [{ "type": 1, "name": path[1], "options": options }] });
        self.interaction(account, 2, &data, false)
    }

    pub(crate) fn press(&self, account: u64, custom_id: &str) -> Interaction {
        self.interaction(account, 3, &json!({ "custom_id": custom_id }), true)
    }

    pub(crate) fn form(&self, account: u64, custom_id: &str, text: &str) -> Interaction {
        let field = json!({ "type": 4, "custom_id": "text", "value": text });
        let data =
            json!({ "custom_id": custom_id, "components": [{ "type": 1, "components": [field] }] });
        self.interaction(account, 5, &data, true)
    }

    /// Delivers an interaction, and returns what it came to when all of it is delivered.
    pub(crate) async fn ask(&self, interaction: Interaction) -> Vec<Call> {
        // Longer than a double click, and than a round of the worker.
        tokio::time::sleep(Duration::from_secs(45)).await;
        let token = interaction.token.secret.clone();
        self.courier.deliver(&interaction).await;
        self.discord.calls().into_iter().filter(|call| call.to == token).collect()
    }
}

/// Another process of the same bot.
pub(crate) fn courier(app: &Refractory, discord: &Arc<FakeDiscord>) -> Courier {
    let sign_in_url = |_: &refractory_core::Addressing, minted: &refractory_core::MintedToken| {
        format!("https://portal.test/?token={}", minted.secret.expose())
    };
    let bot = Arc::new(Bot::new(app.clone(), Some(sign_in_url)));
    Courier::new(bot, Arc::clone(discord) as Arc<dyn DiscordApi>)
}

/// The texts of a body, one after another.
pub(crate) fn texts(body: &Value) -> String {
    body["embeds"].to_string() + &body["components"].to_string()
}
