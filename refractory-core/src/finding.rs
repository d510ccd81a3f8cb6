//! What a doctor finds: how something stands, in a sentence, with what to do about it.

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum State {
    /// As it should.
    Fine,
    /// It works, and somebody should know.
    Note,
    /// Something does not work, or soon will not.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub about: &'static str,
    /// How it stands.
    pub state: State,
    /// What was seen.
    pub sentence: String,
    /// What to do about it, or the command that does; nothing where the sentence says it, or nothing is to be done.
    pub remedy: Option<String>,
}

impl Finding {
    /// It stands as it should.
    pub fn fine(about: &'static str, sentence: impl Into<String>) -> Self {
        Self { about, state: State::Fine, sentence: sentence.into(), remedy: None }
    }

    /// It works, and somebody should know.
    pub fn note(
        about: &'static str,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { about, state: State::Note, sentence: sentence.into(), remedy: Some(remedy.into()) }
    }

    /// It does not work, or soon will not.
    pub fn problem(
        about: &'static str,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (sentence, remedy) = (sentence.into(), Some(remedy.into()));
        Self { about, state: State::Problem, sentence, remedy }
    }

    /// What could not be looked at, with a sentence that holds the remedy.
    pub fn failed(about: &'static str, sentence: impl Into<String>) -> Self {
        Self { about, state: State::Problem, sentence: sentence.into(), remedy: None }
    }
}
