//! The command line, which belongs to Node.js up to the script and to the program after it.
use std::ffi::OsString;
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandLine {
    /// `node --version`.
    NodeVersion,
    /// `node [options] <script> [flags]`.
    Program(Args),
}

/// The script and the flags that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Args {
    /// `main.js` or `main.mjs`.
    pub(crate) script: PathBuf,
    flags: Vec<(String, Option<String>)>,
}

/// Options of Node.js that take the next word as their value.
const NODE_OPTIONS_WITH_A_WORD: [&str; 7] =
    ["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"];

impl CommandLine {
    /// Reads a command line without the executable's own name.
    pub(crate) fn read(words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut words = words;
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--version" | "-v") => return Ok(Self::NodeVersion),
                Some(option) if NODE_OPTIONS_WITH_A_WORD.contains(&option) => drop(words.next()),
                Some(option) if option.starts_with('-') => {}
                _ => return Ok(Self::Program(Args { script: word.into(), flags: flags(words) })),
            }
        }
        Err("no script was named: call it as `node <path to main.js> --port=N --dataPath=DIR`"
            .into())
    }
}

impl Args {
    /// Whether `--name` was given, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, _)| flag == name)
    }

    /// The value of the last `--name=value` that is not empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let named = self.flags.iter().rev().find(|(flag, _)| flag == name);
        named.and_then(|(_, value)| value.as_deref()).filter(|value| !value.is_empty())
    }
}

fn flags(words: impl Iterator<Item = OsString>) -> Vec<(String, Option<String>)> {
    words
        .filter_map(|word| {
            let text = word.to_string_lossy().into_owned();
            let flag = text.strip_prefix("--")?;
            Some(match flag.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (flag.to_owned(), None),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
