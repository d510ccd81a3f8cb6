//! Putting an archive together.
use std::fmt::Display;
use std::io::{self, Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive in the making.
pub(super) struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    root: &'static str,
}

impl Archive {
    /// An archive whose files lie below `root`, which is empty or ends in a slash.
    pub(super) fn below(root: &'static str) -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), root }
    }

    /// Adds a file below the root.
    pub(super) fn file(&mut self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        self.exactly(format!("{}{name}", self.root), content)
    }

    /// Adds a file under exactly this name.
    pub(super) fn exactly(
        &mut self,
        name: impl Display,
        content: impl AsRef<[u8]>,
    ) -> io::Result<()> {
        self.zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o644))?;
        self.zip.write_all(content.as_ref())
    }

    /// Adds a symbolic link.
    pub(super) fn link(&mut self, name: &str, target: &str) -> io::Result<()> {
        Ok(self.zip.add_symlink(name, target, SimpleFileOptions::default())?)
    }

    /// The bytes of the archive.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        Ok(self.zip.finish()?.into_inner())
    }
}
