//! Archives for tests, good and bad.
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive under construction.
pub(super) struct Sample(ZipWriter<Cursor<Vec<u8>>>);

impl Sample {
    pub(super) fn empty() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    /// A release as the vendor lays it out under `root`.
    pub(super) fn release(root: &str, package: &str) -> Self {
        Self::empty()
            .with(&format!("{root}package.json"), package.as_bytes())
            .with(&format!("{root}main.js"), b"// server")
            .with(&format!("{root}public/scripts/foundry.js"), b"// client")
    }

    pub(super) fn foundry(version: &str) -> Self {
        let (generation, build) = version.split_once('.').unwrap();
        Self::release(
            "",
            &format!(
                r#"{{"name":"foundryvtt","release":{{"generation":{generation},"build":{build}}}}}"#
            ),
        )
    }

    pub(super) fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.0.start_file(name, SimpleFileOptions::default()).unwrap();
        self.0.write_all(bytes).unwrap();
        self
    }

    pub(super) fn with_program(mut self, name: &str) -> Self {
        self.0.start_file(name, SimpleFileOptions::default().unix_permissions(0o4755)).unwrap();
        self.0.write_all(b"#!/bin/sh").unwrap();
        self
    }

    pub(super) fn with_link(mut self, name: &str, target: &str) -> Self {
        self.0.add_symlink(name, target, SimpleFileOptions::default()).unwrap();
        self
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.finish().unwrap().into_inner()
    }
}

/// `bytes` with every `from` in it replaced by `to` of the same length: what no writer writes.
pub(super) fn forged(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|at| &bytes[*at..*at + from.len()] == from).collect();
    assert!(!at.is_empty(), "nothing to forge");
    for start in at {
        bytes[start..start + to.len()].copy_from_slice(to);
    }
    bytes
}
