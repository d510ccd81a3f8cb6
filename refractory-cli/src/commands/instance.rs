//! `instance`.
use anyhow::{Result, bail};
use refractory_core::config::Size;
use refractory_core::model::{
    Change, Edit as Field, GranteeName, GrantsChange, Instance, InstanceSpec, LicenseChoice,
    Limits, LimitsChange, NewInstance, Phase, Principal, ReleaseChoice, Right, Slug, SpecChange,
    Urgency, WorldId,
};
use refractory_core::ports::DamagedRecord;
use refractory_core::text::one_line;
use refractory_core::{Error, ErrorKind, ListQuery, Rights};
use refractory_web::api;
use serde_json::json;

use super::follow::{follow, note_idle};
use super::logs;
use crate::args::instance::{
    Create, Delete, Edit, GrantArgs, InstanceCommand, Open, Rename, Restart, RotateKey, Start,
    Stop, TakeLicense,
};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::input;
use crate::output::{Failure, Out, access_in_words, words};

pub(crate) async fn run(desk: &CliContext, command: InstanceCommand) -> Result<Exit> {
    match command {
        InstanceCommand::Create(args) => create(desk, &desk.create().await?, *args).await?,
        InstanceCommand::List => list(desk, &desk.open().await?).await?,
        InstanceCommand::Show(args) => {
            let (station, table) = found(desk, &args.name).await?;
            show(desk, &station, &table).await?;
        }
        InstanceCommand::Edit(args) => edit(desk, *args).await?,
        InstanceCommand::Open(args) => open(desk, &args).await?,
        InstanceCommand::Start(args) => start(desk, &args).await?,
        InstanceCommand::Stop(args) => stop(desk, &args).await?,
        InstanceCommand::Restart(args) => restart(desk, &args).await?,
        InstanceCommand::TakeLicense(args) => take_license(desk, &args).await?,
        InstanceCommand::Rename(args) => rename(desk, args).await?,
        InstanceCommand::Delete(args) => delete(desk, args).await?,
        InstanceCommand::RotateKey(args) => rotate_key(desk, &args).await?,
        InstanceCommand::Logs(args) => {
            let (station, table) = found(desk, &args.name).await?;
            logs::run(desk, &station, &table.id, &args).await?;
        }
    }
    Ok(Exit::Done)
}

async fn found(desk: &CliContext, name: &str) -> Result<(App, Instance)> {
    let station = desk.open().await?;
    let table = station.refractory.find(&Principal::operator(), name).await?;
    Ok((station, table))
}

async fn create(desk: &CliContext, station: &App, args: Create) -> Result<()> {
    let who = Principal::operator();
    let slug = Slug::from_name(&args.name).map_err(Error::from)?;
    let grants = grants(&args.grants)?;
    let mut new = NewInstance::named(slug).with_spec(spec(station, &args).await?);
    new = new.granting(grants);
    if let Some(owner) = &args.owner {
        new = new.owned_by(station.refractory.find_user(&who, owner).await?.id);
    }
    let made = station.refractory.create(&who, new).await?;
    let said = format!(
        "Table `{0}` was created. Next: `refractory instance start {0} --wait`.",
        made.slug
    );
    warn_of_closing(desk, &made);
    desk.out.say(&said, &shown(station, &made).await?)
}

/// What the flags grant: a right that is not named keeps its grantees.
fn grants(args: &GrantArgs) -> Result<GrantsChange> {
    let flags = [
        (Right::View, &args.view),
        (Right::Play, &args.play),
        (Right::GameMaster, &args.gm),
        (Right::Manage, &args.manage),
    ];
    let mut change = GrantsChange::default();
    for (right, words) in flags.into_iter().filter(|(_, words)| !words.is_empty()) {
        change = change.granting(right, GranteeName::list(words.iter().map(String::as_str))?);
    }
    Ok(change)
}

/// Says that no one can join, where a table is open to some only: the edge does not know who comes.
fn warn_of_closing(desk: &CliContext, table: &Instance) {
    if !Rights::of_anyone(table).hold(Right::Play) {
        desk.out.note(&format!(
            "Players are not told apart at a table's address yet, so no one can join `{0}`. To open it: `refractory instance edit {0} --play anyone`.",
            table.slug
        ));
    }
}

async fn spec(station: &App, args: &Create) -> Result<InstanceSpec> {
    let who = Principal::operator();
    let release = match &args.release {
        Some(name) => ReleaseChoice::Exact(station.refractory.find_release(&who, name).await?.id),
        None => ReleaseChoice::Newest,
    };
    let license = match &args.license {
        Some(name) => station.refractory.license_choice(&who, name).await?,
        None => LicenseChoice::Any,
    };
    Ok(InstanceSpec {
        title: args.title.clone(),
        release,
        world: args.world.as_deref().map(WorldId::new).transpose().map_err(Error::from)?,
        license,
        limits: Limits {
            memory: args.memory.map(Size::bytes),
            cpu_millis: args.cpus.map(millis).transpose()?,
            disk: args.disk.map(Size::bytes),
        },
        language: args.language.clone(),
    })
}

