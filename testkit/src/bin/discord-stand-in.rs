//! A Discord on this machine, with a page. See `testkit::discord`.
use std::io::Write;
use std::process::ExitCode;

use testkit::discord::{DiscordStandIn, StandInOptions};

const HELP: &str = "\
A Discord on this machine: REST, gateway, and a page to look at and to press buttons on.

discord-stand-in [--port PORT] [--token TOKEN]

  --port PORT    where it listens on 127.0.0.1 [8484]
  --token TOKEN  the token of the bot [one that is good here alone]
";

/// What is asked for; none where it cannot be read.
fn options(mut words: impl Iterator<Item = String>) -> Option<StandInOptions> {
    let mut options = StandInOptions { port: 8484, ..StandInOptions::default() };
    while let Some(word) = words.next() {
        match (word.as_str(), words.next()) {
            ("--port", Some(port)) => options.port = port.parse().ok()?,
            ("--token", Some(token)) if !token.is_empty() => options.token = token,
            _ => return None,
        }
    }
    Some(options)
}

fn say(text: &str) -> ExitCode {
    // Without a reader there is no one to tell.
    let _unread = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let words = || std::env::args().skip(1);
    if words().any(|word| word == "--help" || word == "-h") {
        return say(HELP);
    }
    let Some(options) = options(words()) else {
        let _unread = std::io::stderr().write_all(HELP.as_bytes());
        return ExitCode::from(2);
    };
    if std::net::TcpListener::bind(("127.0.0.1", options.port)).is_err() {
        let text = format!("Port {} is taken. Choose another one with --port.\n", options.port);
        let _unread = std::io::stderr().write_all(text.as_bytes());
        return ExitCode::FAILURE;
    }
    let discord = DiscordStandIn::start(&options);
    let (application, _) = discord.application();
    say(&format!(
        "The page:      {}\nAPI base:      {0}\nGateway:       {}\nToken:         {}\nApplication:   {application}\nPublic key:    {}\nGuild:         {}\nCtrl-C ends it.\n",
        discord.url(),
        discord.gateway_url(),
        discord.token(),
        discord.public_key(),
        discord.guild(),
    ));
    loop {
        std::thread::park();
    }
}
