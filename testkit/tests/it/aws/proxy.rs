//! The proxy between SDK and AWS.
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::aws::{Account, Fault, FaultProxy, Rule, StruckCalls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::account;
use super::api::{Api, between, boto};

async fn proxied() -> (Account, FaultProxy, Api) {
    let account = account().await;
    let proxy = FaultProxy::start(account.address()).await;
    let at: SocketAddr = proxy.endpoint().trim_start_matches("http://").parse().unwrap();
    let api = Api::through(&account, at);
    (account, proxy, api)
}

/// Makes a cluster through `api` by hand: what comes back until the connection ends, and how it ends.
async fn make(api: &Api, at: &FaultProxy) -> (Vec<u8>, std::io::Result<()>) {
    let address: SocketAddr = at.endpoint().trim_start_matches("http://").parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "content-type: application/x-amz-json-1.1\r\nx-amz-target: AmazonEC2ContainerServiceV20141113.CreateCluster\r\n";
    let question = api.question("ecs", "POST", "/", head, r#"{"clusterName": "k"}"#);
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).await.map(drop);
    (answer, ended)
}

async fn clusters(account: &Account) -> usize {
    let said = Api::of(account).ecs("ListClusters", json!({})).await;
    said["clusterArns"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_signature_passes_and_every_call_is_written_down() {
    let (account, proxy, _) = proxied().await;
    let script = format!("
iam = client('iam')
iam.create_user(UserName='u')
key = iam.create_access_key(UserName='u')['AccessKey']
allow = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}}]}}
iam.put_user_policy(UserName='u', PolicyName='p', PolicyDocument=json.dumps(allow))
endpoint = '{}'
mine = lambda service: client(service, key['AccessKeyId'], key['SecretAccessKey'])
mine('s3').create_bucket(Bucket='by-proxy', CreateBucketConfiguration={{'LocationConstraint': region}})
mine('s3').put_object(Bucket='by-proxy', Key='a b/ü', Body=b'x' * 3000000)
print(len(mine('s3').get_object(Bucket='by-proxy', Key='a b/ü')['Body'].read()))
mine('efs').describe_file_systems()
mine('route53').list_hosted_zones()
mine('iam').list_users()
print(code(mine('ecs').describe_tasks, cluster='none', tasks=['x']))
", proxy.endpoint());
    assert_eq!(boto(&account, &script).await, "3000000\nok");
    let calls = proxy.calls();
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.service.as_str(), call.operation.as_str(), call.status))
        .collect();
    assert_eq!(
        seen,
        [
            ("s3", "CreateBucket", Some(200)),
            ("s3", "PutObject", Some(200)),
            ("s3", "GetObject", Some(200)),
            ("elasticfilesystem", "DescribeFileSystems", Some(200)),
            ("route53", "ListHostedZones", Some(200)),
            ("iam", "ListUsers", Some(200)),
            ("ecs", "DescribeTasks", Some(200)),
        ]
    );
}

#[tokio::test]
async fn refusals_have_each_services_shape() {
    let (_, proxy, api) = proxied().await;
    proxy.arrange(Rule::any(), Fault::Refused(418, "Teapot"));
    let (status, said) = api.json("ecs", "ListClusters", &json!({})).await;
    assert_eq!((status, &said["__type"]), (418, &json!("Teapot")));
    let (status, said) = api.rest("elasticfilesystem", "GET", "/2015-02-01/file-systems", "").await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, &said["ErrorCode"]), (418, &json!("Teapot")));
    for (service, path) in [("s3", "/"), ("route53", "/2013-04-01/hostedzone")] {
        let (status, said) = api.rest(service, "GET", path, "").await;
        assert_eq!((status, between(&said, "Code")), (418, "Teapot"));
        assert_eq!(said.starts_with("<Error>"), service == "s3");
    }
    let (status, said) = api.query("iam", "ListUsers", &[]).await;
    assert_eq!((status, between(&said, "Code")), (418, "Teapot"));
}