/// Cores in thousandths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be within 0.1 and 1024"
)]
fn millis(cores: f32) -> Result<u32> {
    if (0.1..=1024.0).contains(&cores) {
        return Ok((cores * 1000.0).round() as u32);
    }
    bail!(Failure::new(
        Exit::Invalid,
        format!("{cores} cores is not possible. Use 0.1 or more, such as `--cpus 1.5`.")
    ))
}

async fn list(desk: &CliContext, station: &App) -> Result<()> {
    let who = station.refractory.operator();
    let heads = ["name", "phase", "players", "release", "address", "title"];
    let mut printed = desk.out.paged(&heads);
    let mut query = ListQuery::first(ListQuery::MAX_LIMIT);
    loop {
        let page = station.refractory.list(&who, &query).await?;
        let forms = api::Instance::all(&station.refractory, &who, &page.records).await?;
        let row = |form: api::Instance| {
            let cells = cells(&form);
            (json!(form), cells)
        };
        let damaged = page.damaged.iter().map(|record| damaged_row(desk, record));
        printed.page(&forms.into_iter().map(row).chain(damaged).collect::<Vec<_>>())?;
        if page.next.is_none() || Out::is_closed() {
            break;
        }
        query = query.after(page.next);
    }
    printed.end("No tables. Create one with `refractory instance create NAME`.")
}

fn cells(json: &api::Instance) -> Vec<String> {
    let is_named = json.title == json.name;
    vec![
        json.name.clone(),
        json.phase.name().to_owned(),
        json.players.map_or_else(String::new, |players| players.to_string()),
        json.release.clone().unwrap_or_default(),
        json.url.clone(),
        if is_named { String::new() } else { one_line(&json.title).into_owned() },
    ]
}

fn damaged_row(desk: &CliContext, record: &DamagedRecord) -> (serde_json::Value, Vec<String>) {
    desk.out.note(&format!(
        "The record of table `{}` is damaged. `refractory record list` says what to do.",
        record.name()
    ));
    let none = String::new;
    let cells =
        vec![record.name().to_owned(), "damaged".to_owned(), none(), none(), none(), none()];
    (json!(api::DamagedRecord::of(record, true)), cells)
}

async fn show(desk: &CliContext, station: &App, table: &Instance) -> Result<()> {
    let json = shown(station, table).await?;
    if desk.out.is_json() {
        return Out::value(&json);
    }
    let rights = json.access.as_ref().map(access_in_words).into_iter().flatten();
    let optional = [
        ("release", json.release),
        ("world", json.world),
        ("worlds", (!json.worlds.is_empty()).then(|| json.worlds.join(", "))),
        ("players", json.players.map(|players| players.to_string())),
        ("process", json.pid.map(|pid| pid.to_string())),
        ("listens at", json.endpoint),
        (
            "fault",
            json.fault
                .map(|fault| format!("{} (attempt {})", one_line(&fault.message), fault.attempts)),
        ),
    ];
    let always = [
        ("name", json.name),
        ("title", one_line(&json.title).into_owned()),
        ("address", json.url),
        ("phase", json.phase.name().to_owned()),
        ("doing", words(table)),
        ("created", table.created.to_string()),
    ];
    let some = |(head, text)| (head, Some(text));
    let rows = always.into_iter().map(some).chain([("owner", json.owner)]);
    let rows = rows.chain(rights.map(some)).chain(optional);
    let rows = rows.filter_map(|(head, text)| Some(vec![head.to_owned(), text?]));
    Out::table(&[], rows)
}

async fn shown(station: &App, table: &Instance) -> Result<api::Instance> {
    Ok(api::Instance::one(&station.refractory, &station.refractory.operator(), table).await?)
}

async fn open(desk: &CliContext, args: &Open) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let url = station.refractory.public_url(&table);
    if !args.setup {
        return desk.out.say(&url, &json!({ "name": table.slug.as_str(), "url": url }));
    }
    let minted = station.refractory.setup_ticket(&Principal::operator(), &table.id).await?;
    let form = api::SetupLink::of(&station.refractory, &table, &minted);
    let said = format!(
        "This link lets one browser into Foundry's setup of `{}`, once, within a minute:\n  {}",
        table.slug, form.link
    );
    desk.out.say(&said, &form)
}

