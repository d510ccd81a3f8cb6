//! `world.json`, and which worlds there are.
use std::io;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::folder::{DataFolder, write_whole};
use super::version::Version;

/// A world as its manifest describes it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// The name of its folder.
    pub(crate) id: String,
    folder: PathBuf,
    manifest: Map<String, Value>,
}

impl World {
    /// Every world of `data` whose manifest can be read, by id.
    pub(crate) fn all(data: &DataFolder) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(data.world("")) else { return Vec::new() };
        let ids = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut worlds: Vec<_> = ids.filter_map(|id| Self::read(data, &id).ok()).collect();
        worlds.sort_by(|one, other| one.id.cmp(&other.id));
        worlds
    }

    /// The world in folder `id`; `Err` is a sentence for the log.
    pub(crate) fn read(data: &DataFolder, id: &str) -> Result<Self, String> {
        if id.is_empty() || id.contains(['/', '\\']) || id.starts_with('.') {
            return Err(format!("{id:?} is not the id of a world"));
        }
        let folder = data.world(id);
        let text = std::fs::read(folder.join("world.json"))
            .map_err(|_| format!("The requested world {id} does not exist"))?;
        let manifest = serde_json::from_slice(&text)
            .map_err(|why| format!("The manifest of world {id} cannot be read: {why}"))?;
        Ok(Self { id: id.to_owned(), folder, manifest })
    }

    /// Makes a world that has never been launched.
    pub(crate) fn create(
        data: &DataFolder,
        version: Version,
        id: &str,
        fields: Map<String, Value>,
    ) -> Result<Self, String> {
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if id.is_empty() || !id.chars().all(letters) {
            return Err(format!("{id:?} cannot be the id of a world"));
        }
        let folder = data.world(id);
        if folder.exists() {
            return Err(format!("A world with id {id} already exists"));
        }
        let mut manifest = fields;
        manifest.insert(version.world_id_field().into(), id.into());
        manifest.insert("coreVersion".into(), version.to_string().into());
        let world = Self { id: id.to_owned(), folder, manifest };
        let made = std::fs::create_dir_all(world.database()).and_then(|()| world.write());
        made.map(|()| world).map_err(|why| format!("The world {id} cannot be written: {why}"))
    }

    /// The folder of its databases.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The version that launched it last.
    pub(crate) fn core_version(&self) -> Option<Version> {
        self.text("coreVersion").and_then(|version| version.parse().ok())
    }

    /// The title, or the id where there is none.
    pub(crate) fn title(&self) -> &str {
        self.text("title").unwrap_or(&self.id)
    }

    /// The id of its game system.
    pub(crate) fn system(&self) -> &str {
        self.text("system").unwrap_or_default()
    }

    /// The version of its game system: the installed one, or the manifest's.
    pub(crate) fn system_version(&self, data: &DataFolder) -> String {
        let installed = std::fs::read(data.system(self.system())).ok();
        let system: Value =
            installed.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let version = system["version"].as_str().or_else(|| self.text("systemVersion"));
        version.unwrap_or("0").to_owned()
    }

    /// Whether all passwords are to be cleared at the next launch.
    pub(crate) fn resets_keys(&self) -> bool {
        self.manifest.get("resetKeys") == Some(&Value::Bool(true))
    }

    /// Writes what a launch changes; other fields stay.
    pub(crate) fn launched(&mut self, version: Version, system: &str, at: &str) -> io::Result<()> {
        self.manifest.insert("coreVersion".into(), version.to_string().into());
        self.manifest.insert("systemVersion".into(), system.into());
        self.manifest.insert("lastPlayed".into(), at.into());
        self.manifest.remove("resetKeys");
        self.write()
    }

    /// Changes fields of the manifest, as the setup page does.
    pub(crate) fn edit(&mut self, fields: Map<String, Value>) -> io::Result<()> {
        self.manifest.extend(fields);
        self.write()
    }

    /// The manifest with the id under the name every version of a client looks for.
    pub(crate) fn described(&self) -> Value {
        let mut shown = self.manifest.clone();
        shown.insert("id".into(), self.id.clone().into());
        Value::Object(shown)
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.manifest.get(field).and_then(Value::as_str)
    }

    fn write(&self) -> io::Result<()> {
        write_whole(&self.folder.join("world.json"), &serde_json::to_vec_pretty(&self.manifest)?)
    }
}
