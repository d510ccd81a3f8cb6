//! What an operator may say about the bot.
use refractory_core::Secret;
use refractory_core::config::{Complaint, Doc, Section};
use serde::{Deserialize, Serialize};

use crate::adapter::DiscordAccess;
use crate::interaction::Snowflake;

/// The section `[discord]`. The bot runs where there is a token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DiscordConfig {
    /// The bot's token.
    #[serde(skip_serializing)]
    pub token: Option<Secret>,
    /// The servers in which the commands are registered, by their ids; everywhere where none is named.
    pub guilds: Vec<String>,
    /// Where Discord's API is; Discord itself where `None`.
    pub api: Option<String>,
}

impl DiscordConfig {
    /// How Discord is reached; none without a token.
    pub fn access(&self) -> Option<DiscordAccess> {
        let token = self.token.clone().filter(|token| !token.expose().trim().is_empty())?;
        Some(DiscordAccess { token, api: self.api.clone() })
    }

    /// The servers that are named. What is no id is a complaint of [`Section::validate`].
    pub(crate) fn servers(&self) -> Vec<Snowflake> {
        self.guilds.iter().filter_map(|id| server(id)).collect()
    }
}

fn server(id: &str) -> Option<Snowflake> {
    id.trim().parse().ok().filter(|id| *id > 0 && *id < u64::MAX).map(Snowflake)
}

impl Section for DiscordConfig {
    const NAME: &'static str = "discord";
    const ABOUT: &'static str = "The Discord bot. It runs where there is a token.";
    const KEYS: &'static [Doc] = &[
        Doc::new("token", "The bot's token, from Bot in Discord's developer portal.")
            .example("\"token-from-the-developer-portal\"")
            .secret(),
        Doc::new("guilds", "The IDs of the servers in which commands are registered. The default is every server that the bot is in."),
        Doc::new("api", "Where Discord's API is, if not at Discord: a stand-in for tests, or a proxy that limits rates. Without one, the bot limits them.")
            .example("\"http://127.0.0.1:3000\""),
    ];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        let no_id = self.guilds.iter().find(|id| server(id).is_none()).map(|id| {
            let sentence = format!("`{id}` is not the ID of a server; in Discord, turn on Developer Mode and choose Copy Server ID");
            Complaint::about("guilds", sentence)
        });
        let is_address = |api: &String| {
            ["http://", "https://"].iter().any(|scheme| {
                api.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
            })
        };
        let no_address = self.api.as_ref().filter(|api| !is_address(api)).map(|api| {
            let sentence =
                format!("`{api}` is not an address; use one such as `http://127.0.0.1:3000`");
            Complaint::about("api", sentence)
        });
        let all: Vec<_> = no_id.into_iter().chain(no_address).collect();
        if all.is_empty() { Ok(()) } else { Err(all) }
    }
}

#[cfg(test)]
mod tests {
    use refractory_core::config::fields;

    use super::*;

    #[test]
    fn every_key_is_described() {
        let described: Vec<_> = DiscordConfig::KEYS.iter().map(|doc| doc.key).collect();
        assert_eq!(described, fields::<DiscordConfig>());
    }

    #[test]
    fn what_is_wrong_is_said_at_its_key() {
        let mut config = DiscordConfig {
            guilds: vec!["club".to_owned()],
            api: Some("localhost".to_owned()),
            token: None,
        };
        assert_eq!(config.validate().unwrap_err().len(), 2);
        config.guilds = vec!["80351110224678912".to_owned()];
        config.api = Some("http://127.0.0.1:1".to_owned());
        assert!(config.validate().is_ok() && config.access().is_none());
        config.token = Some(Secret::new(" \n"));
        assert!(config.access().is_none(), "an empty file is no token");
        config.token = Some(Secret::new("t"));
        assert!(config.access().is_some());
        assert_eq!(config.servers(), [Snowflake(80_351_110_224_678_912)]);
    }
}