async fn start(desk: &CliContext, args: &Start) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let who = Principal::operator();
    let table = station.refractory.start(&who, &table.id).await?;
    if !args.wait {
        return asked(desk, &station, &table, "starting").await;
    }
    follow_up(desk, &station, &table).await
}

/// Waits until players can join, and says where.
async fn follow_up(desk: &CliContext, station: &App, table: &Instance) -> Result<()> {
    let who = Principal::operator();
    if let Some(table) = follow(desk.out, station, &who, table).await? {
        let json = shown(station, &table).await?;
        let said = if table.is_in_setup() {
            let next = words(&table);
            format!("`{}` is on: {next}.", table.slug)
        } else {
            format!("`{}` is on: {}", table.slug, json.url)
        };
        desk.out.say(&said, &json)?;
    }
    Ok(())
}

async fn restart(desk: &CliContext, args: &Restart) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    if !args.yes {
        confirm_interruption(&station, &table, "restart").await?;
    }
    let table = station.refractory.restart(&Principal::operator(), &table.id).await?;
    if !args.wait {
        return asked(desk, &station, &table, "restarting").await;
    }
    follow_up(desk, &station, &table).await
}

/// Asks before players are disconnected by `verb`.
async fn confirm_interruption(station: &App, table: &Instance, verb: &str) -> Result<()> {
    let playing = station.refractory.playing(&Principal::operator(), &table.id).await?;
    if playing.count == 0 {
        return Ok(());
    }
    let named = match playing.names.as_slice() {
        [] => String::new(),
        names => format!(": {}", one_line(&names.join(", "))),
    };
    let said = format!("{}{named}.", playing.headline(&format!("`{}`", table.slug)));
    let question = format!("{said} Disconnect them and {verb} the table? Type `yes` to continue: ");
    match input::agrees(&question)? {
        Some(true) => Ok(()),
        Some(false) => bail!(Failure::new(Exit::Invalid, "Nothing was changed.")),
        None => bail!(Failure::new(
            Exit::Invalid,
            format!("{said} To {verb} it and disconnect them, add `--yes`.")
        )),
    }
}

async fn take_license(desk: &CliContext, args: &TakeLicense) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let who = Principal::operator();
    let table = station.refractory.take_license(&who, &table.id).await?;
    if !args.wait {
        return asked(desk, &station, &table, "starting").await;
    }
    follow_up(desk, &station, &table).await
}

async fn stop(desk: &CliContext, args: &Stop) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let who = Principal::operator();
    if !args.yes {
        confirm_interruption(&station, &table, "stop").await?;
    }
    let urgency = if args.now { Urgency::Now } else { Urgency::Gentle };
    let table = station.refractory.stop(&who, &table.id, urgency).await?;
    if !args.wait {
        return asked(desk, &station, &table, "stopping").await;
    }
    if let Some(table) = follow(desk.out, &station, &who, &table).await? {
        let said = format!("`{}` is off. Its data is kept.", table.slug);
        desk.out.say(&said, &shown(&station, &table).await?)?;
    }
    Ok(())
}

async fn rename(desk: &CliContext, args: Rename) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let slug = Slug::from_name(&args.to).map_err(Error::from)?;
    let spec = SpecChange { title: Field::given(args.title), ..SpecChange::default() };
    let change = Change { slug: Some(slug), spec, ..Change::default() };
    let table = station.refractory.change(&Principal::operator(), &table.id, change).await?;
    let json = shown(&station, &table).await?;
    desk.out.say(&format!("The table was renamed to `{}`: {}", table.slug, json.url), &json)
}

async fn edit(desk: &CliContext, args: Edit) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let who = Principal::operator();
    let grants = grants(&args.grants)?;
    let change = Change { grants, ..change(&station, args).await? };
    let (grants_only, grants) =
        (change.owner.keeps() && change.spec == nothing_named(), !change.grants.is_empty());
    if grants_only && !grants {
        let sentence = "Name at least one setting to change, such as `--title`. `refractory instance edit --help` lists them.";
        bail!(Failure::new(Exit::Invalid, sentence));
    }
    let table = station.refractory.change(&who, &table.id, change).await?;
    let when = if grants_only {
        "Rights take effect at once."
    } else {
        "Changes to Foundry itself take effect at the next start."
    };
    let said = format!("Table `{}` was changed. {when}", table.slug);
    if grants {
        warn_of_closing(desk, &table);
    }
    desk.out.say(&said, &shown(&station, &table).await?)
}

/// What no argument changes.
fn nothing_named() -> SpecChange {
    SpecChange { limits: Field::Set(LimitsChange::default()), ..SpecChange::default() }
}

