//! `group`.
use anyhow::{Result, bail};
use refractory_core::model::{Group, GroupName, Instance};
use refractory_core::text::one_line;
use refractory_core::{Error, ListQuery, Member, Refractory, right_of_group};
use refractory_web::api;
use serde_json::json;

use crate::args::group::{AddMembers, GroupCommand};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::input;
use crate::output::{Failure, GroupDetails, Out, ago};

pub(crate) async fn run(desk: &CliContext, command: GroupCommand) -> Result<Exit> {
    match command {
        GroupCommand::Create { name } => create(desk, &name).await?,
        GroupCommand::List => list(desk, &desk.open().await?).await?,
        GroupCommand::Show { name } => show(desk, &name).await?,
        GroupCommand::Add(args) => add(desk, &args).await?,
        GroupCommand::Remove { group, users } => remove(desk, &group, &users).await?,
        GroupCommand::Rename { name, to } => rename(desk, &name, &to).await?,
        GroupCommand::Delete { name, confirm } => delete(desk, &name, confirm).await?,
    }
    Ok(Exit::Done)
}

async fn found(desk: &CliContext, name: &str) -> Result<(App, Group)> {
    let station = desk.open().await?;
    let group = station.refractory.find_group(&station.refractory.operator(), name).await?;
    Ok((station, group))
}

async fn create(desk: &CliContext, name: &str) -> Result<()> {
    let name = GroupName::new(name).map_err(Error::from)?;
    let station = desk.create().await?;
    let group = station.refractory.create_group(&station.refractory.operator(), name).await?;
    let said =
        format!("The group {0} was created. Next: `refractory group add {0} USER`.", group.name);
    desk.out.say(&said, &api::Group::from(&group))
}

async fn list(desk: &CliContext, station: &App) -> Result<()> {
    let app = &station.refractory;
    let (now, mut query) = (app.now(), ListQuery::first(ListQuery::MAX_LIMIT));
    let mut printed = desk.out.paged(&["name", "members", "created"]);
    loop {
        let page = app.groups(&app.operator(), &query).await?;
        let row = |group: &Group| {
            let cells = [group.name.to_string(), group.members.to_string(), ago(group.added, now)];
            (api::Group::from(group), cells.to_vec())
        };
        printed.page(&page.records.iter().map(row).collect::<Vec<_>>())?;
        if page.next.is_none() || Out::is_closed() {
            break;
        }
        query = query.after(page.next);
    }
    printed.end("No groups. Create one with `refractory group create NAME`.")
}

async fn show(desk: &CliContext, name: &str) -> Result<()> {
    let (station, group) = found(desk, name).await?;
    let app = &station.refractory;
    let (members, tables) = (members(app, &group).await?, tables(app, &group).await?);
    if desk.out.is_json() {
        return Out::value(&GroupDetails::of(&group, &members, &tables));
    }
    let now = app.now();
    Out::line(&format!("{} ({})", group.name, counted(members.len(), "member", "members")))?;
    if members.is_empty() {
        Out::line(&format!(
            "No members. Add one with `refractory group add {} USER`.",
            group.name
        ))?;
    } else {
        let row = |member: &Member| {
            let kind = if member.is_administrator { "administrator" } else { "member" };
            vec![member.name.to_string(), kind.to_owned(), ago(member.since, now)]
        };
        Out::line("")?;
        Out::table(&["user", "in the group as", "since"], members.iter().map(row))?;
    }
    Out::line("")?;
    if tables.is_empty() {
        return Out::line(&format!(
            "No table grants it a right. Grant one with `refractory instance edit NAME --view group:{}`.",
            group.name
        ));
    }
    let row = |table: &Instance| {
        let right = right_of_group(table, &group.id).map_or("", |right| right.name());
        vec![table.slug.to_string(), right.to_owned(), one_line(table.title()).into_owned()]
    };
    Out::table(&["table", "right", "title"], tables.iter().map(row))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

async fn members(app: &Refractory, group: &Group) -> Result<Vec<Member>> {
    let (mut all, mut query) = (Vec::new(), ListQuery::first(ListQuery::MAX_LIMIT));
    loop {
        let page = app.members(&app.operator(), &group.id, &query).await?;
        all.extend(page.members);
        if page.next.is_none() {
            all.sort_by(|one, other| one.name.cmp(&other.name));
            return Ok(all);
        }
        query = query.after(page.next);
    }
}

async fn tables(app: &Refractory, group: &Group) -> Result<Vec<Instance>> {
    let (mut all, mut query) = (Vec::new(), ListQuery::first(ListQuery::MAX_LIMIT));
    loop {
        let page = app.group_instances(&app.operator(), &group.id, &query).await?;
        all.extend(page.records);
        if page.next.is_none() {
            return Ok(all);
        }
        query = query.after(page.next);
    }
}

async fn add(desk: &CliContext, args: &AddMembers) -> Result<()> {
    let (station, mut group) = found(desk, &args.group).await?;
    let app = &station.refractory;
    for user in &args.users {
        group = app.add_member(&app.operator(), &group.id, user, args.admin).await?;
    }
    let kind = match (args.admin, args.users.len()) {
        (true, 1) => " as an administrator of it",
        (true, _) => " as administrators of it",
        (false, _) => "",
    };
    let said = format!("{} in the group {}{kind}.", is_or_are(&args.users), group.name);
    desk.out.say(&said, &api::Group::from(&group))
}

async fn remove(desk: &CliContext, name: &str, users: &[String]) -> Result<()> {
    let (station, group) = found(desk, name).await?;
    let app = &station.refractory;
    for user in users {
        app.remove_member(&app.operator(), &group.id, user).await?;
    }
    let group = app.find_group(&app.operator(), group.name.as_str()).await?;
    let said = format!("{} no longer in the group {}.", is_or_are(users), group.name);
    desk.out.say(&said, &api::Group::from(&group))
}

fn is_or_are(users: &[String]) -> String {
    let verb = if users.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", users.join(", "))
}

async fn rename(desk: &CliContext, name: &str, to: &str) -> Result<()> {
    let (station, group) = found(desk, name).await?;
    let (app, to) = (&station.refractory, GroupName::new(to).map_err(Error::from)?);
    let renamed = app.rename_group(&app.operator(), &group.id, to).await?;
    let said = format!("The group {} is now called {}.", group.name, renamed.name);
    desk.out.say(&said, &api::Group::from(&renamed))
}

async fn delete(desk: &CliContext, name: &str, confirm: Option<String>) -> Result<()> {
    let (station, group) = found(desk, name).await?;
    let typed = input::given_or_line(
        confirm,
        &format!(
            "Delete the group {0} with its {1}? Rights that are granted to it end. Type `{0}` to continue: ",
            group.name,
            counted(group.members as usize, "member", "members")
        ),
    )?;
    let Some(typed) = typed else {
        bail!(Failure::new(
            Exit::Invalid,
            format!("To delete it, add `--confirm {}`.", group.name)
        ));
    };
    station.refractory.delete_group(&station.refractory.operator(), &group.id, &typed).await?;
    let said = format!("The group {} was deleted.", group.name);
    desk.out.say(&said, &json!({ "deleted": group.name.as_str() }))
}
