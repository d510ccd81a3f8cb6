//! Discord's API over HTTP.
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use refractory_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use serenity::http::{Http, LightMethod, Request, Route};
use serenity::model::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId};

use super::DiscordAccess;
use super::error::of_call;
use crate::api::{DiscordApi, Immediate, MessageLocation, private};
use crate::interaction::{InteractionToken, Snowflake};
use crate::message::Message;

/// How long an acknowledgement may take: Discord forgets the interaction after three seconds.
const ACKNOWLEDGED: Duration = Duration::from_millis(2_500);
/// How long any other call may take, with the waits that Discord's limits ask for.
const CALL: Duration = Duration::from_mins(2);

/// Discord's API over HTTP.
pub struct Rest {
    http: Http,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest")
    }
}

/// The application that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: Snowflake,
    /// What it is called.
    pub name: String,
    /// The key that it signs interactions with, in hex.
    pub public_key: String,
}

impl Application {
    /// The link that adds the bot to a server, with the permissions that it uses and no others.
    pub fn invite_url(&self) -> String {
        const VIEW_CHANNEL: u64 = 1 << 10;
        const SEND_MESSAGES: u64 = 1 << 11;
        const EMBED_LINKS: u64 = 1 << 14;
        let permissions = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS;
        format!(
            "https://discord.com/oauth2/authorize?client_id={}&scope=bot%20applications.commands&permissions={permissions}",
            self.id
        )
    }
}

impl Rest {
    /// Reaches Discord as `access` says. Calls nothing yet.
    pub fn new(access: &DiscordAccess) -> Self {
        Self { http: access.http() }
    }

    /// The application that the token belongs to. The first call: it says whether the token is good.
    ///
    /// # Errors
    ///
    /// `Forbidden` for a token that Discord does not accept; `Unavailable`.
    pub async fn application(&self) -> Result<Application> {
        let route = Route::Oauth2ApplicationCurrent;
        let found = self.call(LightMethod::Get, route, None, CALL, "signing in to Discord").await?;
        let id = id_of(&found)?;
        self.http.set_application_id(application(id)?);
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        Ok(Application { id, name: text("name"), public_key: text("verify_key") })
    }

    /// Where the gateway is.
    pub(super) async fn gateway(&self) -> Result<String> {
        let found = self
            .call(LightMethod::Get, Route::Gateway, None, CALL, "looking for Discord's gateway")
            .await?;
        found["url"].as_str().map(ToOwned::to_owned).ok_or_else(unreadable)
    }

    async fn call(
        &self,
        method: LightMethod,
        route: Route<'_>,
        body: Option<&Value>,
        within: Duration,
        during: &'static str,
    ) -> Result<Value> {
        let request =
            Request::new(route, method).body(body.map(|body| body.to_string().into_bytes()));
        let called = async {
            let response = self.http.request(request).await?;
            Ok::<_, serenity::Error>(response.bytes().await?)
        };
        let answered = tokio::time::timeout(within, called).await;
        let late = |_| Error::new(ErrorKind::Unavailable, during).about("why", "no answer in time");
        let bytes = answered.map_err(late)?.map_err(|error| of_call(&error, during))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| unreadable())
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Unavailable, "reading an answer of Discord")
}

fn id_of(found: &Value) -> Result<Snowflake> {
    let id = found["id"].as_str().and_then(|id| id.parse().ok());
    id.map(Snowflake).ok_or_else(unreadable)
}

/// No id of Discord's is zero; the library ends the program on one that is.
fn checked(id: Snowflake) -> Result<u64> {
    if id.0 == 0 || id.0 == u64::MAX {
        Err(Error::new(ErrorKind::Invalid, "naming something in Discord"))
    } else {
        Ok(id.0)
    }
}

fn application(id: Snowflake) -> Result<ApplicationId> {
    checked(id).map(ApplicationId::new)
}

#[async_trait]
impl DiscordApi for Rest {
    async fn respond(
        &self,
        interaction: Snowflake,
        token: &InteractionToken,
        with: &Immediate,
    ) -> Result<()> {
        let interaction_id = InteractionId::new(checked(interaction)?);
        let route = Route::InteractionResponse { interaction_id, token: &token.secret };
        let body = with.to_json();
        let during = "acknowledging an interaction";
        self.call(LightMethod::Post, route, Some(&body), ACKNOWLEDGED, during).await.map(drop)
    }

    async fn edit_answer(&self, token: &InteractionToken, message: &Message) -> Result<()> {
        let application_id = application(token.application)?;
        let route =
            Route::WebhookOriginalInteractionResponse { application_id, token: &token.secret };
        let body = message.to_json();
        self.call(LightMethod::Patch, route, Some(&body), CALL, "editing an answer").await.map(drop)
    }

    async fn add_answer(&self, token: &InteractionToken, message: &Message) -> Result<()> {
        let application_id = application(token.application)?;
        let route = Route::WebhookFollowupMessages { application_id, token: &token.secret };
        let body = private(message);
        self.call(LightMethod::Post, route, Some(&body), CALL, "adding an answer").await.map(drop)
    }

    async fn send(&self, channel: Snowflake, message: &Message) -> Result<MessageLocation> {
        let route = Route::ChannelMessages { channel_id: ChannelId::new(checked(channel)?) };
        let body = message.to_json();
        let sent =
            self.call(LightMethod::Post, route, Some(&body), CALL, "sending a message").await?;
        Ok(MessageLocation { channel, message: id_of(&sent)? })
    }

    async fn edit(&self, at: MessageLocation, message: &Message) -> Result<()> {
        let channel_id = ChannelId::new(checked(at.channel)?);
        let message_id = MessageId::new(checked(at.message)?);
        let route = Route::ChannelMessage { channel_id, message_id };
        let body = message.to_json();
        self.call(LightMethod::Patch, route, Some(&body), CALL, "editing a message").await.map(drop)
    }

    async fn direct_channel(&self, account: u64) -> Result<Snowflake> {
        let body = json!({ "recipient_id": account.to_string() });
        let during = "opening a direct conversation";
        let opened = self
            .call(LightMethod::Post, Route::UserMeDmChannels, Some(&body), CALL, during)
            .await?;
        id_of(&opened)
    }

    async fn register(&self, commands: &Value, guilds: &[Snowflake]) -> Result<()> {
        let during = "registering commands";
        let Some(application_id) = self.http.application_id() else {
            return Err(Error::new(ErrorKind::Unexpected, during)
                .about("why", "the application is not known yet"));
        };
        if guilds.is_empty() {
            let route = Route::Commands { application_id };
            self.call(LightMethod::Put, route, Some(commands), CALL, during).await?;
        }
        for guild in guilds {
            let guild_id = GuildId::new(checked(*guild)?);
            let route = Route::GuildCommands { application_id, guild_id };
            self.call(LightMethod::Put, route, Some(commands), CALL, during).await?;
        }
        Ok(())
    }
}
