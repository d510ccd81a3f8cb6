//! What Discord's errors mean.
use refractory_core::{Error, ErrorKind};
use serenity::Error as DiscordError;
use serenity::gateway::GatewayError;
use serenity::http::HttpError;

/// An error of a call. Addresses have tokens in them, so nothing of the library's own words is kept.
pub(super) fn of_call(error: &DiscordError, during: &'static str) -> Error {
    let DiscordError::Http(call) = error else {
        return Error::new(ErrorKind::Unavailable, during)
            .about("why", "the answer was not understood");
    };
    if let HttpError::UnsuccessfulRequest(response) = call {
        let (status, code) = (response.status_code.as_u16(), response.error.code);
        let error = Error::new(kind_of(status, code as i64), during);
        let error = error.about("status", status).about("code", code);
        return if status == 401 { error.advise(BAD_TOKEN) } else { error };
    }
    let HttpError::Request(request) = call else {
        return Error::new(ErrorKind::Unexpected, during)
            .about("why", "the request could not be made");
    };
    let why = match (request.is_timeout(), request.is_connect()) {
        (true, _) => "no answer in time",
        (false, true) => "no connection",
        (false, false) => "the connection broke",
    };
    Error::new(ErrorKind::Unavailable, during).about("why", why)
}

const BAD_TOKEN: &str = "Discord does not accept the bot's token. Reset it in the developer portal, under Bot, and put the new one into `[discord] token_file`.";

/// What a status and one of Discord's codes mean.
fn kind_of(status: u16, code: i64) -> ErrorKind {
    match (status, code) {
        // Unknown channel, message, interaction, webhook ..; a webhook's token that is over.
        (_, 10_000..=10_999 | 50_027) => ErrorKind::NotFound,
        (_, 40_060) => ErrorKind::Conflict,
        // Too many of something.
        (_, 30_000..=30_999) => ErrorKind::Exhausted,
        // No access, a closed conversation, a missing permission.
        (_, 50_001 | 50_007 | 50_013 | 50_278) | (401 | 403, _) => ErrorKind::Forbidden,
        (404, _) => ErrorKind::NotFound,
        (429 | 500.., _) => ErrorKind::Unavailable,
        (400..=499, _) => ErrorKind::Invalid,
        _ => ErrorKind::Unexpected,
    }
}

/// Why the gateway let the bot go.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are all of the connection")]
pub(super) fn of_gateway(error: &DiscordError) -> Error {
    let during = "connecting to Discord's gateway";
    let DiscordError::Gateway(gateway) = error else { return of_call(error, during) };
    match gateway {
        GatewayError::InvalidAuthentication | GatewayError::NoAuthentication => {
            Error::new(ErrorKind::Forbidden, during).advise(BAD_TOKEN)
        }
        GatewayError::DisallowedGatewayIntents => Error::new(ErrorKind::Forbidden, during).advise(
            "Discord does not allow the bot what it needs to hear. This version needs no privileged intent: update Refractory.",
        ),
        _ => Error::new(ErrorKind::Unavailable, during).about("why", gateway),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_discord_are_told_apart() {
        for (status, code, kind) in [
            (404, 10_062, ErrorKind::NotFound),
            (404, 10_008, ErrorKind::NotFound),
            (400, 40_060, ErrorKind::Conflict),
            (403, 50_007, ErrorKind::Forbidden),
            (403, 50_013, ErrorKind::Forbidden),
            (401, 0, ErrorKind::Forbidden),
            (400, 50_035, ErrorKind::Invalid),
            (400, 30_013, ErrorKind::Exhausted),
            (401, 50_027, ErrorKind::NotFound),
            (429, 0, ErrorKind::Unavailable),
            (502, 0, ErrorKind::Unavailable),
        ] {
            assert_eq!(kind_of(status, code), kind, "{status} {code}");
        }
    }
}
