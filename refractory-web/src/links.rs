//! Links that are shown once.
use refractory_core::model::Instance;
use refractory_core::{Addressing, MintedToken, Refractory};

use crate::statics::OWN;

/// The link that signs somebody in, for a token of [`sign_in_link`](refractory_core::Refractory::sign_in_link).
pub fn sign_in_url(at: &Addressing, minted: &MintedToken) -> String {
    format!("{}/sign-in/link?token={}", at.portal_url(), minted.secret.expose())
}

/// The link for making the first account, for a token of [`setup_link`](refractory_core::Refractory::setup_link).
pub fn setup_url(at: &Addressing, minted: &MintedToken) -> String {
    format!("{}/setup?token={}", at.portal_url(), minted.secret.expose())
}

/// The link that lets one browser into Foundry's setup of `instance`, for a token of
/// [`setup_ticket`](refractory_core::Refractory::setup_ticket).
pub fn foundry_setup_url(
    refractory: &Refractory,
    instance: &Instance,
    minted: &MintedToken,
) -> String {
    let at = refractory.addressing().url_of(&refractory.setup_host(instance));
    format!("{at}{OWN}/setup/{}?ticket={}", instance.slug, minted.secret.expose())
}
