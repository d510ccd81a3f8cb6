//! Ways to sign in, and users who may not.
use refractory_core::model::{
    Edit, Email, Identity, Locale, Principal, Role, User, UserName, UserState, Via,
};
use refractory_core::words::{English, Words as _};
use refractory_core::{ErrorKind, EventFilter, Refractory, UserChange};
use testkit::counting_store::CountingStore;
use testkit::people::{fresh_user, signed_in};

use super::{app, discord, hash};

async fn account(app: &Refractory, who: &Principal) -> User {
    app.own_account(who).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_account_of_another_service_belongs_to_one_user() {
    let app = app(&CountingStore::default());
    let ada = fresh_user(&app, "ada", Role::Player).await;
    let bob = fresh_user(&app, "bob", Role::Player).await;
    let (his, hers) = (bob.user().cloned().unwrap(), ada.user().cloned().unwrap());
    let discord = discord();
    assert!(app.identify(&discord, Via::Discord).await.unwrap().is_none());
    app.link_identity(&ada, &hers, &discord).await.unwrap();
    app.link_identity(&ada, &hers, &discord).await.unwrap();
    let found = app.identify(&discord, Via::Discord).await.unwrap().unwrap();
    assert_eq!((found.user(), found.via()), (Some(&hers), Via::Discord));
    let taken = app.link_identity(&bob, &his, &discord).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    assert!(taken.for_people().contains("linked to another user"), "{}", taken.for_people());
    let others = app.link_identity(&bob, &hers, &discord).await.unwrap_err();
    assert_eq!(others.kind(), ErrorKind::Forbidden);
    let password = app.link_identity(&bob, &his, &Identity::Password).await.unwrap_err();
    assert_eq!(password.kind(), ErrorKind::Invalid);
    for n in 0..Identity::MOST {
        let one = Identity::oidc("https://id.example.com", &format!("bob{n}")).unwrap();
        app.link_identity(&bob, &his, &one).await.unwrap();
    }
    let more = Identity::oidc("https://id.example.com", "more").unwrap();
    assert_eq!(
        app.link_identity(&bob, &his, &more).await.unwrap_err().kind(),
        ErrorKind::Exhausted
    );
    assert_eq!(
        app.unlink_identity(&bob, &his, &more).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn one_way_to_sign_in_remains() {
    let app = app(&CountingStore::default());
    let operator = app.operator();
    let ada = fresh_user(&app, "ada", Role::Player).await;
    let id = ada.user().cloned().unwrap();
    let discord = discord();
    app.link_identity(&operator, &id, &discord).await.unwrap();
    app.set_password(&operator, &id, hash()).await.unwrap();
    app.unlink_identity(&operator, &id, &Identity::Password).await.unwrap();
    let only = app.unlink_identity(&operator, &id, &discord).await.unwrap_err();
    assert_eq!(only.kind(), ErrorKind::Conflict);
    assert!(only.for_people().contains("only way to sign in"), "{}", only.for_people());
    // A link that is open counts; one that was voided since does not.
    app.sign_in_link(&operator, &id).await.unwrap();
    app.sign_out_everywhere(&operator, &id).await.unwrap();
    let void = app.unlink_identity(&operator, &id, &discord).await.unwrap_err();
    assert_eq!(void.kind(), ErrorKind::Conflict);
    app.sign_in_link(&operator, &id).await.unwrap();
    app.unlink_identity(&operator, &id, &discord).await.unwrap();
    assert!(app.identify(&discord, Via::Discord).await.unwrap().is_none());
    let other = fresh_user(&app, "other", Role::Player).await;
    let his = other.user().cloned().unwrap();
    app.link_identity(&other, &his, &discord).await.unwrap();
    assert_eq!(account(&app, &other).await.identities().collect::<Vec<_>>(), [discord]);
}

#[tokio::test]
async fn a_disabled_user_is_signed_out_at_once_and_comes_in_by_no_way() {
    let app = app(&CountingStore::default());
    let operator = app.operator();
    let name = UserName::new("ada").unwrap();
    let user = app.add_user(&operator, name, Role::Admin, Some(hash())).await.unwrap();
    let session = app.open_session(&user).await.unwrap();
    let ada = signed_in(&app, &user).await;
    let discord = discord();
    app.link_identity(&ada, &user.id, &discord).await.unwrap();
    let last = app.set_user_state(&operator, &user.id, UserState::Disabled).await.unwrap_err();
    assert!(last.for_people().contains("last administrator"), "{}", last.for_people());
    fresh_user(&app, "root", Role::Admin).await;
    let link = app.sign_in_link(&operator, &user.id).await.unwrap();
    let disabled = app.set_user_state(&operator, &user.id, UserState::Disabled).await.unwrap();
    assert_eq!(disabled.state, UserState::Disabled);
    assert!(app.session(session.secret.expose(), Via::Web).await.unwrap().is_none());
    assert!(app.identify(&discord, Via::Discord).await.unwrap().is_none());
    let taken = app.take_sign_in_link(link.secret.expose(), Via::Web, None).await.unwrap();
    assert!(taken.is_none());
    let refused = app.sign_in_link(&operator, &user.id).await.unwrap_err();
    assert!(refused.for_people().contains("Enable the account first"), "{}", refused.for_people());
    // A session that was opened by what was known before is none, either.
    let stale = app.open_session(&disabled).await.unwrap();
    assert!(app.session(stale.secret.expose(), Via::Web).await.unwrap().is_none());
    let root = app.find_user(&operator, "root").await.unwrap();
    let last = app.set_role(&operator, &root.id, Role::Player).await.unwrap_err();
    assert!(last.for_people().contains("last administrator"), "a disabled one does not count");
    app.set_user_state(&operator, &user.id, UserState::Active).await.unwrap();
    assert!(
        app.session(session.secret.expose(), Via::Web).await.unwrap().is_none(),
        "it stays over"
    );
    app.set_role(&operator, &root.id, Role::Player).await.unwrap();
    let page = app.events(&operator, &EventFilter::default(), None, 50).await.unwrap();
    for sentence in ["operator disabled the user ada.", "operator enabled the user ada."] {
        assert!(page.events.iter().any(|event| English.event(event) == sentence), "{sentence}");
    }
}

#[tokio::test]
async fn users_change_their_own_details_and_no_one_elses() {
    let app = app(&CountingStore::default());
    let ada = fresh_user(&app, "ada", Role::Player).await;
    let bob = fresh_user(&app, "bob", Role::GameMaster).await;
    let change = UserChange::default()
        .email(Edit::Set(Email::new("ada@example.com").unwrap()))
        .locale(Edit::Set(Locale::new("de").unwrap()));
    app.edit_user(&ada, ada.user().unwrap(), &change).await.unwrap();
    let cleared = UserChange::default().email(Edit::Clear);
    let theirs = app.edit_user(&bob, ada.user().unwrap(), &cleared).await.unwrap_err();
    assert_eq!(theirs.kind(), ErrorKind::Forbidden);
    let user = app.edit_user(&app.operator(), ada.user().unwrap(), &cleared).await.unwrap();
    assert_eq!((user.email, user.locale.unwrap().as_str()), (None, "de"));
}
