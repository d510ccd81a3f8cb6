//! What is wrong with a form, and with which of its fields.
use std::borrow::Cow;

use refractory_core::Error;
use serde::Serialize;

use crate::problem::Problem;

/// What is wrong with a form, beside the field it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FormError {
    /// The id of the field; empty where it is about the form as a whole.
    pub(crate) field: Cow<'static, str>,
    pub(crate) sentence: String,
}

impl FormError {
    /// About the field with the id `field`.
    pub(crate) fn at(field: impl Into<Cow<'static, str>>, sentence: impl Into<String>) -> Self {
        Self { field: field.into(), sentence: sentence.into() }
    }
}

/// A form that was refused.
#[derive(Debug)]
pub(crate) struct InvalidForm {
    field: &'static str,
    error: Error,
}

impl InvalidForm {
    /// The same, known to be about `field`.
    pub(crate) fn at(field: &'static str, error: impl Into<Error>) -> Self {
        Self { field, error: error.into() }
    }

    /// The error behind it.
    pub(crate) fn error(&self) -> &Error {
        &self.error
    }

    /// What to show; an error where no other input would mend it.
    pub(crate) fn show(self) -> Result<(Problem, FormError), Problem> {
        let problem = Problem::from(self.error).for_form()?;
        let said = FormError::at(self.field, problem.sentence());
        Ok((problem, said))
    }
}

impl From<Error> for InvalidForm {
    fn from(error: Error) -> Self {
        Self::at("", error)
    }
}

/// Says which field an error is about.
pub(crate) trait InField<T> {
    /// The same, known to be about the field with the id `field`.
    fn in_field(self, field: &'static str) -> Result<T, InvalidForm>;
}

impl<T, E: Into<Error>> InField<T> for Result<T, E> {
    fn in_field(self, field: &'static str) -> Result<T, InvalidForm> {
        self.map_err(|error| InvalidForm::at(field, error))
    }
}