/// What the arguments change: what is not said stays, what is empty goes.
async fn change(station: &App, args: Edit) -> Result<Change> {
    let who = Principal::operator();
    let app = &station.refractory;
    let release = match emptied(args.release) {
        Field::Set(name) => Field::Set(app.release_choice(&who, &name).await?),
        Field::Clear => Field::Clear,
        Field::Keep => Field::Keep,
    };
    let license = match emptied(args.license) {
        Field::Set(name) => Field::Set(app.license_choice(&who, &name).await?),
        Field::Clear => Field::Clear,
        Field::Keep => Field::Keep,
    };
    let owner = match emptied(args.owner) {
        Field::Set(name) => Field::Set(app.find_user(&who, &name).await?.id),
        Field::Clear => Field::Clear,
        Field::Keep => Field::Keep,
    };
    let limits = LimitsChange {
        memory: emptied(args.memory).try_map(|text| bytes(&text))?,
        cpu_millis: emptied(args.cpus).try_map(|text| cores(&text))?,
        disk: emptied(args.disk).try_map(|text| bytes(&text))?,
    };
    let world = emptied(args.world).try_map(|id| WorldId::new(&id)).map_err(Error::from)?;
    let (title, language) = (emptied(args.title), emptied(args.language));
    let limits = Field::Set(limits);
    let spec = SpecChange { title, release, world, license, limits, language };
    Ok(Change { spec, owner, ..Change::default() })
}

/// What an argument changes: left out, nothing; empty, it clears.
pub(super) fn emptied(said: Option<String>) -> Field<String> {
    said.map_or(Field::Keep, |text| Field::to(Some(text).filter(|text| !text.trim().is_empty())))
}

fn bytes(text: &str) -> Result<u64> {
    let size: Result<Size, _> = text.parse();
    let told = |error| Error::new(ErrorKind::Invalid, "reading a size").advise(format!("{error}."));
    Ok(size.map_err(told)?.bytes())
}

fn cores(text: &str) -> Result<u32> {
    let cores = text.trim().parse::<f32>().map_err(|_| {
        Error::new(ErrorKind::Invalid, "reading a number of cores")
            .advise(format!("`{text}` is not a number of cores: write `1.5`."))
    })?;
    millis(cores)
}

async fn rotate_key(desk: &CliContext, args: &RotateKey) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let app = &station.refractory;
    let operation = app.rotate_asset_credentials(&Principal::operator(), &table.id).await?;
    let until = if table.endpoint().is_some() {
        "Foundry uses it from the next start on. The old key works until then and is deleted when the table is off."
    } else {
        "The old key is deleted when the new one works."
    };
    let said = format!("A new uploads key for `{}` is being created. {until}", table.slug);
    desk.out.say(&said, &api::Operation::from(&operation))?;
    note_idle(desk.out, &station).await
}

async fn delete(desk: &CliContext, args: Delete) -> Result<()> {
    let (station, table) = found(desk, &args.name).await?;
    let who = Principal::operator();
    let typed = input::given_or_line(
        args.confirm,
        &format!(
            "This permanently deletes `{}` and all of its data. Type its name to continue: ",
            table.slug
        ),
    )?;
    let Some(typed) = typed else {
        bail!(Failure::new(
            Exit::Invalid,
            format!("To delete this table and all of its data, add `--confirm {}`.", table.slug)
        ));
    };
    let gone = station.refractory.delete(&who, &table.id, &typed).await?;
    note_backups(desk, &station, &table).await;
    if !args.wait {
        return asked(desk, &station, &gone, "being deleted").await;
    }
    follow(desk.out, &station, &who, &gone).await?;
    let said = format!("`{}` and all of its data were deleted.", table.slug);
    desk.out.say(&said, &json!({ "removed": table.id.as_str() }))
}

/// Says what becomes of the backups of a table that is deleted.
async fn note_backups(desk: &CliContext, station: &App, table: &Instance) {
    let backups = station.refractory.backups(&Principal::operator(), &table.id, None, 1).await;
    if backups.is_ok_and(|page| !page.records.is_empty()) {
        let kept = match station.refractory.worker_options().orphaned_backups_age {
            Some(age) => format!("for {} days", age.as_secs() / 86_400),
            None => "until you delete them".to_owned(),
        };
        desk.out.note(&format!(
            "Its backups are kept {kept}: `refractory backup list --deleted` lists them."
        ));
    }
}

/// Says that a request was written down, and whether a worker carries it out.
async fn asked(desk: &CliContext, station: &App, table: &Instance, doing: &str) -> Result<()> {
    let words = words(table);
    let said = match table.phase() {
        Phase::On(_) | Phase::Off => format!("`{}` is {words}.", table.slug),
        Phase::Starting(_) | Phase::Stopping(_) => format!("`{}` is {doing}: {words}.", table.slug),
    };
    desk.out.say(&said, &shown(station, table).await?)?;
    note_idle(desk.out, station).await
}
