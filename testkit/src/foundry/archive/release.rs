//! Archives shaped like the vendor's, with nothing of the vendor's in them.
use std::io;

use serde_json::{Value, json};

use super::writer::Archive;
use crate::foundry::program::DEMO_NAME;
use crate::foundry::version::Version;

/// Where the program lies in its archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Below `resources/app/`, beside the files of Electron: all archives for `linux`.
    Electron,
    /// At the root: archives for `node`, from 13.338 on.
    Node,
}

impl Layout {
    /// The layouts in which `version` is published.
    pub fn of(version: Version) -> &'static [Self] {
        if version >= Version::new(13, 338) {
            &[Self::Electron, Self::Node]
        } else {
            &[Self::Electron]
        }
    }

    pub(super) fn root(self) -> &'static str {
        match self {
            Self::Electron => "resources/app/",
            Self::Node => "",
        }
    }
}

/// What the script says to a real node that is pointed at it.
const SCRIPT: &str = "// Nothing of Foundry is in this archive. Run it with testkit's \
    foundry-stand-in in the place of node.\nconsole.error(\"This archive is for the Foundry \
    stand-in, which takes the place of node.\");\nprocess.exitCode = 1;\n";

/// The archive of `version`.
///
/// # Errors
/// None that memory does not give.
pub fn release_zip(version: Version, layout: Layout) -> io::Result<Vec<u8>> {
    archive(version, layout, "foundryvtt")
}

/// The archive of the demonstration, which the stand-in runs without a license.
///
/// # Errors
/// None that memory does not give.
pub fn demo_zip() -> io::Result<Vec<u8>> {
    archive(Version::EACH_GENERATION[5], Layout::Node, DEMO_NAME)
}

fn archive(version: Version, layout: Layout, name: &str) -> io::Result<Vec<u8>> {
    let mut archive = Archive::below(layout.root());
    if layout == Layout::Electron {
        for beside in ["foundryvtt", "version", "resources/app.asar.unpacked/placeholder"] {
            archive.exactly(beside, "A file of Electron would be here.\n")?;
        }
    }
    program(&mut archive)?;
    archive.file("package.json", serde_json::to_vec_pretty(&package(version, name))?)?;
    archive.finish()
}

/// Everything but package.json.
pub(super) fn program(archive: &mut Archive) -> io::Result<()> {
    archive.file("main.js", SCRIPT)?;
    archive.file("main.mjs", SCRIPT)?;
    archive.file("dist/server.mjs", "// A stand-in has no server of its own here.\n")?;
    archive.file("node_modules/placeholder/package.json", r#"{"name": "placeholder"}"#)?;
    archive.file("templates/setup/join-game.html", "<section></section>\n")?;
    archive.file("public/lang/en.json", r#"{"JOIN.LoginSuccess": "Welcome"}"#)?;
    archive.file("public/css/style.css", "body { margin: 0; }\n")?;
    archive.file("public/scripts/client.js", "// The pages of the stand-in carry their own.\n")?;
    archive.file(
        "public/icons/dot.svg",
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>"#,
    )
}

/// The package.json of `version`.
pub(super) fn package(version: Version, name: &str) -> Value {
    json!({
        "name": name,
        "version": "1.0.0",
        "main": "main.js",
        "release": {
            "generation": version.generation, "build": version.build, "channel": "stable",
            "suffix": "", "time": 1_700_000_000_000_u64, "node_version": version.node_minimum(),
            "notes": null, "download": null, "flags": {},
            "maxGeneration": 14, "maxStableGeneration": 14,
        },
    })
}