#[tokio::test]
async fn the_sdk_takes_each_services_shape() {
    let (account, proxy, _) = proxied().await;
    proxy.arrange(Rule::any(), Fault::Throttled);
    let script = format!("
endpoint = '{}'
print(code(client('ecs').list_clusters), code(client('s3').list_buckets), code(client('iam').list_users),
      code(client('efs').describe_file_systems), code(client('route53').list_hosted_zones))
", proxy.endpoint());
    let wanted = "ThrottlingException SlowDown Throttling ThrottlingException Throttling";
    assert_eq!(boto(&account, &script).await, wanted);
}

#[tokio::test]
async fn faults_are_without_effect_or_with_it() {
    for (fault, effect, answered) in [
        (Fault::Unavailable, false, true),
        (Fault::Throttled, false, true),
        (Fault::Reset, false, false),
        (Fault::ReplyLost, true, false),
        (Fault::Truncated, true, true),
    ] {
        let (account, proxy, api) = proxied().await;
        proxy.arrange(Rule::on("ecs", "CreateCluster").nth(1), fault.clone());
        let (answer, ended) = make(&api, &proxy).await;
        assert_eq!(!answer.is_empty(), answered, "{fault:?}");
        assert_eq!(ended.is_err(), fault == Fault::Reset, "{fault:?}: {ended:?}");
        assert_eq!(clusters(&account).await, usize::from(effect), "{fault:?}");
        let (answer, _) = make(&api, &proxy).await;
        assert!(answer.starts_with(b"HTTP/1.1 200"), "the second call is not struck");
    }
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_holds() {
    let (_, proxy, api) = proxied().await;
    proxy.arrange(Rule::any(), Fault::Truncated);
    let (answer, _) = make(&api, &proxy).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(body.len() < length.parse().unwrap() && !body.is_empty(), "{answer}");
}

#[tokio::test]
async fn a_late_effect_comes_after_the_error() {
    let (account, proxy, api) = proxied().await;
    proxy.arrange(Rule::any().nth(1), Fault::Late(Duration::from_millis(200)));
    assert!(make(&api, &proxy).await.1.is_err());
    assert_eq!(clusters(&account).await, 0);
    tokio::time::timeout(Duration::from_secs(20), async {
        while clusters(&account).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_call_that_hangs_is_never_answered() {
    let (account, proxy, api) = proxied().await;
    proxy.arrange(Rule::any().first(1), Fault::Hang);
    let waited = tokio::time::timeout(Duration::from_millis(300), make(&api, &proxy)).await;
    assert!(waited.is_err());
    assert_eq!(clusters(&account).await, 0);
}

#[tokio::test]
async fn what_is_missing_at_first_is_there_later() {
    let (_, proxy, api) = proxied().await;
    proxy.arrange(Rule::on("ecs", "DescribeTasks").first(2), Fault::Missing);
    proxy.arrange(Rule::on("secretsmanager", "GetSecretValue"), Fault::Missing);
    api.ecs("CreateCluster", json!({"clusterName": "k"})).await;
    let asked = json!({"cluster": "k", "tasks": ["t"]});
    for _ in 0..2 {
        let said = api.ecs("DescribeTasks", asked.clone()).await;
        assert_eq!(said, json!({"tasks": [], "failures": [{"arn": "t", "reason": "MISSING"}]}));
    }
    assert_ne!(api.ecs("DescribeTasks", asked).await["failures"][0]["arn"], "t");
    let (status, said) =
        api.json("secretsmanager", "GetSecretValue", &json!({"SecretId": "s"})).await;
    assert_eq!((status, &said["__type"]), (400, &json!("ResourceNotFoundException")));
}

#[tokio::test]
async fn after_a_cut_nothing_happens_until_it_is_healed() {
    let (account, proxy, api) = proxied().await;
    api.ecs("ListClusters", json!({})).await;
    proxy.cut_after(2);
    assert!(!proxy.is_cut());
    let (answer, _) = make(&api, &proxy).await;
    proxy.cut().await;
    assert_eq!(answer, b"", "the last call is not answered");
    assert_eq!(clusters(&account).await, 1, "and has its effect");
    assert!(make(&api, &proxy).await.1.is_err());
    assert_eq!(proxy.calls().len(), 2, "what comes after the cut is not counted");
    proxy.heal();
    assert!(make(&api, &proxy).await.0.starts_with(b"HTTP/1.1 200"));
    proxy.forget();
    proxy.cut_after(0);
    assert!(make(&api, &proxy).await.1.is_err());
    assert_eq!(proxy.count("ecs", "CreateCluster"), 0);
}

#[tokio::test]
async fn in_each_scene_one_call_goes_wrong_and_in_the_next_story_the_next_one() {
    let (_, proxy, api) = proxied().await;
    let list = async || api.json("ecs", "ListClusters", &json!({})).await.0;
    let strikes = StruckCalls::default();
    let mut stories = Vec::new();
    for _ in 0..3 {
        proxy.heal();
        proxy.arrange(Rule::any().each_once(&strikes), Fault::Unavailable);
        proxy.scene("waking");
        let mut story = vec![list().await, list().await];
        proxy.scene("sleeping");
        story.push(list().await);
        stories.push(story);
    }
    assert_eq!(stories, [[500, 200, 500], [200, 500, 200], [200, 200, 200]]);
    let scenes: Vec<_> = proxy.calls().iter().map(|call| call.scene.clone()).collect();
    assert_eq!(scenes[..3], ["waking", "waking", "sleeping"]);
}
