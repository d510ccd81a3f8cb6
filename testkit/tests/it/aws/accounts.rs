//! Accounts do not see each other.
use serde_json::json;

use super::account;
use super::api::{Api, boto, code};

#[tokio::test]
async fn accounts_have_nothing_in_common() {
    let (one, two) = (account().await, account().await);
    assert_ne!(one.id(), two.id());
    Api::of(&one).ecs("CreateCluster", json!({"clusterName": "k"})).await;
    let lost = json!({"cluster": "k", "taskDefinition": "t"});
    assert_eq!(
        code(Api::of(&two).json("ecs", "RunTask", &lost).await).1,
        "ClusterNotFoundException"
    );
    let said = Api::of(&two).ecs("ListClusters", json!({})).await;
    assert_eq!(said["clusterArns"], json!([]));
}

#[tokio::test]
async fn policies_and_signatures_are_enforced() {
    let account = account().await;
    let said = boto(&account, "
iam = client('iam')
iam.create_user(UserName='u')
key = iam.create_access_key(UserName='u')['AccessKey']
mine = lambda service, secret=key['SecretAccessKey']: client(service, key['AccessKeyId'], secret)
print(code(mine('ecs').list_clusters))
print(code(mine('ecs', 'wrong').list_clusters))
allow = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'ecs:ListClusters', 'Resource': '*'}]}
iam.put_user_policy(UserName='u', PolicyName='p', PolicyDocument=json.dumps(allow))
print(code(mine('ecs').list_clusters))
");
    assert_eq!(said.await, "AccessDeniedException\nInvalidSignatureException\nok");
}
