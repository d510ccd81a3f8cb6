//! Users of a deployment, as its handle makes principals of them.
#![expect(clippy::expect_used, reason = "what a test cannot go on without may end it")]
use refractory_core::Refractory;
use refractory_core::model::{Principal, Role, User, UserName, Via};

/// `user`, signed in with a new session.
///
/// # Panics
///
/// When the account is disabled or gone, or the store fails.
pub async fn signed_in(app: &Refractory, user: &User) -> Principal {
    let session = app.open_session(user).await.expect("a session");
    let who = app.session(session.secret.expose(), Via::Web).await.expect("a look at the session");
    who.expect("a session that is good")
}

/// A fresh user called `name`, signed in.
///
/// # Panics
///
/// When there is one already, or the store fails.
pub async fn fresh_user(app: &Refractory, name: &str, role: Role) -> Principal {
    signed_in(app, &account(app, name, role).await).await
}

/// A fresh account called `name`, without a password.
pub(crate) async fn account(app: &Refractory, name: &str, role: Role) -> User {
    let name = UserName::new(name).expect("a name");
    app.add_user(&app.operator(), name, role, None).await.expect("an account")
}
