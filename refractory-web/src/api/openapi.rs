//! The document that describes the API, made from its handlers: `OpenAPI` 3.1.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, Type, schema,
};
use utoipa::{Modify, OpenApi};

use super::{
    backups, events, groups, instances, licenses, operations, releases, session, tokens, users,
};
use crate::problem::ProblemDocument;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Refractory",
        description = "Hosts Foundry Virtual Tabletop: instances, licenses, releases and users of one deployment.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        session::show, session::open, session::close,
        instances::list, instances::create, instances::show, instances::change, instances::remove,
        instances::start, instances::stop, instances::restart, instances::take_license,
        instances::assume_lost, instances::setup_link,
        events::of_instance, events::logs,
        backups::of_instance, backups::create, backups::orphaned, backups::show, backups::verify, backups::restore, backups::remove,
        operations::of_instance, operations::rotate_asset_credentials, operations::list, operations::show, operations::cancel,
        licenses::list, licenses::add, licenses::show, licenses::change, licenses::remove, licenses::accept,
        releases::list, releases::upload, releases::fetch, releases::show, releases::remove,
        users::list, users::add, users::show, users::change, users::remove, users::link, users::sign_out,
        groups::list, groups::create, groups::show, groups::change, groups::remove, groups::instances,
        groups::members, groups::member, groups::set_member, groups::remove_member,
        tokens::list, tokens::create, tokens::show, tokens::revoke,
        events::list, events::status, events::workers, events::damaged,
    ),
    components(schemas(ProblemDocument<'static>)),
    modifiers(&Common),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "instances", description = "The tables of people"),
        (name = "backups", description = "Copies of the data of instances"),
        (name = "operations", description = "What workers do that takes long"),
        (name = "licenses", description = "License keys"),
        (name = "releases", description = "Releases of Foundry"),
        (name = "users", description = "Users"),
        (name = "groups", description = "Groups of users, to grant rights to"),
        (name = "tokens", description = "Tokens for programs"),
        (name = "session", description = "Signing in"),
        (name = "events", description = "The audit log"),
        (name = "deployment", description = "The deployment itself"),
    )
)]
struct Api;

/// The document. It is the same for every caller.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// Returns this document.
pub(crate) async fn show() -> HttpResponse {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| document().to_json().unwrap_or_else(|error| unreachable!("{error}")));
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(TEXT.as_str())
}

/// What all operations have in common: how callers prove who they are, and what problems look like.
struct Common;

impl Modify for Common {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token for programs, or the token of a session. A token needs the scope `read` for what is read; 403 names the scope that is missing."));
        components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
        let cookie = ApiKeyValue::with_description(
            "refractory_session",
            "The session of a browser. What changes something needs `X-CSRF-Token` as well.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        for item in api.paths.paths.values_mut() {
            for (method, operation) in operations(item) {
                correct_parameters(operation);
                add_problems(&method, operation);
            }
        }
    }
}

/// The operations of one path.
fn operations(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, it)| it.as_mut().map(|it| (method, it))).collect()
}

/// One entity tag, or any. There may be several; one is what callers have.
const ENTITY_TAG: &str = r#"^(\*|(W/)?"[!#-~]*")$"#;

/// Says that no header and no query holds a null, and what an entity tag looks like.
fn correct_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else { continue };
        if let SchemaType::Array(types) = &mut object.schema_type {
            types.retain(|it| *it != Type::Null);
            if let [only] = &types[..] {
                object.schema_type = SchemaType::Type(only.clone());
            }
        }
        if parameter.name == "If-Match" {
            object.pattern = Some(ENTITY_TAG.to_owned());
        }
    }
}

/// Adds the problems that `operation` may answer with.
fn add_problems(method: &HttpMethod, operation: &mut Operation) {
    let mut problems: BTreeMap<&str, &str> = BTreeMap::from([
        ("400", "The address or a header cannot be read"),
        ("403", "The caller may not do this"),
        ("408", "The request did not arrive in time"),
        ("422", "Something in the request cannot be used; `errors` says what"),
        ("429", "The caller asks too often"),
        ("500", "A defect; `instance` is what the log calls it"),
        ("501", "This installation does not offer it"),
        ("503", "Something that is needed does not answer"),
    ]);
    let is_open = operation.security.as_ref().is_some_and(Vec::is_empty);
    if !is_open {
        problems.insert("401", "The caller is not signed in");
    }
    if has_parameter(operation, "name") || has_parameter(operation, "id") {
        problems.insert("404", "There is nothing of this name that the caller may see");
    }
    if !matches!(method, HttpMethod::Get) {
        problems.insert("409", "It cannot be done as things stand");
        problems.insert("507", "A limit was reached, or there is no space");
    }
    if has_parameter(operation, "If-Match") {
        problems.insert("412", "It was changed since it was read");
    }
    if operation.request_body.is_some() {
        problems.insert("413", "The body is too long");
        problems.insert("415", "The body is of another media type");
    }
    for (status, description) in problems {
        let answer = problem(status, description);
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(answer));
    }
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().flatten().any(|it| matches!(it, RefOr::T(it) if it.name == name))
}

fn problem(status: &str, description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut answer = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content);
    let text = || schema::ObjectBuilder::new().schema_type(Type::String).build();
    if status == "401" {
        let header = HeaderBuilder::new().schema(Some(text())).description(Some("How to sign in"));
        answer = answer.header("WWW-Authenticate", header.build());
    }
    if status == "429" {
        let seconds = schema::ObjectBuilder::new().schema_type(Type::Integer).build();
        let header =
            HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait"));
        answer = answer.header("Retry-After", header.build());
    }
    answer.build()
}
