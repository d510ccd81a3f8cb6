//! Why an archive is not taken.
use crate::{Error, ErrorKind};

/// Why an archive is not taken. `Display` is the sentence a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not begin as a zip does.
    #[error(
        "This is not a zip archive. Download the Node.js or Linux zip of a release from your account at foundryvtt.com."
    )]
    NotAZip,
    /// The end is missing, or a part cannot be read as what it says it is.
    #[error(
        "This zip archive is incomplete or damaged ({0}). Download it again; a timed link that ran out leaves such a file."
    )]
    Damaged(String),
    /// A zip, but of something else.
    #[error(
        "This zip archive is not a release of Foundry that can run here: {0}. Take the Node.js or Linux zip."
    )]
    NotFoundry(String),
    /// An entry would be written, or would lead, outside the folder it is unpacked to.
    #[error(
        "This zip archive would write outside its own folder (`{0}`), which no release does. Do not use it; download a fresh one."
    )]
    Escapes(String),
    /// It would unpack to more than any release holds.
    #[error(
        "This zip archive would unpack to far more than a release of Foundry holds ({0}). Do not use it; download a fresh one."
    )]
    TooMuch(String),
    /// The same name twice: which one is meant cannot be known.
    #[error(
        "This zip archive holds `{0}` twice, which no release does. Do not use it; download a fresh one."
    )]
    Twice(String),
    /// Protected by a password, or packed in a way no release is.
    #[error(
        "`{0}` in this zip archive is encrypted or packed in an unusual way. Take the zip as foundryvtt.com serves it."
    )]
    Unreadable(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let sentence = refusal.to_string();
        Self::new(ErrorKind::Invalid, "reading a release archive").advise(sentence)
    }
}
