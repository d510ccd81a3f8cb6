//! What is said and done when users use the bot.
use std::time::Duration;

use refractory_core::model::{Identity, InstanceState, Power, Role, Via};
use serde_json::json;

use crate::fake::{Club, JANE, courier, texts};

const JOE: u64 = 80_351_110_224_678_999;

#[tokio::test(start_paused = true)]
async fn a_table_is_started_and_followed_until_it_is_on() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    let table = club.table(&jane, "friday").await;
    let calls = club.ask(club.command(JANE, ["foundry", "start"], &[])).await;
    assert_eq!(calls[0].body, json!({ "type": 5, "data": { "flags": 64 } }));
    assert!(calls[1..].iter().all(|call| call.what == "edit-answer"), "{calls:?}");
    let last = texts(&calls.last().unwrap().body);
    assert!(
        last.contains("Ready to play") && last.contains("Stop") && !last.contains("Start\""),
        "{last}"
    );
    assert!(calls.len() >= 3, "the way there was shown: {calls:?}");
    assert_eq!(club.app.get(&jane, &table.id).await.unwrap().state(), InstanceState::On);
}

#[tokio::test(start_paused = true)]
async fn a_button_of_the_users_own_message_changes_that_message() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    let table = club.table(&jane, "friday").await;
    let calls = club.ask(club.press(JANE, &format!("rf1:start:{}", table.id))).await;
    assert_eq!(calls[0].body, json!({ "type": 6 }));
    assert!(texts(&calls.last().unwrap().body).contains("Ready to play"));

    club.world.set_players(&table.id, 2);
    let calls = club.ask(club.press(JANE, &format!("rf1:stop:{}:0:0", table.id))).await;
    assert_eq!(calls[1].what, "add-answer", "the question stands beside the table");
    assert!(texts(&calls[1].body).contains("2 people are playing"), "{calls:?}");
    assert_eq!(club.app.get(&jane, &table.id).await.unwrap().desired.power, Power::On);

    let calls = club.ask(club.press(JANE, &format!("rf1:stop:{}:0:1", table.id))).await;
    assert!(texts(&calls.last().unwrap().body).contains("Off"), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_told_how_to_link_and_then_is_someone() {
    let club = Club::open().await;
    let jane = testkit::people::fresh_user(&club.app, "jane", Role::GameMaster).await;
    club.table(&jane, "friday").await;
    let calls = club.ask(club.command(JANE, ["foundry", "dashboard"], &[])).await;
    assert!(texts(&calls[1].body).contains("rf1:link"), "{calls:?}");
    let form = club.ask(club.press(JANE, "rf1:link")).await;
    assert_eq!((form.len(), &form[0].body["type"]), (1, &json!(9)), "a form opens at once");

    let minted = club.app.sign_in_link(&club.app.operator(), jane.user().unwrap()).await.unwrap();
    let link = format!("https://portal.test/sign-in/link?token={}", minted.secret.expose());
    let calls = club.ask(club.form(JANE, "rf1:link", &link)).await;
    assert!(texts(&calls[1].body).contains("now linked"), "{calls:?}");
    let identity = Identity::discord(&JANE.to_string()).unwrap();
    let who = club.app.identify(&identity, Via::Discord).await.unwrap().unwrap();
    assert_eq!(who.user(), jane.user());

    let again = club.ask(club.form(JOE, "rf1:link", &link)).await;
    assert!(texts(&again[1].body).contains("Not allowed"), "{again:?}");
    let calls = club.ask(club.command(JANE, ["foundry", "dashboard"], &[])).await;
    assert!(texts(&calls[1].body).contains("friday"));
}

#[tokio::test(start_paused = true)]
async fn linking_leaves_no_session_behind() {
    let club = Club::open().await;
    let jane = testkit::people::fresh_user(&club.app, "jane", Role::Player).await;
    let minted = club.app.sign_in_link(&club.app.operator(), jane.user().unwrap()).await.unwrap();
    club.user("joe", JOE, Role::Player).await;
    // An account that belongs to another user: the link is not even used up.
    let calls = club.ask(club.form(JOE, "rf1:link", minted.secret.expose())).await;
    assert!(texts(&calls[1].body).contains("already linked"), "{calls:?}");
    let taken = club.app.take_sign_in_link(minted.secret.expose(), Via::Web, None).await.unwrap();
    assert_eq!(taken.map(|user| user.id).as_ref(), jane.user());
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_two_processes_and_two_clicks_do_one_thing() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    let table = club.table(&jane, "friday").await;
    let started = club.ask(club.command(JANE, ["foundry", "start"], &[])).await;
    assert!(texts(&started.last().unwrap().body).contains("Ready to play"));
    let asked = club.app.get(&jane, &table.id).await.unwrap().generation;

    let other = courier(&club.app, &club.discord);
    let press = club.press(JANE, &format!("rf1:restart:{}:1", table.id));
    let twice = club.press(JANE, &format!("rf1:restart:{}:1", table.id));
    tokio::join!(
        club.courier.deliver(&press),
        club.courier.deliver(&press),
        other.deliver(&press),
        club.courier.deliver(&twice),
    );
    let now = club.app.get(&jane, &table.id).await.unwrap();
    assert_eq!((now.generation, now.state()), (asked + 1, InstanceState::On));
    let acknowledged = club.discord.calls().into_iter().filter(|call| call.body["type"] == 6);
    assert_eq!(acknowledged.count(), 2, "one for each press");
}

#[tokio::test(start_paused = true)]
async fn what_one_may_not_see_does_not_exist_and_what_one_may_not_do_is_refused() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    club.user("joe", JOE, Role::Player).await;
    let table = club.table(&jane, "friday").await;
    for action in ["start", "license", "take-license"] {
        let calls = club.ask(club.press(JOE, &format!("rf1:{action}:{}", table.id))).await;
        assert!(texts(&calls[1].body).contains("Not allowed"), "{action}: {calls:?}");
    }
    let calls = club.ask(club.form(JOE, &format!("rf1:delete:{}", table.id), "friday")).await;
    assert!(texts(&calls[1].body).contains("Not allowed"), "{calls:?}");
    for sub in ["overview", "instances", "licenses", "health"] {
        let calls = club.ask(club.command(JOE, ["foundry-admin", sub], &[])).await;
        assert!(texts(&calls[1].body).contains("Not allowed"), "{sub}: {calls:?}");
    }
    let hidden = club.ask(club.command(JOE, ["foundry", "status"], &[("table", "nothing")])).await;
    assert!(texts(&hidden[1].body).contains("Not found"), "{hidden:?}");
    assert_eq!(club.app.get(&jane, &table.id).await.unwrap().desired.power, Power::Off);
}

