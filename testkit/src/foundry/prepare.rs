//! Data folders prepared for a test.
#![expect(clippy::expect_used, reason = "a test that cannot prepare its folder has failed")]
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::folder::DataFolder;
use super::hash::{DEFAULT_ADMIN_SALT, password_hash};
use super::license::{machine_name, signature_of};
use super::version::Version;

/// A key of the right form.
pub const LICENSE_KEY: &str = "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF";

impl DataFolder {
    /// Writes a license that is signed for this machine.
    #[must_use]
    pub fn with_signed_license(self) -> Self {
        self.with_license_signed_for(&machine_name())
    }

    /// Writes a license that is signed for another machine, or for this one by its name.
    #[must_use]
    pub fn with_license_signed_for(self, host: &str) -> Self {
        let key = LICENSE_KEY.replace('-', "");
        let signature = signature_of(&key, host);
        let license = json!({"license": key, "host": host, "signature": signature});
        write(&self.license(), &license.to_string());
        self
    }

    /// Writes a license key no one has accepted the agreement with.
    #[must_use]
    pub fn with_unsigned_license(self) -> Self {
        let license = json!({"license": LICENSE_KEY.replace('-', "")});
        write(&self.license(), &license.to_string());
        self
    }

    /// Sets the admin password.
    #[must_use]
    pub fn with_admin_password(self, password: &str) -> Self {
        write(&self.admin(), &password_hash(password, DEFAULT_ADMIN_SALT));
        self
    }

    /// Writes options.json.
    #[must_use]
    pub fn with_options(self, options: &Value) -> Self {
        write(&self.options(), &options.to_string());
        self
    }

    /// Makes a world, last launched by `core`, of a system that is installed too.
    #[must_use]
    pub fn with_world(self, id: &str, core: Version) -> Self {
        let manifest = json!({
            "id": id, "name": id, "title": format!("World {id}"), "description": "", "system": "dice",
            "systemVersion": "1.0.0", "coreVersion": core.to_string(), "version": null,
            "compatibility": {"minimum": "9", "verified": core.generation.to_string()},
            "authors": [], "packs": [], "relationships": {},
        });
        write(&self.world(id).join("world.json"), &manifest.to_string());
        let system = json!({"id": "dice", "title": "Dice", "version": "5.0.4"});
        write(&self.system("dice"), &system.to_string());
        self
    }
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a file has a folder");
    fs::create_dir_all(folder).expect("the folder can be made");
    fs::write(path, text).expect("the file can be written");
}
