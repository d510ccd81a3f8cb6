//! The words of commands. A translation is one more implementation: Discord shows it to those whose client has its language.
use std::fmt::Debug;

/// The names and descriptions of commands in one language.
pub trait CommandTexts: Debug + Send + Sync {
    /// The language, by Discord's name of it, such as `de` or `pt-BR`.
    fn locale(&self) -> &'static str;

    /// The name of a command or option, which is `key` in English. In lower case, without spaces.
    fn name(&self, key: &'static str) -> &'static str;

    /// What it is for, in at most a hundred characters.
    fn description(&self, key: &'static str) -> &'static str;
}

/// English. Keys are the names themselves; an option is `command.option` where it means something else than elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnglishCommands;

impl CommandTexts for EnglishCommands {
    fn locale(&self) -> &'static str {
        "en-US"
    }

    fn name(&self, key: &'static str) -> &'static str {
        key
    }

    fn description(&self, key: &'static str) -> &'static str {
        match key {
            "foundry" => "Your Foundry tables",
            "dashboard" => "The tables you can see, with what you can do at each",
            "start" => "Start a table",
            "stop" => "Stop a table. You are asked first where people are playing",
            "restart" => "Stop a table and start it again",
            "status" => "What a table is doing, and what it waits for",
            "open" => "The link to a table",
            "backup" => "Back a table up",
            "license" => "Which license a table has, or waits for",
            "link" => "Link your Discord account to your Refractory account",
            "portal" => "A link that signs you in to the portal, once",
            "help" => "What you can do here",
            "table" => "The table. Leave it out if you have only one",
            "foundry-admin" => "All tables, licenses and the service, for administrators",
            "overview" => "How many tables are on, starting, off or in trouble",
            "instances" => "Every table, with its owner and state",
            "stop-any" => "Stop a table of any owner",
            "release-license" => "Stop the table that has a license, so that another can start",
            "move" => {
                "Hand a license over to a table that waits for it, from one where no one is playing"
            }
            "licenses" => "The licenses, and which table has each",
            "health" => "Whether workers are alive, and what needs attention",
            "now" => "Do not wait until its world is closed",
            "license-name" => "The license",
            "to" => "The table that waits for a license",
            _ => "",
        }
    }
}
