//! `token`.
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::model::{Principal, Scopes};
use refractory_core::{ApiTokenView, ErrorKind, NewApiToken, Timestamp};
use refractory_web::api::{Token, TokenWithSecret};
use serde_json::json;

use crate::args::token::{Create, Expiry, TokenCommand};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::{Failure, ago};

/// How many tokens are read at once.
const PAGE: usize = 200;

pub(crate) async fn run(desk: &CliContext, command: TokenCommand) -> Result<Exit> {
    let station = desk.open().await?;
    match command {
        TokenCommand::Create(args) => create(desk, &station, args).await?,
        TokenCommand::List { user } => list(desk, &station, user).await?,
        TokenCommand::Revoke { name, user } => revoke(desk, &station, &name, user).await?,
    }
    Ok(Exit::Done)
}

async fn create(desk: &CliContext, station: &App, args: Create) -> Result<()> {
    let who = Principal::operator();
    let user = station.refractory.find_user(&who, &args.user).await?;
    let lasts = lasts(args.expires, station.refractory.now())?;
    let new = NewApiToken { name: args.name, scopes: Scopes::new(args.scopes), lasts };
    let minted = station.refractory.create_api_token(&who, &user.id, new).await?;
    let Some(view) = ApiTokenView::of(&minted.token, user.name.as_str()) else {
        bail!("the token is of another kind");
    };
    let form =
        TokenWithSecret { token: Token::from(&view), secret: minted.secret.expose().to_owned() };
    let ends = view.expires.map_or_else(|| "never ends".to_owned(), |at| format!("ends {at}"));
    let said = format!(
        "The token `{}` of {} was created ({}; {ends}). Its secret is shown only now:\n  {}",
        view.api.name, view.user, view.api.scopes, form.secret
    );
    desk.out.say(&said, &form)
}

fn lasts(expires: Expiry, now: Timestamp) -> Result<Option<Duration>> {
    Ok(match expires {
        Expiry::Never => None,
        Expiry::After(span) => Some(span),
        Expiry::On(at) if at > now => Some(at.since(now)),
        Expiry::On(at) => {
            bail!(Failure::new(Exit::Invalid, format!("{at} is past. Choose a later date.")))
        }
    })
}

async fn list(desk: &CliContext, station: &App, user: Option<String>) -> Result<()> {
    let (who, now) = (Principal::operator(), station.refractory.now());
    let of = match &user {
        Some(name) => Some(station.refractory.find_user(&who, name).await?.id),
        None => None,
    };
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = station.refractory.api_tokens(&who, of.as_ref(), after, PAGE).await?;
        for view in &page.items {
            let form = Token::from(view);
            let cells = vec![
                form.id.clone(),
                form.name.clone(),
                form.user.clone(),
                view.api.scopes.to_string(),
                ago(view.made, now),
                form.last_used.clone().unwrap_or_else(|| "never".to_owned()),
                form.expires.clone().unwrap_or_else(|| "never".to_owned()),
            ];
            rows.push((form, cells));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    desk.out.list(
        &["id", "name", "user", "scopes", "created", "last used", "expires"],
        &rows,
        "No tokens. Create one with `refractory token create NAME --user USER`.",
    )
}

async fn revoke(desk: &CliContext, station: &App, name: &str, user: Option<String>) -> Result<()> {
    let who = Principal::operator();
    let view = match &user {
        Some(user) => {
            let user = station.refractory.find_user(&who, user).await?;
            station.refractory.api_token_named(&who, &user, name).await?
        }
        None => match station.refractory.find_api_token(&who, name).await {
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(Failure::new(
                Exit::NotFound,
                format!(
                    "There is no token with the ID `{name}`. To name it, add `--user USER`; `refractory token list` shows all."
                )
            )),
            found => found?,
        },
    };
    station.refractory.revoke_api_token(&who, &view.api.key).await?;
    let said = format!("The token `{}` of {} was revoked.", view.api.name, view.user);
    desk.out.say(&said, &json!({ "removed": view.api.key }))
}
