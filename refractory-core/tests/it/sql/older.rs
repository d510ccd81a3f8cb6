//! What an older version wrote is read by this one, and means the same.
use refractory_core::model::{Event, PasswordHash, Principal, Role, UserName, Via};
use refractory_core::ports::Collection;
use testkit::administrators::handle;

use super::{open, place, raw};

#[tokio::test]
async fn accounts_sessions_links_and_entries_of_an_older_version_are_as_good_as_they_were() {
    let (_folder, url) = place();
    let store = open(&url).await;
    let app = handle(open(&url).await);
    let operator = Principal::operator();
    let name = UserName::new("anna").unwrap();
    let anna = app.add_user(&operator, name, Role::Admin, None).await.unwrap();
    raw(
        &url,
        "UPDATE record SET body = json_remove(body, '$.user.session_epoch', '$.user.link_epoch')
         WHERE kind = 'user'",
    )
    .await;
    let anna = app.find_user(&operator, anna.name.as_str()).await.unwrap();
    assert_eq!((anna.session_epoch, anna.link_epoch), (0, 0));
    let session = app.open_session(&anna).await.unwrap();
    let link = app.sign_in_link(&operator, &anna.id).await.unwrap();
    raw(
        &url,
        "UPDATE record SET body = json_remove(body, '$.token.epoch') WHERE kind = 'token';
         UPDATE record SET body = json_remove(body, '$.event.address') WHERE kind = 'event'",
    )
    .await;
    let events = Collection::<Event>::of(&store).list().await.unwrap();
    assert!(!events.is_empty() && events.iter().all(|event| event.address.is_none()));
    let who = app.session(session.secret.expose(), Via::Web).await.unwrap();
    assert_eq!(who.unwrap().name(), "anna");
    let unused = app.sign_in_link(&operator, &anna.id).await.unwrap();
    let taken = app.take_sign_in_link(link.secret.expose(), Via::Web, None).await.unwrap();
    assert_eq!(taken.unwrap().id, anna.id);
    let hash = PasswordHash("hash".to_owned());
    app.set_password(&operator, &anna.id, hash).await.unwrap();
    assert!(app.session(session.secret.expose(), Via::Web).await.unwrap().is_none());
    let taken = app.take_sign_in_link(unused.secret.expose(), Via::Web, None).await.unwrap();
    assert!(taken.is_none(), "it was made before the password");
}
