//! `up`.
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  refractory up                              http://localhost:8080, data in ./refractory-data
  refractory up --demo                       the same with a table to try
  refractory up --listen 0.0.0.0:80 --data /srv/refractory

It prints the address and, as long as nobody has an account, a link to make the first one.
Tables live on when it ends, and are taken over by the next `up`. SIGTERM or Ctrl-C ends it; a
second one ends it at once. REFRACTORY_LOG says what is logged, as `info,refractory_core=debug`.";

/// Serve: portal, edge and worker in one process.
///
/// An empty folder is a valid configuration.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Up {
    /// Add a table that needs no licence, on a stand-in for Foundry, and an administrator `demo`
    #[cfg(feature = "demo")]
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where to listen, as `0.0.0.0:8080`; port 0 takes any free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
}
