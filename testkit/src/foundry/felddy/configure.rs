//! The files that the image writes before the program starts.
use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::folder::{DataFolder, write_whole};
use super::super::hash::{DEFAULT_ADMIN_SALT, password_hash};
use super::super::license::plain_key;
use super::super::version::Version;
use super::settings::Settings;

/// Writes `license.json`, `options.json` and `admin.txt` below the data folder.
pub(super) fn configure(settings: &Settings, version: Version) -> Result<(), String> {
    let folder = DataFolder::at(&settings.data);
    let config = settings.data.join("Config");
    std::fs::create_dir_all(&config).map_err(|why| format!("{}: {why}", config.display()))?;
    license(settings, &folder)?;
    let kept = settings.is_true("CONTAINER_PRESERVE_CONFIG");
    if !(kept && folder.options().exists()) {
        let options = Value::Object(options(settings, version)).to_string();
        write(&folder.options(), options.as_bytes())?;
    }
    if !(kept && folder.admin().exists()) {
        admin(settings, &folder)?;
    }
    Ok(())
}

/// One that exists is never touched.
fn license(settings: &Settings, folder: &DataFolder) -> Result<(), String> {
    let Some(asked) = settings.get("FOUNDRY_LICENSE_KEY") else { return Ok(()) };
    if folder.license().exists() {
        return Ok(());
    }
    let key = plain_key(asked).ok_or("FOUNDRY_LICENSE_KEY is not a license key")?;
    write(&folder.license(), json!({"license": key}).to_string().as_bytes())
}

/// Without a key the file is deleted at each start.
fn admin(settings: &Settings, folder: &DataFolder) -> Result<(), String> {
    match settings.get("FOUNDRY_ADMIN_KEY") {
        Some(key) => {
            let salt = settings.get("FOUNDRY_PASSWORD_SALT").unwrap_or(DEFAULT_ADMIN_SALT);
            write(&folder.admin(), password_hash(key.trim(), salt).as_bytes())
        }
        None => match std::fs::remove_file(folder.admin()) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(format!("admin.txt: {why}")),
            _ => Ok(()),
        },
    }
}

/// The whole of `options.json`, made anew at each start.
fn options(settings: &Settings, version: Version) -> Map<String, Value> {
    let mut all = Map::new();
    let mut set = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    let text = |name: &str| settings.get(name).map_or(Value::Null, Value::from);
    let number = |name: &str| settings.get(name).and_then(|text| text.parse::<u32>().ok()).into();
    let flag = |name: &str| settings.is_true(name).into();
    set("awsConfig", aws_config(settings, version));
    set("dataPath", "/data".into());
    set("fullscreen", false.into());
    set("hostname", text("FOUNDRY_HOSTNAME"));
    set("language", settings.get("FOUNDRY_LANGUAGE").unwrap_or("en.core").into());
    set("localHostname", text("FOUNDRY_LOCAL_HOSTNAME"));
    set("passwordSalt", text("FOUNDRY_PASSWORD_SALT"));
    set("port", 30000.into());
    set("proxyPort", number("FOUNDRY_PROXY_PORT"));
    set("proxySSL", flag("FOUNDRY_PROXY_SSL"));
    set("routePrefix", text("FOUNDRY_ROUTE_PREFIX"));
    set("sslCert", text("FOUNDRY_SSL_CERT"));
    set("sslKey", text("FOUNDRY_SSL_KEY"));
    set("updateChannel", "release".into());
    set("upnp", flag("FOUNDRY_UPNP"));
    set("upnpLeaseDuration", number("FOUNDRY_UPNP_LEASE_DURATION"));
    set("world", text("FOUNDRY_WORLD"));
    let minified = if version.generation <= 9 { "minifyStaticFiles" } else { "compressStatic" };
    set(minified, flag("FOUNDRY_MINIFY_STATIC_FILES"));
    if version.generation >= 10 {
        set("compressSocket", flag("FOUNDRY_COMPRESS_WEBSOCKET"));
        set("hotReload", flag("FOUNDRY_HOT_RELOAD"));
        set("protocol", number("FOUNDRY_PROTOCOL"));
        if let Some(telemetry) = settings.get("FOUNDRY_TELEMETRY") {
            set("telemetry", (telemetry == "true").into());
        }
    }
    if version.generation >= 11 {
        let theme = if version.generation <= 12 { "foundry" } else { "dark" };
        set("cssTheme", settings.get("FOUNDRY_CSS_THEME").unwrap_or(theme).into());
    }
    if version >= Version::new(14, 359) {
        set("deleteNEDB", flag("FOUNDRY_DELETE_NEDB"));
        set("serviceConfig", text("FOUNDRY_SERVICE_CONFIG"));
        set("tempDir", text("FOUNDRY_TEMP_DIR"));
        set("unixSocket", text("FOUNDRY_UNIX_SOCKET"));
    }
    all
}

/// `true` stays a text up to 14.363, and so names a file that is not there.
fn aws_config(settings: &Settings, version: Version) -> Value {
    match settings.get("FOUNDRY_AWS_CONFIG") {
        None => Value::Null,
        Some("true") if version > Version::new(14, 363) => true.into(),
        Some(path) => path.into(),
    }
}

fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    write_whole(path, text).map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests;
