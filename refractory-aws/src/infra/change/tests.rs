use aws_sdk_cloudformation::types::{
    ResourceAttribute, ResourceChangeDetail, ResourceTargetDefinition,
};

use super::*;

fn told(name: &str, action: &str, replacement: &str) -> Change {
    let target = |name: &str| {
        ResourceTargetDefinition::builder()
            .attribute(ResourceAttribute::Properties)
            .name(name)
            .build()
    };
    let detail = |name: &str| ResourceChangeDetail::builder().target(target(name)).build();
    let tags = ResourceTargetDefinition::builder().attribute(ResourceAttribute::Tags).build();
    let change = ResourceChange::builder()
        .logical_resource_id(name)
        .resource_type("AWS::DynamoDB::Table")
        .action(ChangeAction::from(action))
        .replacement(Replacement::from(replacement))
        .details(detail("TableName"))
        .details(detail("TableName"))
        .details(ResourceChangeDetail::builder().target(tags).build());
    Change::read(change.build()).unwrap()
}

#[test]
fn each_answer_has_its_word() {
    let table = [
        ("Import", "False", Action::Adopt),
        ("Add", "False", Action::Add),
        ("Remove", "False", Action::Remove),
        ("Modify", "False", Action::Modify),
        ("SyncWithActual", "False", Action::Modify),
        ("Modify", "True", Action::Replace),
        ("Modify", "Conditional", Action::MayReplace),
        ("Dynamic", "False", Action::MayReplace),
        ("Something new", "True", Action::MayReplace),
    ];
    for (action, replacement, expected) in table {
        assert_eq!(told("Network", action, replacement).action, expected, "{action} {replacement}");
    }
}

#[test]
fn parting_with_data_is_told_and_nothing_else() {
    assert!(told("Table", "Modify", "True").loses_data());
    assert!(told("FileSystem", "Modify", "Conditional").loses_data());
    assert!(told("Bucket", "Remove", "False").loses_data());
    assert!(!told("Table", "Modify", "False").loses_data());
    assert!(!told("Table", "Import", "False").loses_data());
    assert!(!told("Network", "Modify", "True").loses_data());
}

#[test]
fn what_changes_is_named_once() {
    assert_eq!(told("Table", "Modify", "True").properties, ["TableName", "Tags"]);
}
