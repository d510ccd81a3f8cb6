//! From the archive to the program.
use std::fs::File;
use std::path::{Path, PathBuf};

use super::fetch::fetch;
use super::settings::Settings;

/// Unpacks the release into the container's own layer, and returns its script. A release URL wins over the cache.
pub(super) async fn install(settings: &Settings) -> Result<PathBuf, String> {
    if let Some(script) = script(&settings.home) {
        return Ok(script);
    }
    let version = settings.version()?;
    let name = format!("foundryvtt-{}.{}.zip", version.generation, version.build);
    let cache = settings.cache();
    let folder = cache.clone().unwrap_or_else(|| settings.home.clone());
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let archive = folder.join(name);
    match settings.get("FOUNDRY_RELEASE_URL") {
        Some(url) => fetch(url, &archive).await?,
        None if cache.is_some() && archive.exists() => {}
        None => {
            return Err("Unable to install Foundry Virtual Tabletop! Either set FOUNDRY_RELEASE_URL. Or set \
                        FOUNDRY_USERNAME and FOUNDRY_PASSWORD. Or set CONTAINER_CACHE to a directory containing the \
                        release archive."
                .into());
        }
    }
    unpack(&archive, &settings.home)?;
    if cache.is_none() {
        // It only takes room; what is unpacked stays.
        let _ = std::fs::remove_file(&archive);
    }
    script(&settings.home).ok_or_else(|| "the archive holds no main.js or main.mjs".into())
}

/// The script of what is installed.
fn script(home: &Path) -> Option<PathBuf> {
    let app = home.join("resources/app");
    ["main.mjs", "main.js"].into_iter().map(|name| app.join(name)).find(|path| path.is_file())
}

fn unpack(archive: &Path, home: &Path) -> Result<(), String> {
    let told = |why: &dyn std::fmt::Display| format!("unzip: {}: {why}", archive.display());
    let file = File::open(archive).map_err(|why| told(&why))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|why| told(&why))?;
    let electron =
        zip.file_names().any(|name| name.is_ok_and(|name| name.starts_with("resources/app/")));
    let target = if electron { home.to_owned() } else { home.join("resources/app") };
    zip.extract(target).map_err(|why| told(&why))
}
