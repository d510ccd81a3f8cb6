//! Links that sign somebody in.
use anyhow::Result;
use refractory_core::Addressing;
use refractory_core::model::{Principal, User};

use crate::compose::Station;

/// A link that signs `user` in, once.
pub(crate) async fn sign_in(station: &Station, user: &User) -> Result<String> {
    let minted = station.refractory.sign_in_link(&Principal::operator(), &user.id).await?;
    let portal = portal_url(station.refractory.addressing());
    Ok(format!("{portal}/sign-in/link?token={}", minted.secret.expose()))
}

/// A link for making the first account; `None` once there is one.
pub(crate) async fn set_up(station: &Station) -> Result<Option<String>> {
    if !station.refractory.needs_setup().await? {
        return Ok(None);
    }
    let minted = station.refractory.setup_link(&Principal::operator()).await?;
    let portal = portal_url(station.refractory.addressing());
    Ok(Some(format!("{portal}/setup?token={}", minted.secret.expose())))
}

/// Where the portal is, without a slash at the end.
pub(crate) fn portal_url(at: &Addressing) -> String {
    let scheme = if at.https { "https" } else { "http" };
    match (at.https, at.port) {
        (true, 443) | (false, 80) => format!("{scheme}://{}", at.domain),
        (_, port) => format!("{scheme}://{}:{port}", at.domain),
    }
}
