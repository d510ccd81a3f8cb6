//! Errors, as people are told them.
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Error;
use refractory_core::Error as CoreError;
use refractory_core::config::Complaints;
use refractory_core::text::{escaped, json_escaped, one_line};

use super::say;
use crate::exit::Exit;

/// An ending that is not an error of the core's: a sentence with what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    sentence: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}

/// Tells an error on standard error: one sentence, or one for each complaint; the whole chain where it was asked for.
pub(crate) fn report(error: &Error, json: bool, verbose: bool) -> Exit {
    let (exit, sentence) = told(error);
    let mut stderr = io::stderr().lock();
    let written = if json {
        write_json(&mut stderr, &sentence, exit)
    } else {
        writeln!(stderr, "{}", escaped(&dressed(&sentence)))
    };
    if verbose {
        drop(written.and_then(|()| chain(&mut stderr, error)));
    }
    exit
}

/// Tells what is wrong with the arguments; as JSON where they ask for that. What was asked for as help is printed as it is.
pub(crate) fn report_usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let sentence = text.split("\n\n").next().unwrap_or_default();
        let sentence = one_line(sentence.trim_start_matches("error: "));
        drop(write_json(&mut io::stderr().lock(), &sentence, Exit::Invalid));
        return Exit::Invalid.code().into();
    }
    drop(error.print());
    u8::try_from(error.exit_code()).unwrap_or(Exit::Invalid.code()).into()
}

fn write_json(to: &mut impl Write, sentence: &str, exit: Exit) -> io::Result<()> {
    let value = serde_json::json!({ "error": sentence, "exit": exit.code() });
    writeln!(to, "{}", json_escaped(&value.to_string()))
}

/// How an error ends the command, and what is said of it.
pub(crate) fn told(error: &Error) -> (Exit, String) {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return (failure.exit, one_line(&failure.sentence).into_owned());
        }
        if let Some(complaints) = cause.downcast_ref::<Complaints>() {
            return (Exit::Invalid, complaints.to_string());
        }
        if let Some(core) = cause.downcast_ref::<CoreError>() {
            return (core.kind().into(), one_line(&say::error(core)).into_owned());
        }
    }
    (Exit::Defect, one_line(&format!("{error:#}")).into_owned())
}

fn dressed(sentence: &str) -> String {
    if sentence.contains('\n') {
        let lines = sentence.replace('\n', "\n  ");
        return format!("error: the configuration cannot be used:\n  {lines}");
    }
    format!("error: {sentence}")
}

fn chain(out: &mut impl Write, error: &Error) -> io::Result<()> {
    for cause in error.chain() {
        writeln!(out, "  because: {}", one_line(&cause.to_string()))?;
    }
    Ok(())
}
