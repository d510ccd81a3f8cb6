//! `license`.
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done to licences.
#[derive(Debug, Subcommand)]
pub(crate) enum LicenseCommand {
    /// Add a licence key, from a prompt, standard input or a file
    Add(Add),
    /// Every licence, masked, and who holds it
    #[command(visible_alias = "ls")]
    List,
    /// Give a licence another name
    Rename {
        /// Its name
        name: String,
        /// The new one
        to: String,
    },
    /// Accept Foundry's licence agreement for a key, as a person
    Accept(Accept),
    /// Forget a licence that no table holds
    Remove {
        /// Its name
        name: String,
    },
}

const ADD: &str = "\
Examples:
  refractory license add \"Club key 1\"                 asks for the key
  refractory license add \"Club key 1\" < key.txt
  refractory license add \"Club key 1\" --key-file key.txt

The key is never an argument: arguments can be seen by everybody on the machine.";

/// Add a licence key. It is kept encrypted, and shown masked ever after.
#[derive(Debug, Args)]
#[command(after_help = ADD)]
pub(crate) struct Add {
    /// What to call it
    pub(crate) name: String,
    /// A file that holds the key
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

const ACCEPT: &str = "\
Examples:
  refractory license accept \"Club key 1\"
  refractory license accept \"Club key 1\" --yes-i-accept \"Jane Doe\"";

/// Accept Foundry's licence agreement for a key.
///
/// Only a person can. Name and time are written down, and the acceptance is repeated at later starts.
#[derive(Debug, Args)]
#[command(after_help = ACCEPT)]
pub(crate) struct Accept {
    /// The licence
    pub(crate) name: String,
    /// Your name: you have read the agreement, and accept it
    #[arg(long, value_name = "YOUR NAME")]
    pub(crate) yes_i_accept: Option<String>,
}
