//! `user`.
use anyhow::{Result, bail};
use refractory_core::local::Passwords;
use refractory_core::model::{
    Email, Locale, PasswordHash, Principal, Role, User, UserName, UserState,
};
use refractory_core::{Error, ListQuery, UserChange};
use refractory_web::api;
use serde_json::json;

use super::instance::emptied;
use super::link;
use crate::args::rest::{AddUser, EditUser, UserCommand};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::input;
use crate::output::{Failure, Out, ago};

pub(crate) async fn run(desk: &CliContext, command: UserCommand) -> Result<Exit> {
    match command {
        UserCommand::Add(args) => add(desk, &args).await?,
        UserCommand::List => list(desk, &desk.open().await?).await?,
        UserCommand::Passwd { name } => passwd(desk, &name).await?,
        UserCommand::Role { name, role } => {
            let (station, user) = found(desk, &name).await?;
            let user = station.refractory.set_role(&Principal::operator(), &user.id, role).await?;
            desk.out.say(
                &format!("The role of {} is now {}.", user.name, user.role),
                &api::User::from(&user),
            )?;
        }
        UserCommand::Edit(args) => edit(desk, args).await?,
        UserCommand::Disable { name } => {
            let user = set_state(desk, &name, UserState::Disabled).await?;
            let said = format!("{} is signed out everywhere and can't sign in.", user.name);
            desk.out.say(&said, &api::User::from(&user))?;
        }
        UserCommand::Enable { name } => {
            let user = set_state(desk, &name, UserState::Active).await?;
            desk.out.say(&format!("{} can sign in again.", user.name), &api::User::from(&user))?;
        }
        UserCommand::SignOut { name } => {
            let (station, user) = found(desk, &name).await?;
            let who = Principal::operator();
            let user = station.refractory.sign_out_everywhere(&who, &user.id).await?;
            let said = format!("{} is signed out everywhere.", user.name);
            desk.out.say(&said, &api::User::from(&user))?;
        }
        UserCommand::Remove { name } => {
            let (station, user) = found(desk, &name).await?;
            station.refractory.remove_user(&Principal::operator(), &user.id).await?;
            let said = format!("The user {} was removed.", user.name);
            desk.out.say(&said, &json!({ "removed": user.id.as_str() }))?;
        }
        UserCommand::Link { name } => {
            let (station, user) = found(desk, &name).await?;
            let link = link::sign_in(&station, &user).await?;
            let said = format!(
                "One-time sign-in link for {}, expires in one hour:\n  {}",
                user.name, link.link
            );
            desk.out.say(&said, &link)?;
        }
    }
    Ok(Exit::Done)
}

async fn add(desk: &CliContext, args: &AddUser) -> Result<()> {
    let name = UserName::new(&args.name).map_err(Error::from)?;
    let password = if args.link { None } else { Some(hashed(&name).await?) };
    let station = desk.create().await?;
    let first = station.refractory.needs_setup().await?;
    let role = args.role.unwrap_or(if first { Role::Admin } else { Role::Player });
    if first && role != Role::Admin {
        bail!(Failure::new(
            Exit::Invalid,
            "The first user is an administrator: leave `--role` out, or use `--role admin`."
        ));
    }
    let who = Principal::operator();
    let user = station.refractory.add_user(&who, name, role, password).await?;
    let said = format!("{} was added as {}.", user.name, user.role);
    if !args.link {
        return desk.out.say(&said, &api::User::from(&user));
    }
    let link = link::sign_in(&station, &user).await?;
    let said = format!("{said} One-time sign-in link, expires in one hour:\n  {}", link.link);
    let mut form = json!(link);
    form["role"] = json!(role.name());
    desk.out.say(&said, &form)
}

async fn set_state(desk: &CliContext, name: &str, state: UserState) -> Result<User> {
    let (station, user) = found(desk, name).await?;
    let app = &station.refractory;
    Ok(app.set_user_state(&app.operator(), &user.id, state).await?)
}

async fn edit(desk: &CliContext, args: EditUser) -> Result<()> {
    if args.email.is_none() && args.locale.is_none() {
        bail!(Failure::new(Exit::Invalid, "Name what to change: `--email` or `--locale`."));
    }
    let change = UserChange::default()
        .email(emptied(args.email).try_map(|text| Email::new(&text))?)
        .locale(emptied(args.locale).try_map(|text| Locale::new(&text))?);
    let (station, user) = found(desk, &args.name).await?;
    let app = &station.refractory;
    let user = app.edit_user(&app.operator(), &user.id, &change).await?;
    desk.out.say(&format!("{} was changed.", user.name), &api::User::from(&user))
}

async fn list(desk: &CliContext, station: &App) -> Result<()> {
    let app = &station.refractory;
    let (now, mut query) = (app.now(), ListQuery::first(ListQuery::MAX_LIMIT));
    let mut printed = desk.out.paged(&["name", "role", "state", "password", "added"]);
    loop {
        let page = app.users(&app.operator(), &query).await?;
        let row = |user: &User| {
            let password = if user.password.is_some() { "set" } else { "none" };
            let added = ago(user.added, now);
            let cells = [user.name.as_str(), user.role.name(), user.state.name(), password, &added];
            (api::User::from(user), cells.map(ToOwned::to_owned).to_vec())
        };
        printed.page(&page.records.iter().map(row).collect::<Vec<_>>())?;
        if page.next.is_none() || Out::is_closed() {
            break;
        }
        query = query.after(page.next);
    }
    printed.end("No accounts. Add the first one with `refractory user add NAME`.")
}

async fn passwd(desk: &CliContext, name: &str) -> Result<()> {
    let (station, user) = found(desk, name).await?;
    let hash = hashed(&user.name).await?;
    let user = station.refractory.set_password(&Principal::operator(), &user.id, hash).await?;
    let said = format!(
        "The password of {} was changed. All of their sessions were signed out.",
        user.name
    );
    desk.out.say(&said, &api::User::from(&user))
}

async fn found(desk: &CliContext, name: &str) -> Result<(App, User)> {
    let station = desk.open().await?;
    let user = station.refractory.find_user(&Principal::operator(), name).await?;
    Ok((station, user))
}

async fn hashed(name: &UserName) -> Result<PasswordHash> {
    let password = input::new_password(name)?;
    Ok(Passwords::hash(&password).await?)
}
