//! What went wrong, as a user reads it: one table for the whole crate.
use refractory_core::model::Fault;
use refractory_core::words::{English, Words as _};
use refractory_core::{Error, ErrorKind, Remedy};

use crate::action::Action;
use crate::message::{Button, Color, Message, Style};
use crate::text::lines;

/// The heading of a kind of error.
fn heading(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "Not found",
        ErrorKind::Conflict | ErrorKind::Outdated => "Not possible now",
        ErrorKind::Invalid => "That does not work",
        ErrorKind::Forbidden => "Not allowed",
        ErrorKind::Exhausted => "A limit is reached",
        ErrorKind::Unavailable => "Try again in a moment",
        ErrorKind::Unsupported => "Not available here",
        ErrorKind::Damaged | ErrorKind::Unexpected | _ => "Something went wrong",
    }
}

/// Whether it is for those who operate the deployment to look at.
pub(crate) fn is_ours(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unexpected | ErrorKind::Damaged | ErrorKind::Unavailable)
}

/// What helps, as Discord says it; none where the bot knows nothing of it.
fn remedy(remedy: Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::AddLicense => "An administrator adds one in the portal, under Licenses.",
        Remedy::ChooseLicense | Remedy::ChooseWorld => {
            "Choose another one in the table's settings, in the portal."
        }
        Remedy::AcceptAgreement => "An administrator accepts it in the portal, under Licenses.",
        Remedy::ListLicenses => "Administrators see them with `/foundry-admin licenses`.",
        Remedy::AddRelease => "An administrator adds one in the portal, under Releases.",
        Remedy::ListReleases => "See Releases in the portal.",
        Remedy::ReadLog => "See the table's log in the portal.",
        Remedy::Start => "Start it with `/foundry start`.",
        Remedy::ListDamagedRecords => "Administrators see them with `/foundry-admin health`.",
        Remedy::CreateSignInLink => "Ask an administrator for a sign-in link.",
        Remedy::ReadServiceLog => "Administrators find more in Refractory's log.",
        Remedy::Other | _ => return None,
    })
}

fn with_remedy(sentence: &str, what: Option<Remedy>) -> String {
    let sentence = lines(sentence);
    what.and_then(remedy).map_or_else(|| sentence.clone(), |helps| format!("{sentence} {helps}"))
}

/// Why a table fails, and what helps. With markdown.
pub(crate) fn fault(fault: &Fault) -> String {
    with_remedy(&English.fault(fault), fault.cause.as_ref().and_then(|cause| cause.remedy))
}

/// What went wrong, and what to do. `reference` is where the log has more.
pub(crate) fn failure(error: &Error, reference: Option<&str>) -> Message {
    let mut text = with_remedy(&English.error(error), error.remedy());
    if let Some(reference) = reference {
        text = format!("{text}\n\nFor administrators: the log has more under `{reference}`.");
    }
    Message::note(Color::Bad, heading(error.kind()), text)
}

/// That a Discord account is linked to no user, and how it becomes so.
pub(crate) fn not_linked() -> Message {
    let text = "Your Discord account is not linked to a Refractory account yet.\n\n\
        Ask an administrator for a sign-in link, choose **Link account** and paste it. It is used up by that; your account is the same in \
        Discord and in the portal from then on.";
    let link = Button::ask("Link account", Action::Link, Style::Primary);
    Message::note(Color::Neutral, "Who are you?", text).buttons(vec![link])
}

/// That a button or command is of another version.
pub(crate) fn unknown() -> Message {
    Message::note(
        Color::Neutral,
        "This is no longer current",
        "What you used is of another version of the bot. Use `/foundry dashboard` to see your tables as they are now.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_is_said() {
        for what in Remedy::ALL {
            assert!(remedy(what).is_some(), "{what:?}");
        }
        assert_eq!(remedy(Remedy::Other), None);
    }

    #[test]
    fn what_a_user_may_read_names_no_internals() {
        let error =
            Error::new(ErrorKind::Unexpected, "reading a `secret` row").about("row", "**x**");
        let shown = failure(&error, Some("0199")).to_json().to_string();
        assert!(
            shown.contains("0199") && !shown.contains("secret") && !shown.contains("**x**"),
            "{shown}"
        );
    }
}
