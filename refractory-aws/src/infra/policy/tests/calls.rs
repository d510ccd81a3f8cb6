//! The calls that this crate makes, as they stand in its source, and what each needs to be allowed.
#![expect(clippy::case_sensitive_file_extension_comparisons, reason = "sources are called .rs")]
use std::path::Path;

/// Clients, by the names that they have everywhere, and what their actions begin with.
const SERVICES: &[(&str, &str)] = &[
    ("acm", "acm"),
    ("cloudformation", "cloudformation"),
    ("dynamodb", "dynamodb"),
    ("ecs", "ecs"),
    ("efs", "elasticfilesystem"),
    ("elb", "elasticloadbalancing"),
    ("iam", "iam"),
    ("logs", "logs"),
    ("quotas", "servicequotas"),
    ("route53", "route53"),
    ("s3", "s3"),
    ("secrets", "secretsmanager"),
    ("sts", "sts"),
];

/// Places where a client is called just `client`, and its name elsewhere.
const CLIENTS: &[(&str, &str)] = &[
    ("archives/", "s3"),
    ("runtime/logs", "logs"),
    ("snapshot/", "s3"),
    ("storage/access_points.rs", "efs"),
    ("store/", "dynamodb"),
    ("vault.rs", "secrets"),
];

/// Actions that a call of another name needs, and why.
pub(super) const BESIDE: &[(&str, &str)] = &[
    ("ecs:TagResource", "tasks and definitions are made with their tags"),
    ("elasticloadbalancing:AddTags", "so are target groups and rules"),
    ("iam:PassRole", "definitions name the roles of their tasks"),
    ("s3:TagResource", "buckets are made with their tags"),
    ("secretsmanager:TagResource", "so are secrets"),
];

/// Operations whose actions are called otherwise, or are several.
const OTHERWISE: &[(&str, &str, &[&str])] = &[
    ("dynamodb", "transact_get_items", &["GetItem"]),
    ("dynamodb", "transact_write_items", &["DeleteItem", "PutItem", "UpdateItem"]),
    ("s3", "complete_multipart_upload", &["PutObject"]),
    ("s3", "create_multipart_upload", &["PutObject"]),
    ("s3", "delete_objects", &["DeleteObject", "DeleteObjectVersion"]),
    ("s3", "get_bucket_cors", &["GetBucketCORS"]),
    ("s3", "get_bucket_encryption", &["GetEncryptionConfiguration"]),
    ("s3", "get_bucket_lifecycle_configuration", &["GetLifecycleConfiguration"]),
    ("s3", "get_public_access_block", &["GetBucketPublicAccessBlock"]),
    ("s3", "head_bucket", &["ListBucket"]),
    ("s3", "head_object", &["GetObject"]),
    ("s3", "list_buckets", &["ListAllMyBuckets"]),
    ("s3", "list_multipart_uploads", &["ListBucketMultipartUploads"]),
    ("s3", "list_object_versions", &["ListBucketVersions"]),
    ("s3", "list_objects_v2", &["ListBucket"]),
    ("s3", "list_parts", &["ListMultipartUploadParts"]),
    ("s3", "put_bucket_cors", &["PutBucketCORS"]),
    ("s3", "put_bucket_encryption", &["PutEncryptionConfiguration"]),
    ("s3", "put_bucket_lifecycle_configuration", &["PutLifecycleConfiguration"]),
    ("s3", "put_public_access_block", &["PutBucketPublicAccessBlock"]),
    ("s3", "upload_part", &["PutObject"]),
];

/// What is said to a client and is no call.
const NO_CALLS: &[&str] = &["clone", "config", "into_builder", "iter", "unwrap_or_default"];

/// Every call, as (file, client, operation).
pub(super) fn made() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let place = path.strip_prefix(&root).unwrap().display().to_string();
                let text = std::fs::read_to_string(&path).unwrap();
                for (client, operation) in in_text(&text) {
                    all.push((place.clone(), service(&place, client), operation));
                }
            }
        }
    }
    all
}

/// The name that `client`, found in `place`, has everywhere.
fn service(place: &str, client: String) -> String {
    if client != "client" {
        return client;
    }
    let known = CLIENTS.iter().find(|(begin, _)| place.starts_with(begin));
    let (_, service) = known.unwrap_or_else(|| panic!("whose client is it in {place}?"));
    (*service).to_owned()
}

/// `….ecs.run_task()`, however it is broken into lines.
fn in_text(text: &str) -> Vec<(String, String)> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let mut found = Vec::new();
    for (end, _) in text.match_indices("()") {
        let begin = text[..end].rfind(|c: char| !is_name(c)).map_or(0, |at| at + 1);
        let Some(before) = text[..begin].strip_suffix('.') else { continue };
        let before = before.strip_suffix("()").unwrap_or(before);
        let client = before.rfind(|c: char| !is_name(c)).map_or(before, |at| &before[at + 1..]);
        let operation = &text[begin..end];
        let is_client = client == "client" || SERVICES.iter().any(|(known, _)| *known == client);
        if is_client && !NO_CALLS.contains(&operation) {
            found.push((client.to_owned(), operation.to_owned()));
        }
    }
    found
}

/// What a call needs to be allowed.
pub(super) fn actions(service: &str, operation: &str) -> Vec<String> {
    let (_, prefix) = SERVICES.iter().find(|(known, _)| *known == service).unwrap();
    let otherwise = OTHERWISE.iter().find(|(of, called, _)| (*of, *called) == (service, operation));
    match otherwise {
        Some((_, _, several)) => {
            several.iter().map(|action| format!("{prefix}:{action}")).collect()
        }
        None => vec![format!("{prefix}:{}", pascal(operation))],
    }
}

fn pascal(operation: &str) -> String {
    operation.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
