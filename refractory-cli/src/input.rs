//! What is asked at a prompt, or read from standard input.
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use refractory_core::Secret;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::exit::Exit;
use crate::output::Failure;

/// More than any secret has.
const LONGEST: u64 = 4096;
/// What a terminal makes of Ctrl-C where it sends no signal.
const CTRL_C: u8 = 3;

/// A secret from `file`, from a prompt that shows nothing, or from standard input where that is no terminal.
pub(crate) fn secret(prompt: &str, file: Option<&Path>) -> Result<Secret> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            Failure::new(Exit::Invalid, format!("Can't read `{}`: {error}.", path.display()))
        })?,
        None if io::stdin().is_terminal() => hidden(prompt)?,
        None => piped()?,
    };
    let text = text.trim();
    if text.is_empty() {
        bail!(Failure::new(
            Exit::Invalid,
            "No input. Type it at the prompt, or send it on standard input."
        ));
    }
    Ok(Secret::new(text))
}

/// A new password: typed twice at a prompt, once on standard input.
pub(crate) fn new_password() -> Result<Secret> {
    let password = secret("Password: ", None)?;
    if io::stdin().is_terminal() && secret("Repeat password: ", None)? != password {
        bail!(Failure::new(Exit::Invalid, "The passwords don't match. Try again."));
    }
    if password.expose().chars().count() < 8 {
        bail!(Failure::new(Exit::Invalid, "The password is too short. Use at least 8 characters."));
    }
    Ok(password)
}

/// A line that is shown as it is typed; `None` where nobody is there to type it.
pub(crate) fn line(prompt: &str) -> Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    ask(prompt)?;
    read_line().map(Some)
}

fn ask(prompt: &str) -> Result<()> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).context("asking")
}

fn read_line() -> Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut text).context("reading standard input")?;
    Ok(text.trim().to_owned())
}

fn piped() -> Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(LONGEST).read_to_string(&mut text).context("reading standard input")?;
    // A password file may go on with a comment; the first line is what counts.
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn hidden(prompt: &str) -> Result<String> {
    ask(prompt)?;
    let quiet = Quiet::begin()?;
    let typed = read_to(b"\r\n\x03");
    drop(quiet);
    ask("\n")?;
    let mut typed = typed?;
    if typed.pop() == Some(CTRL_C) {
        bail!(Failure::new(Exit::Interrupted, "Interrupted. Nothing was changed."));
    }
    String::from_utf8(typed)
        .map_err(|_| Failure::new(Exit::Invalid, "The input is not text in UTF-8.").into())
}

/// Reads one of `ends`, and whatever comes before it.
fn read_to(ends: &[u8]) -> Result<Vec<u8>> {
    let mut typed = Vec::new();
    for byte in io::stdin().lock().take(LONGEST).bytes() {
        typed.push(byte.context("reading standard input")?);
        if typed.last().is_some_and(|last| ends.contains(last)) {
            return Ok(typed);
        }
    }
    typed.push(b'\n');
    Ok(typed)
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin()).context("looking at the terminal")?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO;
        // As a signal Ctrl-C would leave the terminal mute: it ends the line instead.
        quiet.local_modes -= LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet).context("hiding what is typed")?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
