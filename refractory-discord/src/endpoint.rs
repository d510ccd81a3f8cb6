//! Interactions over HTTP: requests that Discord signs, for hosts without a connection to its gateway.
use std::time::Duration;

use refractory_core::{Clock, Error, ErrorKind, Result};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use crate::bot::{Bot, Work};
use crate::interaction::Interaction;

/// The header with the signature.
pub const SIGNATURE: &str = "x-signature-ed25519";
/// The header with the moment that is signed with the body.
pub const TIMESTAMP: &str = "x-signature-timestamp";
/// The longest body that is read.
pub const LONGEST: usize = 256 * 1024;
/// How far a signed moment may be from now. Clocks differ a little; a request that was recorded is not good for long.
const WINDOW: Duration = Duration::from_mins(1);

/// Checks that a request is from Discord.
#[derive(Debug, Clone)]
pub struct Endpoint {
    key: Vec<u8>,
}

/// What a request is answered with.
#[derive(Debug)]
pub struct EndpointResponse {
    /// The status.
    pub status: u16,
    /// The body; JSON where the status is 200, else empty.
    pub body: String,
    /// What is to be done once the response is sent.
    pub work: Option<Work>,
}

impl EndpointResponse {
    fn refused(status: u16) -> Self {
        Self { status, body: String::new(), work: None }
    }
}

impl Endpoint {
    /// For requests that are signed with the application's public key, as the developer portal shows it.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no key.
    pub fn new(public_key: &str) -> Result<Self> {
        match hex::decode(public_key.trim()) {
            Ok(key) if key.len() == 32 => Ok(Self { key }),
            Ok(_) | Err(_) => Err(Error::new(ErrorKind::Invalid, "reading a public key").advise(
                "This is not a public key. Copy it from General Information in Discord's developer portal: 64 letters and digits.",
            )),
        }
    }

    /// Answers a request: 401 unless Discord signed it a moment ago, 400 for what is no interaction, 413 for what is too long.
    pub fn receive(
        &self,
        bot: &Bot,
        clock: &dyn Clock,
        signature: Option<&str>,
        timestamp: Option<&str>,
        body: &[u8],
    ) -> EndpointResponse {
        if body.len() > LONGEST {
            return EndpointResponse::refused(413);
        }
        let (Some(signature), Some(timestamp)) = (signature, timestamp) else {
            return EndpointResponse::refused(401);
        };
        if !self.is_signed(signature, timestamp, body) || !is_recent(clock, timestamp) {
            return EndpointResponse::refused(401);
        }
        let json = serde_json::from_slice::<Value>(body).ok();
        let Some(interaction) = json.as_ref().and_then(Interaction::from_json) else {
            return EndpointResponse::refused(400);
        };
        let handled = bot.receive(&interaction);
        let body = handled.response.to_json().to_string();
        EndpointResponse { status: 200, body, work: handled.work }
    }

    fn is_signed(&self, signature: &str, timestamp: &str, body: &[u8]) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        let signed = [timestamp.as_bytes(), body].concat();
        UnparsedPublicKey::new(&ED25519, &self.key).verify(&signed, &signature).is_ok()
    }
}

fn is_recent(clock: &dyn Clock, timestamp: &str) -> bool {
    let now = Duration::from_millis(clock.now().0);
    timestamp.parse().map(Duration::from_secs).is_ok_and(|at| now.abs_diff(at) <= WINDOW)
}

#[cfg(test)]
mod tests;
