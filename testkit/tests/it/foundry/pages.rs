//! What a person sees.
use testkit::foundry::{DataFolder, Launch};

use super::visitor::Visitor;
use super::{EXE, V13, V14, licensed, playing};

/// Accessibility of every page.
fn is_accessible(html: &str) {
    assert!(html.contains("<html lang=\"en\">"));
    assert!(html.contains("<meta name=\"viewport\""));
    assert_eq!(html.matches("<main>").count(), 1);
    assert_eq!(html.matches("<h1>").count(), 1, "{html}");
    assert!(html.contains("<title>") && !html.contains("<title> ·"));
    for id in html.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id} is there once");
    }
    for field in html.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
        let id = field.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
        let hidden = field.contains("type=\"hidden\"");
        let labelled = id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
        let wrapped = html.contains(&format!("<label><input{field}>"));
        assert!(hidden || labelled || wrapped, "no label for <input{field}>");
    }
}

fn says_what_it_is(html: &str) {
    assert!(html.contains("Stand-in: not Foundry"), "{html}");
}

#[tokio::test]
async fn every_page_says_that_it_is_not_foundry_and_can_be_read_aloud() {
    let playing = playing(V13).ready().await;
    Visitor::of(&playing).until_active(true).await;
    let idle = licensed(V13).ready().await;
    let bare = Launch::of(EXE, V13).ready().await;
    let unsigned = Launch::of(EXE, V13).prepared(DataFolder::with_unsigned_license).ready().await;
    for (program, path) in [
        (&playing, "/join"),
        (&playing, "/nowhere"),
        (&idle, "/auth"),
        (&idle, "/join"),
        (&bare, "/license"),
        (&unsigned, "/license"),
    ] {
        let html = Visitor::of(program).get(path).await.text();
        says_what_it_is(&html);
        is_accessible(&html);
    }
}

#[tokio::test]
async fn the_setup_page_and_the_game_are_pages_like_the_others() {
    let launch = Launch::of(EXE, V14)
        .prepared(|data| data.with_signed_license().with_world("one", V14).with_world("two", V14));
    let program = launch.ready().await;
    let html = Visitor::of(&program).get("/setup").await.text();
    is_accessible(&html);
    assert!(html.contains("data-world=\"one\"") && html.contains("World two"));
}

#[tokio::test]
async fn a_title_with_markup_is_shown_and_not_obeyed() {
    let launch = playing(V13).prepared(|data| {
        let file = data.world(super::WORLD).join("world.json");
        let manifest = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, manifest.replace("World the-world", "<script>x</script>")).unwrap();
        data
    });
    let program = launch.ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let html = person.get("/join").await.text();
    assert!(html.contains("&lt;script&gt;x") && !html.contains("<script>x"));
}

#[tokio::test]
async fn the_join_page_has_the_class_a_client_looks_for_and_no_users_to_scrape() {
    let program = playing(V13).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let html = person.get("/join").await.text();
    assert!(html.contains("<body class=\"vtt auth join\""));
    assert!(!html.contains("Gamemaster</"));
}
