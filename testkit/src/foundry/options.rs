//! `Config/options.json`: known fields are read, unknown ones are kept.
use std::io;

use serde_json::{Map, Value, json};

use super::args::Args;
use super::folder::{DataFolder, write_whole};

/// The options in force: the file's, under the flags'.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    stored: Map<String, Value>,
    pub(crate) port: u16,
    pub(crate) world: Option<String>,
    pub(crate) route_prefix: Option<String>,
    pub(crate) password_salt: Option<String>,
    pub(crate) delete_nedb: bool,
    pub(crate) upnp: bool,
}

impl Options {
    /// Reads the file, or makes it with defaults; `Err` is the sentence the program dies with.
    pub(crate) fn read(folder: &DataFolder, args: &Args) -> Result<Self, String> {
        let stored = match std::fs::read(folder.options()) {
            Ok(text) => parse(&text)?,
            Err(why) if why.kind() == io::ErrorKind::NotFound => make(folder)?,
            Err(why) => return Err(format!("cannot read options.json: {why}")),
        };
        Self::over(stored, args)
    }

    /// The language in force.
    pub(crate) fn language(&self) -> &str {
        self.stored.get("language").and_then(Value::as_str).unwrap_or("en.core")
    }

    /// Writes `changes` into the file, as a saved configuration form does.
    pub(crate) fn save(&self, folder: &DataFolder, changes: &Map<String, Value>) -> io::Result<()> {
        let mut stored = self.stored.clone();
        stored.extend(changes.clone());
        write(folder, &stored)
    }

    /// The stored options with the secret ones masked, for the console.
    pub(crate) fn masked(&self) -> Value {
        let mut shown = self.stored.clone();
        for secret in ["adminPassword", "adminKey", "passwordSalt", "serviceConfig"] {
            if shown.get(secret).is_some_and(|value| !value.is_null()) {
                shown.insert(secret.into(), "•".repeat(8).into());
            }
        }
        shown.insert("port".into(), self.port.into());
        shown.insert("world".into(), self.world.clone().into());
        Value::Object(shown)
    }

    fn over(stored: Map<String, Value>, args: &Args) -> Result<Self, String> {
        let text = |field: &str| stored.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
        let filled = |field: &str| text(field).filter(|text| !text.is_empty());
        let prefix = filled("routePrefix").map(|prefix| prefix.trim_matches('/').to_owned());
        Ok(Self {
            port: port(&stored, args)?,
            world: args.value("world").map(ToOwned::to_owned).or_else(|| filled("world")),
            route_prefix: prefix.filter(|prefix| !prefix.is_empty()),
            password_salt: filled("passwordSalt"),
            delete_nedb: stored.get("deleteNEDB") == Some(&Value::Bool(true)),
            upnp: stored.get("upnp") != Some(&Value::Bool(false)) && !args.has("noupnp"),
            stored,
        })
    }
}

fn port(stored: &Map<String, Value>, args: &Args) -> Result<u16, String> {
    let asked = match (args.value("port"), stored.get("port")) {
        (Some(flag), _) => flag.parse().ok(),
        (None, Some(Value::Number(number))) => number.as_u64(),
        (None, _) => Some(30000),
    };
    asked.and_then(|port| u16::try_from(port).ok()).ok_or_else(|| {
        "ServerConfiguration Model Validation Errors [ServerConfiguration.port]".into()
    })
}

fn parse(text: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(stored)) => Ok(stored),
        Ok(_) => Err("Unexpected token in JSON at position 0".into()),
        Err(why) => Err(format!("Unexpected token in JSON at line {} ({why})", why.line())),
    }
}

fn make(folder: &DataFolder) -> Result<Map<String, Value>, String> {
    let Value::Object(defaults) = json!({
        "port": 30000, "world": null, "language": "en.core", "updateChannel": "stable",
        "hostname": null, "localHostname": null, "routePrefix": null, "proxySSL": false,
        "proxyPort": null, "upnp": true, "compressSocket": true, "awsConfig": null,
        "passwordSalt": null,
    }) else {
        return Ok(Map::new());
    };
    write(folder, &defaults).map_err(|why| format!("cannot write options.json: {why}"))?;
    Ok(defaults)
}

fn write(folder: &DataFolder, stored: &Map<String, Value>) -> io::Result<()> {
    write_whole(&folder.options(), &serde_json::to_vec_pretty(stored)?)
}
