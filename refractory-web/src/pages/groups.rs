//! Groups, and who is in them.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{Group, GroupName, Right};
use refractory_core::{ListQuery, Member, Verb, right_of_group};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, say_at, say_result};
use super::paging::{PageQuery, Pages};
use crate::form_error::{FormError, InField, InvalidForm};
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn};
use crate::shared::Shared;
use crate::templates::page;
use crate::words::Moment;

/// Groups, members, and tables of one page.
const ROWS: usize = 100;

/// A group, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GroupRow {
    pub(crate) name: String,
    pub(crate) members: u32,
    pub(crate) added: Moment,
}

impl From<&Group> for GroupRow {
    fn from(group: &Group) -> Self {
        let (name, members) = (group.name.to_string(), group.members);
        Self { name, members, added: group.added.into() }
    }
}

/// A member, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MemberRow {
    pub(crate) name: String,
    pub(crate) administers: bool,
    pub(crate) since: Moment,
    pub(crate) is_me: bool,
}

/// A table that a group opens.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OpenedRow {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) right: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct GroupsPage {
    pub(crate) chrome: Chrome,
    pub(crate) groups: Vec<GroupRow>,
    pub(crate) pages: Pages,
    /// Whether they may make groups.
    pub(crate) creates: bool,
    pub(crate) name: String,
    pub(crate) problem: Option<FormError>,
}

#[derive(Debug, Serialize)]
pub(crate) struct GroupPage {
    pub(crate) chrome: Chrome,
    pub(crate) group: GroupRow,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) pages: Pages,
    pub(crate) opened: Vec<OpenedRow>,
    /// Whether it opens more tables than are shown.
    pub(crate) opens_more: bool,
    /// Whether they may rename and delete it.
    pub(crate) manages: bool,
    /// What was typed as the name of a new member.
    pub(crate) typed: String,
    pub(crate) problem: Option<FormError>,
}

page! {
    GroupsPage => "groups.html";
    GroupPage => "group.html";
}

fn right_in_words(right: Right) -> &'static str {
    match right {
        Right::View => "View",
        Right::Play => "Play",
        Right::GameMaster => "Game master",
        Right::Manage => "Manage",
    }
}

async fn groups_page(
    shared: &Shared,
    person: &SignedIn,
    asked: &PageQuery,
) -> Result<GroupsPage, Problem> {
    let creates = person.visitor.may(Verb::ManageGroups);
    if !creates && !person.who.administers_a_group() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Only administrators, and those who administer a group, can see this page.",
        ));
    }
    let found = shared.refractory.groups(&person.who, &asked.part(ROWS)?).await?;
    Ok(GroupsPage {
        chrome: Chrome::of(shared, &person.visitor, "Groups", "groups"),
        pages: Pages::of(asked, "/groups", found.next.as_ref()),
        groups: found.records.iter().map(GroupRow::from).collect(),
        creates,
        name: String::new(),
        problem: None,
    })
}

/// `GET /groups`
pub(crate) async fn list(
    shared: web::Data<Shared>,
    person: SignedIn,
    asked: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    shared.templates.answer(StatusCode::OK, &groups_page(&shared, &person, &asked).await?)
}

#[derive(Debug, Deserialize)]
pub(crate) struct NameForm {
    name: String,
}

/// `POST /groups`
pub(crate) async fn create(
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<NameForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let made = async {
        let name = GroupName::new(&form.name).in_field("name")?;
        shared.refractory.create_group(&person.who, name).await.in_field("name")
    };
    match made.await {
        Ok(group) => {
            let flash =
                Flash::good(format!("The group {} was created. Add its members.", group.name));
            Ok(say_at(&shared, &person.visitor, &format!("/groups/{}", group.name), &flash))
        }
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let mut page = groups_page(&shared, &person, &PageQuery::default()).await?;
            (page.name, page.problem) = (form.name, Some(said));
            shared.templates.answer(problem.status(), &page)
        }
    }
}

