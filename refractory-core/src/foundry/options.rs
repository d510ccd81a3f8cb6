//! `Config/options.json`: the program's settings, of which only some are ours.
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::blocking::blocking;
use crate::disk::{read_if_any, refused, write_whole};
use crate::{Error, ErrorKind, Result};

const DURING: &str = "writing options.json";

/// The settings that belong to whoever runs the program. All others are the table's own and stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The port it listens on.
    pub port: u16,
    /// Its data folder.
    pub data_path: PathBuf,
    /// The path it is served under, without slashes; empty for none.
    pub route_prefix: String,
    /// The public name, for invitation links only.
    pub hostname: Option<String>,
    /// The public port and whether it is HTTPS, for invitation links only.
    pub public: Option<(u16, bool)>,
    /// The language; what is set stays where `None`.
    pub language: Option<String>,
}

impl Options {
    /// Writes these settings into the `options.json` of the folder `config`, and keeps what else is there.
    ///
    /// *Repeat*: the file is not touched when it says so already. Never write while the program runs:
    /// it saves its own.
    ///
    /// # Errors
    ///
    /// `Invalid` (the file is not JSON; nothing is written), `Forbidden`, `Exhausted`, `Unavailable`.
    pub async fn write(&self, config: &Path) -> Result<()> {
        let (ours, config) = (self.fields(), config.to_owned());
        blocking(DURING, move |_| merge(&config, ours)).await
    }

    fn fields(&self) -> Map<String, Value> {
        let text = |text: &str| Value::from((!text.is_empty()).then_some(text));
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        set("port", self.port.into());
        set("dataPath", self.data_path.to_string_lossy().into());
        set("routePrefix", text(self.route_prefix.trim_matches('/')));
        set("hostname", text(self.hostname.as_deref().unwrap_or_default()));
        set("proxyPort", self.public.map(|(port, _)| port).into());
        set("proxySSL", self.public.is_some_and(|(_, https)| https).into());
        // Which world opens, and when, is decided outside; nobody opens ports on a router from here.
        set("world", Value::Null);
        set("upnp", false.into());
        // These would take it from the address it is looked for at.
        for name in ["sslCert", "sslKey", "unixSocket"] {
            set(name, Value::Null);
        }
        if let Some(language) = &self.language {
            set("language", language.as_str().into());
        }
        fields
    }
}

/// The salt that the `options.json` of the folder `config` sets for `admin.txt`, if it sets one.
///
/// # Errors
///
/// `Invalid` (the file is not JSON), `Forbidden`, `Unavailable`.
pub async fn password_salt(config: &Path) -> Result<Option<String>> {
    let config = config.to_owned();
    blocking("reading options.json", move |_| {
        let (_, options) = read(&config)?;
        let salt = options.get("passwordSalt").and_then(Value::as_str);
        Ok(salt.filter(|salt| !salt.is_empty()).map(str::to_owned))
    })
    .await
}

fn merge(config: &Path, ours: Map<String, Value>) -> Result<()> {
    let (path, mut options) = read(config)?;
    let before = options.clone();
    // Unset, the program asks at each visit of its setup whether it may send usage data home.
    if !options.contains_key("telemetry") {
        options.insert("telemetry".into(), false.into());
    }
    options.extend(ours);
    if options == before {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&options)
        .map_err(|error| Error::new(ErrorKind::Unexpected, DURING).caused_by(error))?;
    std::fs::create_dir_all(config)
        .and_then(|()| write_whole(&path, &text, 0o600))
        .map_err(|error| refused(error, DURING, &path))
}

/// The file and what it says; nothing where there is none yet.
fn read(config: &Path) -> Result<(PathBuf, Map<String, Value>)> {
    let path = config.join("options.json");
    let text = read_if_any(&path).map_err(|error| refused(error, "reading options.json", &path))?;
    let Some(text) = text else { return Ok((path, Map::new())) };
    let broken = |why: String| {
        Error::new(ErrorKind::Invalid, "reading options.json").about("path", path.display()).advise(
            format!(
                "Foundry can't read `{}` ({why}). Repair it, or move it away to start with default settings. Nothing was changed.",
                path.display()
            ),
        )
    };
    match serde_json::from_slice(&text) {
        Ok(Value::Object(options)) => Ok((path, options)),
        Ok(_) => Err(broken("it is not a JSON object".into())),
        Err(error) => Err(broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
