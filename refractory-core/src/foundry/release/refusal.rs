//! Why an archive is not taken.
use crate::text::one_line;
use crate::{Error, ErrorKind};

/// Why an archive is not taken. `Display` is the sentence a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not begin as a zip does.
    #[error(
        "This is not a zip archive. Download the Node.js or Linux zip file of a release from your account on foundryvtt.com."
    )]
    NotAZip,
    /// It begins as something else does.
    #[error(
        "This is {0}, not a zip archive. Download the Node.js or Linux zip of a release from your account at foundryvtt.com."
    )]
    Other(&'static str),
    /// The end is missing, or a part cannot be read as what it says it is.
    #[error(
        "This zip archive is incomplete or damaged ({0}). Download it again. An expired timed URL can cause this."
    )]
    Damaged(String),
    /// A zip, but of something else.
    #[error(
        "This zip archive is not a Foundry release that can run here: {0}. Use the Node.js or Linux zip file."
    )]
    NotFoundry(String),
    /// An entry would be written, or would lead, outside the folder it is unpacked to.
    #[error(
        "This zip archive would write outside its folder (`{0}`), which no release does. Don't use it. Download the release again."
    )]
    Escapes(String),
    /// An entry has a name that no release has, and that systems take in different ways.
    #[error(
        "This zip archive holds a file called `{0}`: no release has a name that is so long, has an empty part, or a control character. Download the release again."
    )]
    Odd(String),
    /// It would unpack to more than any release holds.
    #[error(
        "This zip archive is far larger unpacked than a Foundry release ({0}). Don't use it. Download the release again."
    )]
    TooMuch(String),
    /// The same name twice: which one is meant cannot be known.
    #[error(
        "This zip archive contains {0} twice, which no release does. Don't use it. Download the release again."
    )]
    Twice(String),
    /// Two names that many systems take for one.
    #[error(
        "This zip archive holds `{0}` and `{1}`, which differ in case alone; no release does that. Do not use it; download a fresh one."
    )]
    Alike(String, String),
    /// Protected by a password, or packed in a way no release is.
    #[error(
        "`{0}` in this zip archive is encrypted or compressed in an unusual way. Use the original zip file from foundryvtt.com."
    )]
    Unreadable(String),
}

/// A name as it may be shown in a sentence.
pub(super) fn shown(name: &str) -> String {
    one_line(&name.chars().take(80).collect::<String>()).into_owned()
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let sentence = refusal.to_string();
        Self::new(ErrorKind::Invalid, "reading a release archive").advise(sentence)
    }
}
