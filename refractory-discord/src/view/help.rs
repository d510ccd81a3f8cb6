//! What can be done here.
use crate::command::{CommandTexts as _, EnglishCommands, names};
use crate::message::{Color, Message};

/// The commands with what they are for; those of administrators for administrators.
pub(crate) fn help(is_administrator: bool, has_portal: bool) -> Message {
    let [users, administrators] = names(has_portal);
    let mut text = said(&users);
    if is_administrator {
        text += "\n\n**For administrators**\n";
        text += &said(&administrators);
    }
    text += "\n\nAnswers are shown to you alone. What you may do with a table is the same here and in the portal.";
    Message::note(Color::Neutral, "What you can do here", text)
}

fn said(commands: &[(String, &'static str)]) -> String {
    let row = |(name, key): &(String, &'static str)| {
        format!("`/{name}`: {}.", EnglishCommands.description(key))
    };
    commands.iter().map(row).collect::<Vec<_>>().join("\n")
}
