use std::collections::BTreeMap;
use std::fmt::Write as _;

use refractory_core::Result;

use super::*;
use crate::Clients;
use crate::stub_server::{StubRequest, StubResponse, StubServer, clients_at, shared};

/// As the services of this dialect write an error.
fn written(dialect: &str, code: &str) -> StubResponse {
    let headers = "x-amzn-requestid: request-1\r\n".to_owned();
    let xml = format!("<Error><Code>{code}</Code><Message>No.</Message></Error>");
    let json = "content-type: application/x-amz-json-1.1\r\n";
    let (headers, body) = match dialect {
        "json" => {
            (headers + json, format!(r#"{{"__type":"com.amazonaws#{code}","message":"No."}}"#))
        }
        "rest-json" => {
            (format!("{headers}x-amzn-errortype: {code}\r\n"), r#"{"Message":"No."}"#.to_owned())
        }
        "s3" => (headers, xml),
        _ => (
            headers,
            format!("<ErrorResponse>{xml}<RequestId>request-1</RequestId></ErrorResponse>"),
        ),
    };
    StubResponse { status: 400, headers, body }
}

async fn ask(clients: &Clients, dialect: &str) -> Result<()> {
    const DURING: &str = "asking";
    let Clients { dynamodb, efs, iam, route53, s3, .. } = clients;
    match dialect {
        "json" => {
            dynamodb.list_tables().send().await.map(drop).map_err(|error| aws_error(DURING, error))
        }
        "rest-json" => efs
            .describe_file_systems()
            .send()
            .await
            .map(drop)
            .map_err(|error| aws_error(DURING, error)),
        "query" => {
            iam.list_users().send().await.map(drop).map_err(|error| aws_error(DURING, error))
        }
        "rest-xml" => route53
            .list_hosted_zones()
            .send()
            .await
            .map(drop)
            .map_err(|error| aws_error(DURING, error)),
        _ => s3.list_buckets().send().await.map(drop).map_err(|error| aws_error(DURING, error)),
    }
}

/// Every row of the table, as the services of `dialect` write it.
async fn every_row(dialect: &'static str) {
    let server = StubServer::serve(move |at, _| written(dialect, CODES[at].0)).await;
    let clients = server.clients();
    for (code, kind, transient) in CODES {
        let error = ask(&clients, dialect).await.unwrap_err();
        assert_eq!(error.kind(), *kind, "{code} in {dialect}: {error:?}");
        assert_eq!(error.is_transient(), *transient, "{code} in {dialect}");
        let told = format!("{error:?}");
        assert!(told.contains(&format!("because {code}: No.")), "{dialect}: {told}");
        assert!(dialect == "s3" || told.contains("request `request-1`"), "{dialect}: {told}");
    }
}

macro_rules! every_row_is_read {
    ($($name:ident: $dialect:literal;)*) => { $(
        #[tokio::test]
        async fn $name() {
            every_row($dialect).await;
        }
    )* };
}

every_row_is_read! {
    every_row_is_read_as_dynamodb_writes_it: "json";
    every_row_is_read_as_efs_writes_it: "rest-json";
    every_row_is_read_as_iam_writes_it: "query";
    every_row_is_read_as_route_53_writes_it: "rest-xml";
    every_row_is_read_as_s3_writes_it: "s3";
}

#[test]
fn no_code_is_there_twice() {
    let codes: BTreeMap<_, _> = CODES.iter().map(|(code, kind, _)| (code, kind)).collect();
    assert_eq!(codes.len(), CODES.len());
}

/// A change of the table is a difference that a person can read.
#[test]
fn the_table() {
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (code, kind, transient) in CODES {
        kinds.entry((kind, transient)).or_default().push(*code);
    }
    let mut text = String::new();
    for ((kind, transient), mut codes) in kinds {
        codes.sort_unstable();
        let again = if *transient { "worth another try" } else { "for good" };
        writeln!(text, "{kind}, {again}:\n  {}\n", codes.join("\n  ")).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_code_that_nobody_knows_is_unexpected_and_worth_another_try() {
    let server = StubServer::serve(|_, _| written("json", "TeapotException")).await;
    let error = ask(&server.clients(), "json").await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unexpected, true));
    assert!(error.to_string().contains("code `TeapotException`"), "{error}");
}

#[tokio::test]
async fn an_answer_without_a_code_is_unavailable_or_unexpected_but_never_for_good() {
    for (status, body) in
        [(200, "half an ans"), (500, ""), (502, "<html>Bad gateway</html>"), (429, "")]
    {
        let server = StubServer::serve(move |_, _| StubResponse::json(status, body)).await;
        let error = ask(&server.clients(), "json").await.unwrap_err();
        assert!(error.is_transient(), "{status}: {error:?}");
        assert!(!format!("{error:?}").contains("Bad gateway"), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let unbound = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = ask(&clients_at(&format!("http://{unbound}")), "json").await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error:?}");
}

#[tokio::test]
async fn silence_is_unavailable() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hasty = aws_smithy_types::timeout::TimeoutConfig::builder()
        .operation_timeout(Duration::from_millis(50))
        .build();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let clients = Clients::over(&shared(&endpoint).timeout_config(hasty).build()).unwrap();
    let error = ask(&clients, "json").await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error:?}");
}

#[tokio::test]
async fn refusals_say_where_to_look() {
    let server =
        StubServer::serve(|at, _| written("query", ["AccessDenied", "LimitExceeded"][at])).await;
    let forbidden = ask(&server.clients(), "query").await.unwrap_err();
    assert!(forbidden.for_people().contains("refractory doctor"), "{forbidden:?}");
    let exhausted = ask(&server.clients(), "query").await.unwrap_err();
    assert!(exhausted.for_people().contains("Service Quotas"), "{exhausted:?}");
}

#[tokio::test]
async fn a_refusal_names_the_permission_that_aws_says_is_missing() {
    let message = "User: arn:aws:iam::1:user/a is not authorized to perform: dynamodb:ListTables on resource: * because no \
                   identity-based policy allows the dynamodb:ListTables action";
    for (code, is_named) in [("AccessDeniedException", true), ("ThrottlingException", false)] {
        let body = serde_json::json!({ "__type": code, "message": message }).to_string();
        let server = StubServer::serve(move |_, _| StubResponse::json(400, body.clone())).await;
        let error = ask(&server.clients(), "json").await.unwrap_err();
        let told = error.for_people();
        assert_eq!(told.contains("doesn't allow `dynamodb:ListTables` with"), is_named, "{told}");
    }
}

#[test]
fn only_a_name_of_an_action_is_taken_for_one() {
    let read = |after| format!("User: x is not authorized to perform: {after}");
    assert_eq!(missing(&read("s3:GetObject, because")), Some("s3:GetObject"));
    assert_eq!(missing(&read("ecs:RunTask")), Some("ecs:RunTask"));
    assert_eq!(missing(&read("that on resource: a")), None);
    assert_eq!(missing("Access Denied"), None);
}

/// The answer that could not be read may have been a secret, and the request had the keys.
#[tokio::test]
async fn no_answer_and_no_key_stands_in_an_error() {
    let body = r#"{"SecretString":"hunter2","Name":"#;
    let server = StubServer::serve(move |_, _| StubResponse::json(200, body)).await;
    let answer = server.clients().secrets.get_secret_value().secret_id("a").send().await;
    let shown = format!("{:?}", aws_error("reading a secret", answer.unwrap_err()));
    for hidden in ["hunter2", "sesame-open", "AKIDEXAMPLE"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn a_process_without_credentials_is_told_how_to_get_them() {
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

    #[derive(Debug)]
    struct Fails(fn() -> CredentialsError);
    impl ProvideCredentials for Fails {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(self.0()))
        }
    }
    let server = StubServer::serve(|_, _: &StubRequest| StubResponse::json(200, "{}")).await;
    let cases: [(fn() -> CredentialsError, _, _); 3] = [
        (|| CredentialsError::not_loaded("none"), ErrorKind::Forbidden, true),
        (|| CredentialsError::invalid_configuration("a loop"), ErrorKind::Invalid, false),
        (|| CredentialsError::provider_error("503"), ErrorKind::Unavailable, true),
    ];
    for (fails, kind, transient) in cases {
        let without = shared(server.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(Fails(fails)));
        let error = ask(&Clients::over(&without.build()).unwrap(), "json").await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{error:?}");
        let helps = error.for_people().contains("AWS_PROFILE");
        assert_eq!(helps, kind != ErrorKind::Unavailable, "{error:?}");
    }
    assert!(server.asked().is_empty(), "nothing is asked without credentials");
}
