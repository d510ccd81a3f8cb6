//! The life of a table through pages, and who may do what.
use refractory_core::model::{Phase, Principal, Role};
use reqwest::StatusCode;

use super::support::{Browser, Place};

async fn make(browser: &mut Browser, title: &str) -> super::support::Answer {
    browser.submit_and_follow("/tables/new", "/tables", &[("title", title)]).await
}

#[tokio::test]
async fn a_table_is_made_started_stopped_renamed_and_deleted_without_scripts() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let page = make(&mut anna, "Curse of Strahd").await;
    assert!(page.text.contains("Curse of Strahd was created."), "{}", page.text);
    assert!(page.text.contains("curse-of-strahd.localhost") && page.text.contains("</span>Off"));
    let system = Principal::operator();
    let table = place.refractory.find(&system, "curse-of-strahd").await.unwrap();
    anna.submit_and_follow("/", "/tables/curse-of-strahd/start", &[("back", "/")]).await;
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&system, &table.id, on).await.unwrap();
    let page = anna.get("/tables/curse-of-strahd").await;
    assert!(page.text.contains("Ready to play") && page.text.contains("started Curse of Strahd"));
    // Players are not told apart at its address: a user who may play, and no one else, could not get in.
    let access = [("view", "signed-in"), ("play", "signed-in"), ("game_master", "no-one")];
    let access = [&access[..], &[("manage", "no-one")]].concat();
    let settings = "/tables/curse-of-strahd/settings";
    anna.submit_and_follow(settings, "/tables/curse-of-strahd/access", &access).await;
    let page = anna.get("/tables/curse-of-strahd").await;
    assert!(page.text.contains("On, closed to players") && page.text.contains("no one can join"));
    assert!(!page.text.contains("data-key=\"open\""), "{}", page.text);
    anna.submit_and_follow("/", "/tables/curse-of-strahd/stop", &[("back", "/")]).await;
    place.refractory.wait(&system, &table.id, |table| table.phase() == Phase::Off).await.unwrap();
    let fields =
        [("title", "Barovia"), ("slug", "barovia"), ("license", "any"), ("memory", "2GiB")];
    let settings = "/tables/curse-of-strahd/settings";
    let page = anna.submit_and_follow(settings, settings, &fields).await;
    assert!(
        page.text.contains("barovia.localhost") && page.text.contains("2 GiB"),
        "{}",
        page.text
    );
    let settings = "/tables/barovia/settings";
    let wrong = anna.submit(settings, "/tables/barovia/delete", &[("typed", "strahd")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("type its name"), "{}", wrong.text);
    anna.submit_and_follow(settings, "/tables/barovia/delete", &[("typed", "barovia")]).await;
    let gone = place.refractory.wait(&system, &table.id, |_| false).await.unwrap();
    assert!(gone.is_none());
    assert_eq!(anna.get("/tables/barovia").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bad_input_comes_back_with_a_sentence_and_with_what_was_typed() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    make(&mut anna, "Friday").await;
    let rows = [
        (vec![("title", ""), ("slug", "")], "Enter a title, such as &quot;Friday Night&quot;."),
        (vec![("title", "T"), ("slug", "Friday Night")], "try"),
        (vec![("title", "T"), ("slug", "www")], "reserved"),
        (vec![("title", "T"), ("slug", "friday")], "named `friday` already"),
        (vec![("title", "T"), ("slug", "t"), ("world", "../x")], "not a world ID"),
        (vec![("title", "T"), ("slug", "t"), ("memory", "lots")], "Limit of memory"),
        (vec![("title", "T"), ("slug", "t"), ("release", "feedfeed")], "release doesn&#39;t exist"),
        (vec![("title", "T"), ("slug", "t"), ("license", "nope")], "no such license"),
    ];
    for (fields, told) in rows {
        let answer = anna.submit("/tables/new", "/tables", &fields).await;
        assert!(answer.status.is_client_error(), "{fields:?}: {}", answer.status);
        let sentence = answer.text.split("role=\"alert\"").nth(1).unwrap_or_default();
        let typed = told == "try" || sentence.contains(told);
        assert!(typed, "{fields:?}: {}", sentence.chars().take(200).collect::<String>());
        // The last field that was filled in is the wrong one, and the first where none was.
        let wrong = if told.starts_with("Enter") { "title" } else { fields.last().unwrap().0 };
        let element = answer.text.split(&format!(" id=\"{wrong}\"")).nth(1).unwrap();
        let element = element.split('>').next().unwrap();
        let described = format!("aria-describedby=\"{wrong}-error");
        for part in ["aria-invalid=\"true\"", described.as_str(), "autofocus"] {
            assert!(element.contains(part), "{fields:?}: {part} in {element}");
        }
        assert_eq!(answer.text.matches(" autofocus").count(), 1, "{fields:?}");
    }
    assert_eq!(place.refractory.list_all(&Principal::operator()).await.unwrap().records.len(), 1);
}

#[tokio::test]
async fn each_role_sees_and_does_what_is_theirs() {
    let place = Place::open().await;
    let mut admin = place.signed_in("anna", Role::Admin).await;
    let mut master = place.signed_in("gil", Role::GameMaster).await;
    let mut player = place.signed_in("pia", Role::Player).await;
    make(&mut admin, "Hers").await;
    make(&mut master, "Mine").await;
    let pages = [
        "/",
        "/tables/new",
        "/tables/hers",
        "/tables/mine",
        "/tables/hers/settings",
        "/tables/mine/settings",
        "/licenses",
        "/releases",
        "/people",
        "/about",
        "/account",
        "/nowhere",
    ];
    let mut table = String::new();
    for page in pages {
        let mut row = format!("{page:<24}");
        for browser in [&mut admin, &mut master, &mut player] {
            row = format!("{row} {}", browser.get(page).await.status.as_u16());
        }
        table.push_str(row.trim_end());
        table.push('\n');
    }
    insta::assert_snapshot!(table, @"
    /                        200 200 200
    /tables/new              200 200 403
    /tables/hers             200 200 200
    /tables/mine             200 200 200
    /tables/hers/settings    200 403 403
    /tables/mine/settings    200 200 403
    /licenses                200 200 403
    /releases                200 200 403
    /people                  200 403 403
    /about                   200 403 403
    /account                 200 200 200
    /nowhere                 404 404 404
    ");
    let refused = player.submit("/", "/tables/hers/start", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let hers = player.get("/tables/hers").await.text;
    assert!(
        !hers.contains("/start\"") && !hers.contains("id=\"log\"") && !hers.contains("Settings")
    );
}

#[tokio::test]
async fn licenses_are_added_masked_accepted_renamed_and_removed() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let wrong = anna.submit("/licenses", "/licenses", &[("name", "Club"), ("key", "ABCD")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("24 letters and digits") && wrong.text.contains("value=\"Club\""));
    let key = "ABCD-EFGH-IJKL-MNOP-QRST-1239";
    let page =
        anna.submit_and_follow("/licenses", "/licenses", &[("name", "Club"), ("key", key)]).await;
    assert!(
        page.text.contains("ABCD-••••-••••-••••-••••-1239") && !page.text.contains("EFGH-IJKL")
    );
    assert!(page.text.contains("https://foundryvtt.com/article/license/"));
    let id = place.refractory.licenses(&Principal::operator()).await.unwrap()[0].license.id.clone();
    let accept = format!("/licenses/{id}/accept");
    let unticked = anna.submit("/licenses", &accept, &[]).await;
    assert_eq!(unticked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unticked.text.contains("select the checkbox"));
    assert!(unticked.text.contains(&format!("aria-describedby=\"agree-{id}-error\"")));
    let ticked = anna.submit_and_follow("/licenses", &accept, &[("agree", "yes")]).await;
    assert!(ticked.text.contains("Agreement accepted by anna"));
    let renamed = anna
        .submit_and_follow("/licenses", &format!("/licenses/{id}/rename"), &[("name", "Guild")])
        .await;
    assert!(renamed.text.contains("<h2>Guild</h2>"));
    let other = "ABCD-EFGH-IJKL-MNOP-QRST-1241";
    anna.submit_and_follow("/licenses", "/licenses", &[("name", "Other"), ("key", other)]).await;
    for (name, sentence) in [("Other", "already exists"), ("", "Enter a name")] {
        let path = format!("/licenses/{id}/rename");
        let refused = anna.submit("/licenses", &path, &[("name", name)]).await;
        assert!(refused.status.is_client_error(), "{}", refused.text);
        assert!(refused.text.contains(sentence), "{}", refused.text);
        let field = format!(
            "value=\"{name}\" required maxlength=\"60\" autocomplete=\"off\" aria-invalid=\"true\" aria-describedby=\"name-{id}-error\" autofocus"
        );
        assert!(refused.text.contains(&field), "{}", refused.text);
    }
    let all = place.refractory.licenses(&Principal::operator()).await.unwrap();
    let other = all.iter().find(|view| view.license.name == "Other").unwrap().license.id.clone();
    anna.submit_and_follow("/licenses", &format!("/licenses/{other}/remove"), &[]).await;
    let removed = anna.submit_and_follow("/licenses", &format!("/licenses/{id}/remove"), &[]).await;
    assert!(removed.text.contains("No licenses yet"));
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    for (role, sentence) in [("player", "last administrator"), ("king", "is not a role")] {
        let page = anna.submit("/people", "/people/anna/role", &[("role", role)]).await;
        assert!(page.status.is_client_error() && page.text.contains(sentence), "{}", page.text);
        assert!(page.text.contains("aria-describedby=\"role-anna-error\""), "{}", page.text);
    }
    let page = anna.submit_and_follow("/people", "/people/anna/remove", &[]).await;
    assert!(page.text.contains("last administrator"), "{}", page.text);
}

#[tokio::test]
async fn what_people_write_never_becomes_markup() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let hostile = "<script>alert(1)</script>\"'>";
    place.paper.0.lock().unwrap().push(hostile.to_owned());
    let fields = [("title", hostile), ("slug", "x")];
    let page = anna.submit_and_follow("/tables/new", "/tables", &fields).await;
    assert!(page.text.contains("&lt;script&gt;") && !page.text.contains("<script>alert"));
    assert!(!anna.get("/").await.text.contains("<script>alert"));
    assert!(!anna.get("/about").await.text.contains("<script>alert"));
}

#[tokio::test]
async fn a_portal_without_a_worker_says_so() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    place.send_the_worker_home();
    let gone = async {
        loop {
            let page = anna.get("/").await.text;
            if !page.contains("id=\"idle\" role=\"status\" hidden") {
                return page;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let page = tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.unwrap();
    assert!(page.contains("Refractory's background service isn't running."));
}

#[tokio::test]
async fn a_stop_says_who_is_playing_and_asks_without_scripts() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    make(&mut anna, "Friday").await;
    let system = Principal::operator();
    let table = place.refractory.find(&system, "friday").await.unwrap();
    place.refractory.start(&system, &table.id).await.unwrap();
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&system, &table.id, on).await.unwrap();
    *place.guests.0.lock().unwrap() = vec!["Ann".to_owned(), "<i>Ben".to_owned()];
    for now in ["", "yes"] {
        let fields = [("back", "/"), ("now", now)];
        let asked = anna.submit("/", "/tables/friday/stop", &fields).await;
        assert_eq!(asked.status, StatusCode::CONFLICT);
        assert!(asked.text.contains("<h1>2 people are playing at Friday.</h1>"), "{}", asked.text);
        assert!(
            asked.text.contains("<li>Ann</li>") && asked.text.contains("<li>&lt;i&gt;Ben</li>")
        );
        assert!(asked.text.contains(&format!("name=\"now\" value=\"{now}\"")));
        let table = place.refractory.find(&system, "friday").await.unwrap();
        assert!(on(&table), "nothing was stopped");
    }
    let fields = [("back", "/"), ("confirmed", "yes")];
    let page = anna.submit_and_follow("/", "/tables/friday/stop", &fields).await;
    assert!(page.text.contains("Friday is stopping."), "{}", page.text);
    place.refractory.wait(&system, &table.id, |table| table.phase() == Phase::Off).await.unwrap();
}

#[tokio::test]
async fn a_restart_asks_too_and_programs_are_refused_until_they_insist() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    make(&mut anna, "Friday").await;
    let system = Principal::operator();
    let id = place.refractory.find(&system, "friday").await.unwrap().id;
    let launch = async || place.refractory.get(&system, &id).await.unwrap().epoch;
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    let restart = "/tables/friday/restart";
    let page = anna.submit_and_follow("/", restart, &[("back", "/tables/friday")]).await;
    assert!(page.text.contains("Only a table that is on can be restarted."), "{}", page.text);
    place.refractory.start(&system, &id).await.unwrap();
    place.refractory.wait(&system, &id, on).await.unwrap();
    *place.guests.0.lock().unwrap() = vec!["Ann".to_owned()];
    let csrf = anna.get("/").await.csrf();
    let asked = anna.submit("/", restart, &[("back", "/")]).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    for part in [
        "<h1>1 person is playing at Friday.</h1>",
        "action=\"/tables/friday/restart\"",
        ">Restart table<",
    ] {
        assert!(asked.text.contains(part), "{part}: {}", asked.text);
    }
    let mut program = place.browser();
    program.cookies = anna.cookies.clone();
    program.headers.insert("x-csrf-token", csrf.parse().unwrap());
    for verb in ["stop", "restart"] {
        let path = format!("/api/v1/instances/friday/{verb}");
        let refused = program.json(reqwest::Method::POST, &path, None).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        let said = "1 person is playing at Friday: Ann. To disconnect them, add `?force=true`.";
        assert_eq!(refused.json()["detail"], said);
    }
    assert_eq!(launch().await, 1, "nobody was disconnected");
    let fields = [("back", "/"), ("confirmed", "yes")];
    let page = anna.submit_and_follow("/", restart, &fields).await;
    assert!(page.text.contains("Friday is restarting."), "{}", page.text);
    place.refractory.wait(&system, &id, on).await.unwrap();
    assert_eq!(launch().await, 2);
    let path = "/api/v1/instances/friday/restart?force=true";
    let again = program.json(reqwest::Method::POST, path, None).await;
    assert_eq!((again.status, &again.json()["phase"]), (StatusCode::ACCEPTED, &"starting".into()));
    place.refractory.wait(&system, &id, on).await.unwrap();
    assert_eq!(launch().await, 3);
    let path = "/api/v1/instances/friday/stop?force=true";
    assert_eq!(program.json(reqwest::Method::POST, path, None).await.status, StatusCode::ACCEPTED);
    place.refractory.wait(&system, &id, |table| table.phase() == Phase::Off).await.unwrap();
}

#[tokio::test]
async fn a_log_is_shown_alike_at_first_and_as_it_goes_on() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    make(&mut anna, "Friday").await;
    place
        .paper
        .0
        .lock()
        .unwrap()
        .push("\u{1b}[31mred\u{1b}[0m \u{7}bell \u{202e}turned".to_owned());
    let page = anna.get("/tables/friday").await.text;
    let shown = "red \\x07bell \\u{202e}turned";
    assert!(page.contains(&format!(">{shown}\n")), "{page}");
    let mut stream = anna.stream("/tables/friday/log/live").await;
    let first = stream.chunk().await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&first).replace("\\\\", "\\");
    assert!(told.contains(&format!("[\"{shown}\"]")), "{told}");
}

#[tokio::test]
async fn where_no_license_is_waited_for_there_is_none_to_take() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    make(&mut anna, "Friday").await;
    let csrf = anna.get("/").await.csrf();
    anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let path = "/api/v1/instances/friday/take-license";
    let answer = anna.json(reqwest::Method::POST, path, None).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    let page = anna.submit_and_follow("/", "/tables/friday/take-license", &[("back", "/")]).await;
    assert!(page.text.contains("isn&#39;t waiting for a license"), "{}", page.text);
}
