//! The data folder.
use std::path::Path;

use anyhow::{Result, bail};
use refractory_core::config::CoreConfig;
use refractory_core::local::DataDir;

use crate::exit::Exit;
use crate::output::Failure;

/// Opens the data folder, and makes it where it is not there and `make` says so.
pub(crate) fn open_folder(core: &CoreConfig, make: bool) -> Result<DataDir> {
    let path = Path::new(&core.data);
    if !make && !path.exists() {
        bail!(Failure::new(
            Exit::NotFound,
            format!(
                "There is no data folder `{}`. Run `refractory up` to create it, or name the right folder with `--data`.",
                path.display()
            )
        ));
    }
    Ok(DataDir::open(path)?)
}
