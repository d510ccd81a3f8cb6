//! The doctor, in accounts of the emulator.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without may end it")]
use std::sync::Arc;

use refractory_aws::infra::DeployOptions;
use refractory_aws::infra::policy::{PolicyScope, PolicySubject, policies};
use refractory_aws::{AwsConfig, Clients, Doctor};
use refractory_core::SystemClock;
use refractory_core::finding::{Finding, State};
use testkit::aws::Program;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::infra::{NAME, Site, patient, text};
use super::support;
use super::support::bed::PATIENCE;

async fn examine(clients: &Clients) -> Vec<Finding> {
    let config: AwsConfig =
        serde_json::from_value(serde_json::json!({ "deployment": NAME })).unwrap();
    Doctor::new(clients.clone(), config, Arc::new(SystemClock)).examine(2).await
}

/// What was found about one thing.
fn about<'a>(findings: &'a [Finding], about: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.about == about).collect()
}

#[track_caller]
fn one<'a>(findings: &'a [Finding], what: &str) -> &'a Finding {
    let found = about(findings, what);
    assert_eq!(found.len(), 1, "{what}: {findings:#?}");
    found[0]
}

/// Clients of a new user who has exactly these policies.
async fn somebody(site: &Site, documents: &[String]) -> Clients {
    let iam = &site.clients.iam;
    iam.create_user().user_name("anna").send().await.unwrap();
    for (at, document) in documents.iter().enumerate() {
        let put = iam.put_user_policy().user_name("anna").policy_name(format!("p{at}"));
        put.policy_document(document).send().await.unwrap();
    }
    let key = iam.create_access_key().user_name("anna").send().await.unwrap().access_key.unwrap();
    patient(&site.account, &key.access_key_id, &key.secret_access_key)
}

#[tokio::test]
async fn an_empty_account_is_told_where_to_begin() {
    let site = Site::new().await;
    let findings = examine(&site.clients).await;
    assert!(one(&findings, "AWS account").sentence.contains(site.account.id()));
    let stack = one(&findings, "AWS stack");
    assert_eq!(stack.state, State::Problem);
    assert!(stack.remedy.as_ref().unwrap().contains("refractory infra deploy"), "{stack:?}");
    assert!(one(&findings, "AWS price").sentence.contains("USD a month"));
    assert!(about(&findings, "AWS names").is_empty(), "nothing stands that could have a name");
}

#[tokio::test]
async fn a_deployment_that_stands_is_looked_at_from_top_to_bottom() {
    let mut site = Site::new().await;
    let zone = site.zone("play.example").await;
    let choices = DeployOptions {
        domain: text("play.example"),
        zone: Some(zone),
        ..DeployOptions::default()
    };
    site.deploy(&choices).await.unwrap();
    let findings = examine(&site.clients).await;
    assert_eq!(one(&findings, "AWS stack").state, State::Fine, "{findings:#?}");
    let permissions = one(&findings, "AWS permissions");
    assert_eq!(permissions.state, State::Fine, "{permissions:?}");
    assert!(permissions.sentence.contains("The portal has all"));
    // The record is there, and this machine's resolver has never heard of the domain.
    let names = one(&findings, "AWS names");
    assert_eq!(names.state, State::Problem, "{names:?}");
    assert!(names.remedy.as_ref().unwrap().contains("name these servers"), "{names:?}");
    assert_eq!(one(&findings, "AWS certificate").state, State::Fine, "{findings:#?}");
}

#[tokio::test]
async fn a_portal_that_cannot_start_is_found_with_the_reason_and_the_remedy() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let none = examine(&site.clients).await;
    let none = one(&none, "AWS portal");
    assert!(none.remedy.as_ref().unwrap().contains("--image"), "{none:?}");

    let image = DeployOptions { image: text("portal:1"), ..DeployOptions::default() };
    site.deploy(&image).await.unwrap();
    let stuck = until(&site.clients, State::Problem).await;
    assert!(
        stuck.sentence.contains("0 of 1 run")
            && stuck.sentence.contains("CannotPullContainerError"),
        "{stuck:?}"
    );
    assert!(stuck.remedy.as_ref().unwrap().contains("Push the image"), "{stuck:?}");

    site.account.run_as("portal:2", &Program::idle()).await.unwrap();
    let image = DeployOptions { image: text("portal:2"), ..DeployOptions::default() };
    site.deploy(&image).await.unwrap();
    assert_eq!(until(&site.clients, State::Fine).await.sentence, "1 of 1 run.");
}

