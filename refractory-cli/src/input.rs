//! What is asked at a prompt, or read from standard input or a file.
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use refractory_core::model::{LicenseKey, UserName};
use refractory_core::text::{decode, escaped, trimmed};
use refractory_core::{Error, Secret, check_new_password};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::exit::Exit;
use crate::output::Failure;

/// More than any key file or password has, in bytes.
const LONGEST: u64 = 64 << 10;
/// How long a pipe or a device that is named as a file may say nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// What a terminal makes of Ctrl-C where it sends no signal.
const CTRL_C: u8 = 3;
/// What a file is called that is standard input.
const STDIN: &str = "-";

/// A license key from `file`, from a prompt that shows nothing, or from standard input where that is no terminal.
pub(crate) fn license_key(prompt: &str, file: Option<&Path>) -> Result<LicenseKey> {
    let text = match file.filter(|path| *path != Path::new(STDIN)) {
        Some(path) => text(&file_bytes(path)?, &format!("`{}`: ", path.display()))?,
        None => asked(prompt)?,
    };
    check_given(&text)?;
    Ok(LicenseKey::new(&text).map_err(Error::from)?)
}

/// A new password for `name`: typed twice at a prompt, once on standard input.
pub(crate) fn new_password(name: &UserName) -> Result<Secret> {
    let password = password("Password: ")?;
    if io::stdin().is_terminal() && self::password("Repeat password: ")? != password {
        bail!(Failure::new(Exit::Invalid, "The passwords don't match. Try again."));
    }
    check_new_password(&password, name)?;
    Ok(password)
}

fn password(prompt: &str) -> Result<Secret> {
    let text = asked(prompt)?;
    // A password file may go on with a comment; the first line is what counts.
    let first = text.lines().next().unwrap_or_default().trim();
    check_given(first)?;
    Ok(Secret::new(first))
}

fn check_given(text: &str) -> Result<()> {
    if trimmed(text).is_empty() {
        bail!(Failure::new(
            Exit::Invalid,
            "No input. Type it at the prompt, or send it on standard input."
        ));
    }
    Ok(())
}

/// From a prompt that shows nothing, or all of standard input where that is no terminal.
fn asked(prompt: &str) -> Result<String> {
    let bytes = if io::stdin().is_terminal() {
        hidden(prompt)?
    } else {
        bounded(io::stdin().lock(), "standard input")?
    };
    text(&bytes, "")
}

/// Bytes from outside as text; `whose` begins the sentence where they are none.
fn text(bytes: &[u8], whose: &str) -> Result<String> {
    match decode(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Failure::new(Exit::Invalid, format!("{whose}{error}")).into()),
    }
}

/// All of `from`, where that is not more than any secret has.
fn bounded(from: impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > LONGEST {
        bail!(Failure::new(
            Exit::Invalid,
            format!(
                "There is far too much in {name}: more than {LONGEST} bytes. Check that it is the right one."
            )
        ));
    }
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Invalid, format!("{name} cannot be read: {error}."))
}

/// What is in the file at `path`. A pipe, as a shell makes one of `<(command)`, is waited for, but not for ever.
fn file_bytes(path: &Path) -> Result<Vec<u8>> {
    let name = format!("`{}`", path.display());
    let found = std::fs::metadata(path).map_err(|error| unreadable(&name, &error))?;
    if found.is_dir() {
        bail!(Failure::new(
            Exit::Invalid,
            format!("{name} is a folder. Name the file in it that holds the key.")
        ));
    }
    let (send, answer) = mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || {
        let name = format!("`{}`", path.display());
        let read = std::fs::File::open(&path)
            .map_err(|error| unreadable(&name, &error).into())
            .and_then(|file| bounded(file, &name));
        // Whoever asked may have stopped waiting.
        drop(send.send(read));
    });
    answer.recv_timeout(SILENCE).unwrap_or_else(|_| {
        let said =
            format!("{name} is a pipe or a device, and nothing came out of it. Name a file.");
        Err(Failure::new(Exit::Invalid, said).into())
    })
}

/// A line that is shown as it is typed; `None` where nobody is there to type it.
pub(crate) fn line(prompt: &str) -> Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    ask(prompt)?;
    read_line().map(Some)
}

/// What was given as an argument, or else a line as [`line()`] reads it.
pub(crate) fn given_or_line(given: Option<String>, prompt: &str) -> Result<Option<String>> {
    match given {
        Some(given) => Ok(Some(given)),
        None => line(prompt),
    }
}

/// Asks for `yes`; `None` where there is no terminal to ask at.
pub(crate) fn agrees(prompt: &str) -> Result<Option<bool>> {
    Ok(line(prompt)?.map(|typed| typed.eq_ignore_ascii_case("yes")))
}

fn ask(prompt: &str) -> Result<()> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{}", escaped(prompt)).and_then(|()| stderr.flush()).context("asking")
}

fn read_line() -> Result<String> {
    let mut bytes = Vec::new();
    let stdin = io::stdin().lock();
    stdin.take(LONGEST).read_until(b'\n', &mut bytes).context("reading standard input")?;
    Ok(trimmed(&text(&bytes, "")?).to_owned())
}

fn hidden(prompt: &str) -> Result<Vec<u8>> {
    ask(prompt)?;
    let quiet = Quiet::begin()?;
    let typed = read_to(b"\r\n\x03");
    drop(quiet);
    ask("\n")?;
    let mut typed = typed?;
    if typed.pop() == Some(CTRL_C) {
        bail!(Failure::new(Exit::Interrupted, "Interrupted. Nothing was changed."));
    }
    Ok(typed)
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
