//! Plays the vendor's site on 127.0.0.1 until it is stopped. See `testkit::foundry`.
//!
//! `fake-site [--port=N] [--user=NAME:PASSWORD] [--license=KEY] [--release=13.351] [--release=…]`
use std::io::Write;
use std::process::ExitCode;

use testkit::foundry::{Account, FakeSite};

fn main() -> ExitCode {
    match asked(std::env::args().skip(1)).and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

fn asked(flags: impl Iterator<Item = String>) -> Result<(Account, u16), String> {
    let (mut account, mut port, mut releases) = (Account::default(), 0, Vec::new());
    for flag in flags {
        match flag.split_once('=') {
            Some(("--port", value)) => {
                port = value.parse().map_err(|_| format!("{value} is not a port"))?;
            }
            Some(("--user", value)) => {
                let (name, password) = value.split_once(':').ok_or("say --user=NAME:PASSWORD")?;
                (account.username, account.password) = (name.to_owned(), password.to_owned());
            }
            Some(("--license", value)) => account.licenses = vec![(value.into(), "License".into())],
            Some(("--release", value)) => {
                releases.push(value.parse().map_err(|why| format!("{value}: {why}"))?);
            }
            _ => return Err(format!("{flag} is not known: see the top of fake-site.rs")),
        }
    }
    if !releases.is_empty() {
        account.releases = releases;
    }
    Ok((account, port))
}

fn serve((account, port): (Account, u16)) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    runtime.block_on(async {
        let site = FakeSite::start_at(account, port).await.map_err(|why| why.to_string())?;
        let said = writeln!(std::io::stdout(), "The fake site listens on {}", site.base_url());
        said.map_err(|why| why.to_string())?;
        tokio::signal::ctrl_c().await.map_err(|why| why.to_string())
    })
}
