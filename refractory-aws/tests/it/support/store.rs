//! The table, as the stack makes it.
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use refractory_aws::{Clients, DynamoStore, schema};
use testkit::aws::Account;

/// Makes a table called `name`.
pub(crate) async fn make_table(clients: &Clients, name: &str) {
    let attributes = [schema::PARTITION_KEY, schema::SORT_KEY, schema::INDEX_SORT_KEY];
    let made = clients
        .dynamodb
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.map(text).to_vec()))
        .set_key_schema(Some(keys(schema::SORT_KEY)))
        .local_secondary_indexes(index())
        .send();
    made.await.unwrap();
    let ends = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(schema::TIME_TO_LIVE)
        .build()
        .unwrap();
    let set =
        clients.dynamodb.update_time_to_live().table_name(name).time_to_live_specification(ends);
    set.send().await.unwrap();
}

fn text(name: &str) -> AttributeDefinition {
    let text = AttributeDefinition::builder().attribute_name(name);
    text.attribute_type(ScalarAttributeType::S).build().unwrap()
}

fn keys(sort_key: &str) -> Vec<KeySchemaElement> {
    let key = |name: &str, of| {
        KeySchemaElement::builder().attribute_name(name).key_type(of).build().unwrap()
    };
    vec![key(schema::PARTITION_KEY, KeyType::Hash), key(sort_key, KeyType::Range)]
}

fn index() -> LocalSecondaryIndex {
    let includes = schema::INDEX_INCLUDES.iter().map(|&name| name.to_owned()).collect();
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(includes))
        .build();
    LocalSecondaryIndex::builder()
        .index_name(schema::INDEX)
        .set_key_schema(Some(keys(schema::INDEX_SORT_KEY)))
        .projection(projection)
        .build()
        .unwrap()
}

/// What every test calls its table; each has its own account.
pub(crate) const TABLE: &str = "rows";

/// A store in a fresh table of `account`.
pub(crate) async fn fresh(account: &Account) -> DynamoStore {
    let clients = super::clients(account);
    make_table(&clients, TABLE).await;
    DynamoStore::new(&clients, TABLE)
}

/// Another process that has the same table open.
pub(crate) fn another(account: &Account) -> DynamoStore {
    DynamoStore::new(&super::clients(account), TABLE)
}
