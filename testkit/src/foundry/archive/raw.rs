//! Archives that no careful writer would write, header by header.
use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// An archive in the making. Fewer than 65 536 entries and 4 GiB, or it is no archive at all.
#[derive(Default)]
pub(super) struct RawZip {
    files: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

/// What the headers say about a file.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    at: u32,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
}

impl RawZip {
    /// Adds a file as it is.
    pub(super) fn plain(&mut self, name: &str, content: &[u8]) -> Stored {
        let stored = self.describe(0, content, content);
        self.file(name, stored, content)
    }

    /// Adds a file compressed.
    pub(super) fn deflated(&mut self, name: &str, content: &[u8]) -> io::Result<Stored> {
        let packed = deflate(content)?;
        Ok(self.file(name, self.describe(8, content, &packed), &packed))
    }

    /// Adds a file compressed that claims another size than it has.
    pub(super) fn lying(&mut self, name: &str, content: &[u8], size: u32) -> io::Result<Stored> {
        let packed = deflate(content)?;
        let honest = self.describe(8, content, &packed);
        Ok(self.file(name, Stored { size, ..honest }, &packed))
    }

    /// Names the same data once more, in the directory only.
    pub(super) fn again(&mut self, name: &str, stored: Stored) {
        self.directory.extend(b"PK\x01\x02\x14\x03\x14\x00\x00\x00");
        self.directory.extend(fields(&stored));
        self.directory.extend(fit::<u16>(name.len()).to_le_bytes());
        // No extra field, no comment, the first disk, no internal attributes, a plain file.
        self.directory.extend([0; 8]);
        self.directory.extend((0o100_644_u32 << 16).to_le_bytes());
        self.directory.extend(stored.at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.entries += 1;
    }

    /// The bytes of the archive.
    pub(super) fn finish(self) -> Vec<u8> {
        let Self { mut files, directory, entries } = self;
        let (at, size) = (fit::<u32>(files.len()), fit::<u32>(directory.len()));
        files.extend(directory);
        files.extend(b"PK\x05\x06\x00\x00\x00\x00");
        files.extend(entries.to_le_bytes());
        files.extend(entries.to_le_bytes());
        files.extend(size.to_le_bytes());
        files.extend(at.to_le_bytes());
        files.extend([0; 2]);
        files
    }

    fn describe(&self, method: u16, content: &[u8], packed: &[u8]) -> Stored {
        let mut crc = Crc::new();
        crc.update(content);
        Stored {
            at: fit(self.files.len()),
            method,
            crc: crc.sum(),
            packed: fit(packed.len()),
            size: fit(content.len()),
        }
    }

    fn file(&mut self, name: &str, stored: Stored, packed: &[u8]) -> Stored {
        self.files.extend(b"PK\x03\x04\x14\x00\x00\x00");
        self.files.extend(fields(&stored));
        self.files.extend(fit::<u16>(name.len()).to_le_bytes());
        self.files.extend([0; 2]);
        self.files.extend(name.as_bytes());
        self.files.extend(packed);
        self.again(name, stored);
        stored
    }
}

fn deflate(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    packer.write_all(content)?;
    packer.finish()
}

/// The part both headers share: method, no time, 1 January 1980, checksum and sizes.
fn fields(stored: &Stored) -> Vec<u8> {
    let mut fields = Vec::with_capacity(18);
    fields.extend(stored.method.to_le_bytes());
    fields.extend([0, 0, 0x21, 0]);
    for number in [stored.crc, stored.packed, stored.size] {
        fields.extend(number.to_le_bytes());
    }
    fields
}

fn fit<T: TryFrom<usize> + Default>(number: usize) -> T {
    T::try_from(number).unwrap_or_default()
}
