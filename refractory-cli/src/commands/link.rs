//! Links that sign somebody in.
use anyhow::Result;
use refractory_core::model::{Principal, User};
use refractory_web::api::SignInLink;

use crate::compose::App;

/// A link that signs `user` in, once.
pub(crate) async fn sign_in(station: &App, user: &User) -> Result<SignInLink> {
    let minted = station.refractory.sign_in_link(&Principal::operator(), &user.id).await?;
    Ok(SignInLink::of(station.refractory.addressing(), user, &minted))
}

/// A link for making the first account; `None` once there is one.
pub(crate) async fn set_up(station: &App) -> Result<Option<String>> {
    if !station.refractory.needs_setup().await? {
        return Ok(None);
    }
    let minted = station.refractory.setup_link(&Principal::operator()).await?;
    Ok(Some(refractory_web::setup_url(station.refractory.addressing(), &minted)))
}
