//! Stacks.
use super::account;
use super::api::boto;

#[tokio::test]
async fn a_table_gets_its_expiry_and_its_recovery() {
    let account = account().await;
    let said = boto(
        &account,
        "
def template(recovery):
    return json.dumps({'Resources': {'Table': {'Type': 'AWS::DynamoDB::Table', 'Properties': {
        'TableName': 'rows', 'BillingMode': 'PAY_PER_REQUEST',
        'AttributeDefinitions': [{'AttributeName': 'k', 'AttributeType': 'S'}],
        'KeySchema': [{'AttributeName': 'k', 'KeyType': 'HASH'}],
        'TimeToLiveSpecification': {'AttributeName': 'expires', 'Enabled': True},
        'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled': recovery}}}}})
stacks, tables = client('cloudformation'), client('dynamodb')
def show():
    expiry = tables.describe_time_to_live(TableName='rows')['TimeToLiveDescription']
    backups = tables.describe_continuous_backups(TableName='rows')['ContinuousBackupsDescription']
    print(expiry['TimeToLiveStatus'], expiry['AttributeName'],
          backups['PointInTimeRecoveryDescription']['PointInTimeRecoveryStatus'])
stacks.create_stack(StackName='s', TemplateBody=template(False))
stacks.get_waiter('stack_create_complete').wait(StackName='s', WaiterConfig={'Delay': 1})
show()
stacks.update_stack(StackName='s', TemplateBody=template(True))
stacks.get_waiter('stack_update_complete').wait(StackName='s', WaiterConfig={'Delay': 1})
show()
",
    );
    assert_eq!(said.await, "ENABLED expires DISABLED\nENABLED expires ENABLED");
}

#[tokio::test]
async fn a_name_that_is_taken_fails_the_stack_and_stays() {
    let account = account().await;
    let said = boto(
        &account,
        "
import time
logs, stacks = client('logs'), client('cloudformation')
logs.create_log_group(logGroupName='taken')
template = json.dumps({'Resources': {
    'Free': {'Type': 'AWS::Logs::LogGroup', 'Properties': {'LogGroupName': 'free'}},
    'Taken': {'Type': 'AWS::Logs::LogGroup', 'DependsOn': 'Free', 'Properties': {'LogGroupName': 'taken'}}}})
stacks.create_stack(StackName='s', TemplateBody=template)
while stacks.describe_stacks(StackName='s')['Stacks'][0]['StackStatus'] != 'ROLLBACK_COMPLETE':
    time.sleep(0.05)
reasons = [event.get('ResourceStatusReason', '') for event in stacks.describe_stack_events(StackName='s')['StackEvents']]
print(any('already exists' in reason for reason in reasons))
print([group['logGroupName'] for group in logs.describe_log_groups()['logGroups']])
",
    )
    .await;
    assert_eq!(said, "True\n['taken']");
}