/// What the doctor says of the portal, as soon as that is `state`.
async fn until(clients: &Clients, state: State) -> Finding {
    let begun = tokio::time::Instant::now();
    loop {
        let findings = examine(clients).await;
        let found = one(&findings, "AWS portal").clone();
        if found.state == state || begun.elapsed() > PATIENCE {
            assert_eq!(found.state, state, "{found:?}");
            return found;
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_found() {
    let mut site = Site::new().await;
    let zone = site.zone("play.example").await;
    let choices = DeployOptions {
        domain: text("play.example"),
        zone: Some(zone.clone()),
        ..DeployOptions::default()
    };
    site.deploy(&choices).await.unwrap();
    let route53 = &site.clients.route53;
    let listed = route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    let mut record = listed
        .resource_record_sets
        .into_iter()
        .find(|set| set.name.contains("052.") || set.name.starts_with('*'))
        .unwrap();
    record.alias_target.as_mut().unwrap().dns_name = "old.example.".to_owned();
    let change = aws_sdk_route53::types::Change::builder();
    let change = change.action(aws_sdk_route53::types::ChangeAction::Upsert);
    let change = change.resource_record_set(record).build().unwrap();
    let batch = aws_sdk_route53::types::ChangeBatch::builder().changes(change).build().unwrap();
    let changed = route53.change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch);
    changed.send().await.unwrap();
    let findings = examine(&site.clients).await;
    let names = one(&findings, "AWS names");
    assert!(names.sentence.contains("leads to `old.example"), "{names:?}");
}

#[tokio::test]
async fn a_check_that_is_refused_names_its_permission_and_fails_no_other() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let allowed = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudformation:DescribeStacks","Resource":"*"}]}"#;
    let anna = somebody(&site, &[allowed.to_owned()]).await;
    let findings = examine(&anna).await;
    assert_eq!(one(&findings, "AWS account").state, State::Fine);
    assert_eq!(one(&findings, "AWS stack").state, State::Fine, "what she may see she sees");
    let permissions = one(&findings, "AWS permissions");
    assert_eq!(permissions.state, State::Note, "{permissions:?}");
    assert!(
        permissions.sentence.contains("`iam:SimulatePrincipalPolicy` is not allowed"),
        "{permissions:?}"
    );
    assert_eq!(one(&findings, "AWS price").state, State::Fine);
}

#[tokio::test]
async fn permissions_that_are_missing_are_named_and_those_that_are_there_are_not() {
    let site = Site::new().await;
    let ask = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:SimulatePrincipalPolicy","iam:GetRole"],"Resource":"*"}]}"#;
    let names = PolicyScope::new(NAME, site.account.region(), site.account.id(), None);
    let mut documents: Vec<_> = policies(PolicySubject::Controller, &names)
        .iter()
        .map(|policy| policy.document.to_string())
        .collect();
    documents.push(ask.to_owned());
    let anna = somebody(&site, &documents).await;
    let findings = examine(&anna).await;
    let whole = one(&findings, "AWS permissions");
    assert_eq!(whole.state, State::Fine, "{whole:?}");

    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["ecs:RunTask","elasticfilesystem:CreateAccessPoint"],"Resource":"*"}]}"#;
    let put = site.clients.iam.put_user_policy().user_name("anna").policy_name("less");
    put.policy_document(deny).send().await.unwrap();
    let findings = examine(&anna).await;
    let less = one(&findings, "AWS permissions");
    assert_eq!(less.state, State::Problem);
    assert!(
        less.sentence.ends_with("`ecs:RunTask`, `elasticfilesystem:CreateAccessPoint`."),
        "{less:?}"
    );
}

#[tokio::test]
async fn credentials_that_aws_does_not_know_end_the_visit_with_a_remedy() {
    let site = Site::new().await;
    let nobody = patient(&site.account, "AKIAAAAAAAAAAAAAAAAA", "nonsense");
    let findings = examine(&nobody).await;
    let account = one(&findings, "AWS account");
    assert_eq!(account.state, State::Problem, "{account:?}");
    assert!(account.remedy.as_ref().unwrap().contains("aws sso login"), "{account:?}");
    assert!(about(&findings, "AWS stack").is_empty(), "everything else would only repeat it");
    assert_eq!(one(&findings, "AWS price").state, State::Fine);
}

/// Answers every question about quotas with this JSON.
async fn quotas(json: &'static str) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 8192];
            let _read = socket.read(&mut head).await;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{json}",
                json.len()
            );
            let _written = socket.write_all(answer.as_bytes()).await;
        }
    });
    (at, serving)
}

#[tokio::test]
async fn quotas_are_those_of_the_account() {
    let site = Site::new().await;
    let rows = [("6.0", State::Fine), ("0.5", State::Problem), ("0.8", State::Note)];
    for (value, state) in rows {
        let json = format!(
            r#"{{"Quotas":[{{"ServiceCode":"fargate","QuotaName":"Fargate On-Demand vCPU resource count","QuotaCode":"L-3032A538","Value":{value}}}]}}"#
        );
        let (at, _serving) = quotas(json.leak()).await;
        let mut clients = site.clients.clone();
        clients.quotas = support::clients_at(&site.account, &at).quotas;
        let findings = examine(&clients).await;
        let worst =
            about(&findings, "AWS quotas").into_iter().max_by_key(|finding| finding.state).unwrap();
        assert_eq!(worst.state, state, "{value}: {worst:?}");
    }
}
