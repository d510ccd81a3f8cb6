//! `license`.
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done to licenses.
#[derive(Debug, Subcommand)]
pub(crate) enum LicenseCommand {
    /// Add a license key, from a prompt, standard input or a file
    Add(Add),
    /// List all licenses, masked, and the tables that use them
    #[command(visible_alias = "ls")]
    List,
    /// Rename a license
    Rename {
        /// The license's name
        name: String,
        /// The new name
        to: String,
    },
    /// Accept Foundry's license agreement for a key
    Accept(Accept),
    /// Remove a license that no table uses
    Remove {
        /// The license's name
        name: String,
    },
}

const ADD: &str = "\
Examples:
  refractory license add \"Club key 1\"                 asks for the key
  refractory license add \"Club key 1\" < key.txt
  refractory license add \"Club key 1\" --key-file key.txt

The key is never an argument: other users of the machine can see arguments.";

/// Add a license key. It is stored encrypted and only shown masked.
#[derive(Debug, Args)]
#[command(after_help = ADD)]
pub(crate) struct Add {
    /// A name for the license
    pub(crate) name: String,
    /// A file that contains the key
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

const ACCEPT: &str = "\
Examples:
  refractory license accept \"Club key 1\"
  refractory license accept \"Club key 1\" --yes-i-accept \"Jane Doe\"";

/// Accept Foundry's license agreement for a key.
///
/// Only a person can accept it. Name and time are recorded, and later starts repeat the acceptance.
#[derive(Debug, Args)]
#[command(after_help = ACCEPT)]
pub(crate) struct Accept {
    /// The license's name
    pub(crate) name: String,
    /// Your name, to confirm that you have read and accept the agreement
    #[arg(long, value_name = "YOUR NAME")]
    pub(crate) yes_i_accept: Option<String>,
}
