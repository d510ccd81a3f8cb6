//! IAM: users, keys, paths, and roles that are passed on.
use super::account;
use super::api::boto;

#[tokio::test]
async fn a_user_has_two_keys_and_goes_last() {
    let account = account().await;
    let said = boto(&account, "
iam = client('iam')
iam.create_user(UserName='u')
keys = [iam.create_access_key(UserName='u')['AccessKey']['AccessKeyId'] for _ in range(2)]
print(code(iam.create_access_key, UserName='u'))
allow = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}
iam.put_user_policy(UserName='u', PolicyName='p', PolicyDocument=json.dumps(allow))
for key in keys:
    print(code(iam.delete_user, UserName='u'))
    iam.delete_access_key(UserName='u', AccessKeyId=key)
print(code(iam.delete_user, UserName='u'))
iam.delete_user_policy(UserName='u', PolicyName='p')
print(code(iam.delete_user, UserName='u'))
");
    assert_eq!(said.await, "LimitExceeded\nDeleteConflict\nDeleteConflict\nDeleteConflict\nok");
}

#[tokio::test]
async fn a_policy_may_be_limited_to_a_path() {
    let account = account().await;
    let said = boto(
        &account,
        "
iam = client('iam')
iam.create_user(UserName='controller')
key = iam.create_access_key(UserName='controller')['AccessKey']
allow = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'iam:*',
         'Resource': f'arn:aws:iam::{root}:user/tables/*'}]}
iam.put_user_policy(UserName='controller', PolicyName='p', PolicyDocument=json.dumps(allow))
mine = client('iam', key['AccessKeyId'], key['SecretAccessKey'])
print(code(mine.create_user, UserName='a', Path='/tables/'))
print(code(mine.create_access_key, UserName='a'))
print(code(mine.create_user, UserName='b', Path='/other/'))
print(code(mine.create_user, UserName='b'))
print(code(mine.create_access_key, UserName='controller'))
",
    );
    assert_eq!(said.await, "ok\nok\nAccessDenied\nAccessDenied\nAccessDenied");
}

#[tokio::test]
async fn a_role_is_passed_by_who_may_pass_it() {
    let account = account().await;
    let said = boto(&account, "
iam, ecs = client('iam'), client('ecs')
trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole',
         'Principal': {'Service': 'ecs-tasks.amazonaws.com'}}]}
roles = {name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn']
         for name in ('ours', 'theirs')}
iam.create_user(UserName='controller')
key = iam.create_access_key(UserName='controller')['AccessKey']
allow = {'Version': '2012-10-17', 'Statement': [
    {'Effect': 'Allow', 'Action': 'ecs:*', 'Resource': '*'},
    {'Effect': 'Allow', 'Action': 'iam:PassRole', 'Resource': roles['ours'],
     'Condition': {'StringEquals': {'iam:PassedToService': 'ecs-tasks.amazonaws.com'}}}]}
iam.put_user_policy(UserName='controller', PolicyName='p', PolicyDocument=json.dumps(allow))
mine = client('ecs', key['AccessKeyId'], key['SecretAccessKey'])
containers = [{'name': 'c', 'image': 'i'}]
for role in ('ours', 'theirs'):
    print(code(mine.register_task_definition, family=role, taskRoleArn=roles[role], containerDefinitions=containers))
ecs.register_task_definition(family='theirs', taskRoleArn=roles['theirs'], containerDefinitions=containers)
ecs.create_cluster(clusterName='k')
print(code(mine.run_task, cluster='k', taskDefinition='theirs'))
print(code(mine.run_task, cluster='k', taskDefinition='ours'))
");
    assert_eq!(said.await, "ok\nAccessDeniedException\nAccessDeniedException\nok");
}