async fn group_page(
    shared: &Shared,
    person: &SignedIn,
    group: &Group,
    asked: &PageQuery,
) -> Result<GroupPage, Problem> {
    let (app, who) = (&shared.refractory, &person.who);
    let members = app.members(who, &group.id, &asked.part(ROWS)?).await?;
    let opened = app.group_instances(who, &group.id, &ListQuery::first(ROWS)).await?;
    let member = |member: &Member| MemberRow {
        name: member.name.to_string(),
        administers: member.is_administrator,
        since: member.since.into(),
        is_me: who.user() == Some(&member.user),
    };
    let row = |table: &refractory_core::model::Instance| OpenedRow {
        slug: table.slug.to_string(),
        title: table.title().to_owned(),
        right: right_of_group(table, &group.id).map_or("", right_in_words),
    };
    Ok(GroupPage {
        chrome: Chrome::of(shared, &person.visitor, group.name.as_str(), "groups"),
        group: group.into(),
        members: members.members.iter().map(member).collect(),
        pages: Pages::of(asked, &format!("/groups/{}", group.name), members.next.as_ref())
            .unsearched(),
        opened: opened.records.iter().map(row).collect(),
        opens_more: opened.next.is_some(),
        manages: person.visitor.may(Verb::ManageGroups),
        typed: String::new(),
        problem: None,
    })
}

/// `GET /groups/{name}`
pub(crate) async fn show(
    shared: web::Data<Shared>,
    person: SignedIn,
    name: web::Path<String>,
    asked: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let group = shared.refractory.find_group(&person.who, &name).await?;
    let page = group_page(&shared, &person, &group, &asked).await?;
    shared.templates.answer(StatusCode::OK, &page)
}

/// The page of `group` with what is wrong with one of its forms.
async fn refused(
    shared: &Shared,
    person: &SignedIn,
    group: &Group,
    invalid: InvalidForm,
    typed: &str,
) -> Result<HttpResponse, Problem> {
    let (problem, said) = invalid.show()?;
    let mut page = group_page(shared, person, group, &PageQuery::default()).await?;
    (page.typed, page.problem) = (typed.to_owned(), Some(said));
    shared.templates.answer(problem.status(), &page)
}

#[derive(Debug, Deserialize)]
pub(crate) struct MemberForm {
    user: String,
    /// Present where they are to administer the group.
    #[serde(default)]
    administers: String,
}

/// `POST /groups/{name}/add`: a new member, or another standing of one.
pub(crate) async fn add(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<MemberForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let group = shared.refractory.find_group(&person.who, &name).await?;
    let administers = !form.administers.is_empty();
    let added = shared.refractory.add_member(&person.who, &group.id, &form.user, administers);
    match added.await.in_field("user") {
        Ok(_) => {
            let standing = if administers { "administers" } else { "is in" };
            let flash = Flash::good(format!("{} {standing} the group now.", form.user.trim()));
            Ok(say_at(&shared, &person.visitor, &format!("/groups/{}", group.name), &flash))
        }
        Err(invalid) => refused(&shared, &person, &group, invalid, &form.user).await,
    }
}

/// `POST /groups/{name}/remove`
pub(crate) async fn remove(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<MemberForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let group = shared.refractory.find_group(&person.who, &name).await?;
    let removed = shared.refractory.remove_member(&person.who, &group.id, &form.user).await;
    let said = format!("{} is not in the group any more.", form.user);
    // Who left a group that they administered does not see it any more.
    let leaves = form.user == person.who.name() && !person.visitor.may(Verb::ManageGroups);
    let next = if leaves { "/".to_owned() } else { format!("/groups/{}", group.name) };
    say_result(&shared, &person.visitor, &next, removed, &said)
}

/// `POST /groups/{name}/rename`
pub(crate) async fn rename(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<NameForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let group = shared.refractory.find_group(&person.who, &name).await?;
    let renamed = async {
        let name = GroupName::new(&form.name).in_field("name")?;
        shared.refractory.rename_group(&person.who, &group.id, name).await.in_field("name")
    };
    match renamed.await {
        Ok(renamed) => {
            let flash = Flash::good(format!("The group is called {} now.", renamed.name));
            Ok(say_at(&shared, &person.visitor, &format!("/groups/{}", renamed.name), &flash))
        }
        Err(invalid) => refused(&shared, &person, &group, invalid, "").await,
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct DeleteForm {
    typed: String,
}

/// `POST /groups/{name}/delete`
pub(crate) async fn delete(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<DeleteForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let group = shared.refractory.find_group(&person.who, &name).await?;
    let deleted = shared.refractory.delete_group(&person.who, &group.id, &form.typed).await;
    match deleted.in_field("typed") {
        Ok(()) => {
            let flash = Flash::good(format!("The group {} was deleted.", group.name));
            Ok(say_at(&shared, &person.visitor, "/groups", &flash))
        }
        Err(invalid) => refused(&shared, &person, &group, invalid, "").await,
    }
}
