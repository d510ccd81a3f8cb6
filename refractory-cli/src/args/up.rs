//! `up`.
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  refractory up                              http://localhost:8080, data in ./refractory-data
  refractory up --demo                       the same with a table to try
  refractory up --listen 0.0.0.0:80 --data /srv/refractory

It prints the address and, until the first account exists, a link to create it.
Tables keep running when it ends, and the next `up` takes them over. Where they can't, as in a
container, it closes every world first. SIGTERM or Ctrl-C ends it; a second one ends it at once, or
hurries the closing. REFRACTORY_LOG filters the log, for example `info,refractory_core=debug`.";

/// Serve: portal, edge and worker in one process.
///
/// Works without any configuration.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Up {
    /// Add a demo table that needs no license, on a stand-in for Foundry, and an administrator `demo`
    #[cfg(feature = "demo")]
    #[arg(long)]
    pub(crate) demo: bool,
    /// Address to listen on, such as `0.0.0.0:8080`; port 0 uses any free port
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
}