#[tokio::test(start_paused = true)]
async fn a_table_is_deleted_once_its_name_is_typed() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    let table = club.table(&jane, "friday").await;
    let delete = format!("rf1:delete:{}", table.id);
    let form = club.ask(club.press(JANE, &delete)).await;
    assert_eq!(form[0].body["type"], 9);
    let wrong = club.ask(club.form(JANE, &delete, "monday")).await;
    assert!(texts(&wrong[1].body).contains("type its name"), "{wrong:?}");
    let right = club.ask(club.form(JANE, &delete, "friday")).await;
    assert!(texts(&right.last().unwrap().body).contains("Table deleted"), "{right:?}");
    assert!(club.app.get(&club.app.operator(), &table.id).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn typed_text_is_completed_from_memory_with_what_the_user_may_use() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    club.user("joe", JOE, Role::Player).await;
    club.table(&jane, "friday").await;
    club.table(&jane, "monday").await;
    let typed = |account, sub: &str, text: &str| {
        let option = json!({ "type": 3, "name": "table", "value": text, "focused": true });
        let data = json!({ "name": "foundry", "options": [{ "type": 1, "name": sub, "options": [option] }] });
        club.interaction(account, 4, &data, false)
    };
    // The first letter only makes the caller known.
    let first = club.ask(typed(JANE, "start", "f")).await;
    assert_eq!(first[0].body["data"]["choices"], json!([]));
    let second = club.ask(typed(JANE, "start", "FRI")).await;
    assert_eq!(
        second[0].body["data"]["choices"],
        json!([{ "name": "friday (Off)", "value": "friday" }])
    );
    club.ask(typed(JOE, "start", "f")).await;
    assert_eq!(club.ask(typed(JOE, "start", "f")).await[0].body["data"]["choices"], json!([]));
    // A minute later it is asked again who they are.
    club.ask(typed(JOE, "status", "f")).await;
    let seen = club.ask(typed(JOE, "status", "f")).await;
    assert_eq!(seen[0].body["data"]["choices"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_fifteen_minutes_the_answer_comes_as_a_direct_message_or_is_named_in_the_channel() {
    let club = Club::open().await;
    let [jane, joe] = [
        club.user("jane", JANE, Role::GameMaster).await,
        club.user("joe", JOE, Role::GameMaster).await,
    ];
    let holder = club.table(&joe, "monday").await;
    club.ask(club.command(JOE, ["foundry", "start"], &[("table", "monday")])).await;
    club.world.set_players(&holder.id, 3);
    tokio::time::sleep(Duration::from_mins(1)).await;
    // There is one license, and people play at the table that has it.
    let waiting = club.table(&jane, "friday").await;
    for closed in [false, true] {
        if closed {
            club.discord.close_direct_messages();
            club.app.stop(&jane, &waiting.id, refractory_core::model::Urgency::Now).await.unwrap();
            tokio::time::sleep(Duration::from_mins(1)).await;
            club.world.set_players(&holder.id, 3);
            club.app.start(&joe, &holder.id).await.unwrap();
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        let seen = club.discord.calls().len();
        let asks = club.ask(club.command(JANE, ["foundry", "start"], &[("table", "friday")]));
        let frees = async {
            tokio::time::sleep(Duration::from_mins(16)).await;
            club.app.stop(&joe, &holder.id, refractory_core::model::Urgency::Now).await.unwrap();
        };
        let (calls, ()) = tokio::join!(asks, frees);
        assert!(texts(&calls[1].body).contains("Waiting for a license"), "{calls:?}");
        let late: Vec<_> = club
            .discord
            .calls()
            .split_off(seen)
            .into_iter()
            .filter(|call| call.what == "send")
            .collect();
        assert_eq!(late.len(), 1, "{late:?}");
        let shown = texts(&late[0].body);
        if closed {
            assert_eq!(late[0].to, "55");
            assert!(shown.contains("A late answer") && !shown.contains("friday"), "{shown}");
        } else {
            assert_eq!(late[0].to, (JANE + 1).to_string());
            assert!(shown.contains("friday"), "{shown}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn administrators_see_the_deployment_and_hand_licenses_over() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::Admin).await;
    let table = club.table(&jane, "friday").await;
    club.ask(club.command(JANE, ["foundry", "start"], &[])).await;
    let answer = |sub: &'static str, options: &'static [(&str, &str)]| {
        let asked = club.command(JANE, ["foundry-admin", sub], options);
        async { texts(&club.ask(asked).await.last().unwrap().body) }
    };
    assert!(answer("licenses", &[]).await.contains("used by friday"));
    assert!(answer("instances", &[]).await.contains("jane"));
    assert!(answer("health", &[]).await.contains("All is well"));
    assert!(answer("overview", &[]).await.contains("1 of 1"));
    club.world.set_players(&table.id, 1);
    assert!(
        answer("release-license", &[("license", "club")]).await.contains("1 person is playing")
    );
    club.world.set_players(&table.id, 0);
    assert!(answer("release-license", &[("license", "club")]).await.contains("Off"));
    assert!(answer("release-license", &[("license", "club")]).await.contains("Nothing to release"));
    assert!(answer("move", &[("to", "friday")]).await.contains("isn't waiting"));
}

#[tokio::test(start_paused = true)]
async fn the_portals_link_signs_in_and_backups_are_asked_for() {
    let club = Club::open().await;
    let jane = club.user("jane", JANE, Role::GameMaster).await;
    club.table(&jane, "friday").await;
    let calls = club.ask(club.command(JANE, ["foundry", "portal"], &[])).await;
    let shown = texts(&calls[1].body);
    let token = shown.split("token=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let user = club.app.take_sign_in_link(&token, Via::Web, None).await.unwrap().unwrap();
    assert_eq!(Some(&user.id), jane.user());

    let calls = club.ask(club.command(JANE, ["foundry", "backup"], &[])).await;
    assert!(texts(&calls[1].body).contains("no data"), "it was never started: {calls:?}");
    club.ask(club.command(JANE, ["foundry", "start"], &[])).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let calls = club.ask(club.command(JANE, ["foundry", "backup"], &[])).await;
    let shown = texts(&calls[1].body);
    assert!(
        shown.contains("A backup is being made") || shown.contains("Stop for the backup?"),
        "{shown}"
    );
}

#[tokio::test(start_paused = true)]
async fn buttons_of_another_version_lead_on() {
    let club = Club::open().await;
    for custom_id in ["rf0:start:x", "", "rf1:start:../../etc"] {
        let calls = club.ask(club.press(JANE, custom_id)).await;
        assert_eq!(calls.len(), 1);
        assert!(
            calls[0].body["data"]["embeds"].to_string().contains("/foundry dashboard"),
            "{calls:?}"
        );
    }
}
