use super::*;

#[test]
fn the_template_fits_into_a_request_and_has_every_policy() {
    let text = full_template();
    assert!(text.len() < LONGEST, "{}", text.len());
    assert!(!text.contains(MARK), "a policy is missing");
    assert!(text.is_ascii());
}

#[test]
fn what_is_adopted_stands_alone() {
    for name in ["Table", "FileSystem", "Bucket", "LogGroup", "TableBoundary"] {
        let text = import_template(&[name]);
        assert!(text.contains(&format!("\n  {name}:\n")), "{text}");
        let (_, resources) = text.split_once("\nResources:\n").unwrap();
        assert_eq!(resources.matches("    Type: ").count(), 1, "{resources}");
        assert!(resources.contains("DeletionPolicy: RetainExceptOnCreate"), "{resources}");
        assert!(resources.contains("UpdateReplacePolicy: Retain"), "{resources}");
        assert!(!resources.contains("GetAtt") && !text.contains("\nOutputs:"), "{text}");
    }
}

#[test]
fn parameters_are_those_of_the_text() {
    let all: Vec<_> = parameters().collect();
    assert_eq!(all.first(), Some(&"Deployment"));
    assert_eq!(all.last(), Some(&"LogDays"));
    for name in all {
        assert!(
            TEXT.contains(&format!("!Ref {name}")) || TEXT.contains(&format!("${{{name}}}")),
            "{name} is not used"
        );
    }
}

#[test]
fn logs_are_kept_for_what_the_configuration_allows() {
    let days = crate::config::LOG_DAYS.map(|days| days.to_string()).join(", ");
    assert!(TEXT.contains(&format!("    AllowedValues: [{days}]\n")));
}

#[test]
fn nothing_but_data_is_kept() {
    let resources = TEXT.split("\nResources:\n").nth(1).unwrap();
    let kept = resources.matches("DeletionPolicy: RetainExceptOnCreate").count();
    assert_eq!(kept, super::super::data::DataResource::ALL.len());
}
