//! Makes the tables of a page anew: `cargo run --package refractory-aws --example scale -- docs/scale.md`.
use std::error::Error;

use refractory_aws::cost::refreshed;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("say which page, as `docs/scale.md`")?;
    let page = std::fs::read_to_string(&path)?;
    std::fs::write(&path, refreshed(&page))?;
    Ok(())
}
