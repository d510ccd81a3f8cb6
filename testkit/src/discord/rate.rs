//! Rate limits: buckets, the global limit, and invalid requests.
use std::collections::HashMap;

/// How strict a stand-in is about rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateMode {
    /// As Discord: headers, and 429 beyond a limit.
    #[default]
    Enforced,
    /// No headers and no limits.
    Off,
}

/// The limit of a kind of request. Discord announces limits in headers alone and changes them; these were seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) most: u32,
    pub(crate) window: u64,
}

const fn limit(name: &'static str, most: u32, window: u64) -> Limit {
    Limit { name, most, window }
}

/// Requests a second, whatever they are for; interactions are exempt.
const GLOBAL: Limit = limit("global", 50, 1_000);
/// Answers 401, 403 and 429 within ten minutes, before no one is answered any more.
const INVALID: Limit = limit("invalid", 10_000, 600_000);
/// Name and topic of a channel have a limit besides.
const RENAME: Limit = limit("rename", 2, 600_000);

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    used: u32,
    resets: u64,
}

impl Bucket {
    fn at(&mut self, limit: Limit, now: u64) -> &mut Self {
        if now >= self.resets {
            *self = Self { used: 0, resets: now + limit.window };
        }
        self
    }
}

/// A request that came too early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooEarly {
    /// Milliseconds to wait.
    pub(crate) wait: u64,
    pub(crate) is_global: bool,
}

/// What the headers say.
#[derive(Debug, Clone)]
pub(crate) struct RateHeaders {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) resets: u64,
    pub(crate) after: u64,
    pub(crate) bucket: String,
}

/// All buckets of a bot.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    pub(crate) mode: RateMode,
    pub(crate) own: HashMap<&'static str, (u32, u64)>,
    buckets: HashMap<(&'static str, String), Bucket>,
    global: Bucket,
    invalid: Bucket,
}

impl RateLimits {
    pub(crate) fn new(mode: RateMode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// Takes a place for a request, or says how long to wait.
    pub(crate) fn take(
        &mut self,
        method: &str,
        path: &[&str],
        renames: bool,
        now: u64,
    ) -> (Option<RateHeaders>, Result<(), TooEarly>) {
        if self.mode == RateMode::Off {
            return (None, Ok(()));
        }
        let is_interaction = matches!(path, ["interactions" | "webhooks", ..]);
        let global = self.global.at(GLOBAL, now);
        if !is_interaction {
            if global.used >= GLOBAL.most {
                let wait = global.resets - now;
                return (None, Err(TooEarly { wait, is_global: true }));
            }
            global.used += 1;
        }
        let Some((limit, major)) = route(method, path) else { return (None, Ok(())) };
        let limit = self.own.get(limit.name).map_or(limit, |(most, window)| Limit {
            name: limit.name,
            most: *most,
            window: *window,
        });
        if renames && let Err(early) = self.spend(RENAME, &major, now).1 {
            return (None, Err(early));
        }
        let (headers, result) = self.spend(limit, &major, now);
        (Some(headers), result)
    }

    fn spend(
        &mut self,
        limit: Limit,
        major: &str,
        now: u64,
    ) -> (RateHeaders, Result<(), TooEarly>) {
        let bucket = self.buckets.entry((limit.name, major.to_owned())).or_default();
        let bucket = bucket.at(limit, now);
        let result = if bucket.used >= limit.most {
            Err(TooEarly { wait: bucket.resets - now, is_global: false })
        } else {
            bucket.used += 1;
            Ok(())
        };
        let headers = RateHeaders {
            limit: limit.most,
            remaining: limit.most.saturating_sub(bucket.used),
            resets: bucket.resets,
            after: bucket.resets - now,
            bucket: format!("{:016x}", hash(limit.name)),
        };
        (headers, result)
    }

    /// Notes an answer; says whether the address is banned for now.
    pub(crate) fn note(&mut self, status: u16, now: u64) {
        if matches!(status, 401 | 403 | 429) {
            self.invalid.at(INVALID, now).used += 1;
        }
    }

    /// How many invalid requests there were in this window.
    pub(crate) fn invalid(&mut self, now: u64) -> u32 {
        self.invalid.at(INVALID, now).used
    }

    /// Whether nothing is answered any more, and for how many milliseconds.
    pub(crate) fn banned(&mut self, now: u64) -> Option<u64> {
        let invalid = self.invalid.at(INVALID, now);
        let banned = self.mode == RateMode::Enforced && invalid.used >= INVALID.most;
        banned.then(|| invalid.resets - now)
    }
}

/// The limit of a route, and its major parameter.
fn route(method: &str, path: &[&str]) -> Option<(Limit, String)> {
    let found = match (method, path) {
        ("POST", ["channels", id, "messages"]) => (limit("message-create", 5, 5_000), *id),
        ("PATCH", ["channels", id, "messages", _]) => (limit("message-edit", 5, 5_000), *id),
        ("DELETE", ["channels", id, "messages", _]) => (limit("message-delete", 5, 1_000), *id),
        ("GET", ["channels", id, "messages", ..]) => (limit("message-get", 5, 5_000), *id),
        (
            "PUT" | "DELETE",
            ["channels", id, "pins", _] | ["channels", id, "messages", "pins", _],
        ) => (limit("pin", 5, 5_000), *id),
        ("GET", ["channels", id, "pins"]) => (limit("pins", 1, 5_000), *id),
        ("PATCH" | "DELETE", ["channels", id]) => (limit("channel-edit", 5, 5_000), *id),
        ("PUT" | "DELETE", ["channels", id, "permissions", _]) => {
            (limit("overwrite", 10, 15_000), *id)
        }
        ("POST", ["guilds", id, "channels"]) => (limit("channel-create", 10, 10_000), *id),
        ("POST", ["users", "@me", "channels"]) => (limit("dm-create", 10, 10_000), ""),
        ("POST" | "PATCH" | "DELETE" | "GET", ["webhooks", _, token, ..]) => {
            (limit("webhook", 5, 2_000), *token)
        }
        ("GET" | "PUT" | "DELETE", ["guilds", id, "members", ..]) => {
            (limit("member", 10, 10_000), *id)
        }
        ("PUT" | "POST", ["applications", _, "guilds", id, "commands", ..]) => {
            (limit("guild-commands", 5, 20_000), *id)
        }
        ("PUT" | "POST", ["applications", _, "commands", ..]) => {
            (limit("global-commands", 5, 20_000), "")
        }
        _ => return None,
    };
    Some((found.0, found.1.to_owned()))
}

/// A number that stands for a name, the same in every run.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
