//! The bot as `up` runs it, over a gateway and an API that are as strict as Discord's.
use std::path::Path;

use refractory_core::model::{Identity, InstanceState, Role};
use refractory_core::{Addressing, MintedToken, Secret};
use refractory_discord::{DiscordConfig, service};
use testkit::discord::{DiscordStandIn, StandInOptions};
use tokio::sync::oneshot;

use crate::fake::Club;

fn sign_in_url(_: &Addressing, minted: &MintedToken) -> String {
    format!("https://portal.test/?token={}", minted.secret.expose())
}

/// The configuration that leads to `discord`.
fn config(discord: &DiscordStandIn) -> DiscordConfig {
    let mut config = DiscordConfig::default();
    config.token = Some(Secret::new(discord.token()));
    config.api = Some(discord.url());
    config
}

/// A Discord that keeps what the bot sends; `.ci/run` holds it against Discord's own description.
fn discord() -> DiscordStandIn {
    let record_to = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("discord-bodies"));
    DiscordStandIn::start(&StandInOptions { record_to, ..StandInOptions::default() })
}

#[tokio::test]
async fn a_user_links_their_account_and_plays_with_it() {
    let discord = discord();
    let club = Club::open().await;
    let jane = testkit::people::fresh_user(&club.app, "jane", Role::GameMaster).await;
    let table = club.table(&jane, "friday").await;
    let (stop, stopped) = oneshot::channel::<()>();
    let config = config(&discord);
    let runs = service::run(&club.app, &config, Some(sign_in_url), async {
        drop(stopped.await);
    });
    let user = discord.user("jane");
    let plays = async {
        discord.wait_connected(1).await;
        let stranger = user.slash("/foundry dashboard", &[]).unwrap().message().await;
        assert!(stranger.is_ephemeral, "{stranger:?}");
        let modal = user.press(&stranger, "Link account").unwrap().modal().await;
        let link = club.app.sign_in_link(&club.app.operator(), jane.user().unwrap()).await.unwrap();
        let link = sign_in_url(club.app.addressing(), &link);
        let sent = user.submit(&modal, &[("Your sign-in link", &link)]).unwrap();
        let linked =
            sent.follow_up("that it is linked", |message| message.text().contains("now linked"));
        assert!(linked.await.is_ephemeral);

        let dashboard = user.slash("/foundry dashboard", &[]).unwrap().message().await;
        assert!(dashboard.text().contains("friday"), "{}", dashboard.text());
        let pressed = user.press(&dashboard, "Start").unwrap();
        let on = pressed
            .message_with("a table that is on", |message| message.text().contains("Ready to play"));
        assert!(on.await.button("Stop").is_some());
        let now = club.app.get(&jane, &table.id).await.unwrap();
        assert_eq!(now.state(), InstanceState::On);

        let identity = Identity::discord(&user.id().to_string()).unwrap();
        assert!(
            club.app
                .identify(&identity, refractory_core::model::Via::Discord)
                .await
                .unwrap()
                .is_some()
        );
        stop.send(()).unwrap();
    };
    let (ran, ()) = tokio::join!(runs, plays);
    ran.unwrap();
    let said: Vec<_> = discord.requests().iter().map(|request| format!("{request:?}")).collect();
    assert!(said.iter().any(|request| request.contains("commands")), "{said:?}");
}

#[tokio::test]
async fn a_token_that_discord_does_not_accept_is_said_and_not_tried_again() {
    let discord = discord();
    let club = Club::open().await;
    let mut config = config(&discord);
    config.token = Some(Secret::new("not-the-token"));
    let ended = service::run(&club.app, &config, None, std::future::pending()).await.unwrap_err();
    assert!(ended.for_people().contains("does not accept the bot's token"), "{ended:?}");
    assert!(!format!("{ended:?}").contains("not-the-token"));
}
