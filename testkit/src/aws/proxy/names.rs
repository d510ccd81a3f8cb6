//! The operations of the services that say them by method and path.
use http::Method;
use http::request::Parts;

/// S3: what SDKs add as `x-id`, and else by method, key and subresource.
pub(super) fn s3(head: &Parts) -> String {
    let query = head.uri.query().unwrap_or_default();
    let part = |wanted: &str| {
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    if let Some(name) = part("x-id") {
        return name.to_owned();
    }
    let copied = head.headers.contains_key("x-amz-copy-source");
    let path = head.uri.path().trim_start_matches('/');
    match path.split_once('/') {
        Some((_, key)) if !key.is_empty() => s3_object(&head.method, copied, &part),
        _ if path.is_empty() => "ListBuckets".to_owned(),
        _ => s3_bucket(&head.method, query, &part),
    }
}

fn s3_object<'a>(method: &Method, copied: bool, part: &impl Fn(&str) -> Option<&'a str>) -> String {
    let upload = part("uploadId").is_some();
    let name = match method.as_str() {
        "PUT" if upload && copied => "UploadPartCopy",
        "PUT" if upload => "UploadPart",
        "PUT" if copied => "CopyObject",
        "POST" if part("uploads").is_some() => "CreateMultipartUpload",
        "POST" if upload => "CompleteMultipartUpload",
        "DELETE" if upload => "AbortMultipartUpload",
        "GET" if upload => "ListParts",
        method => return format!("{}Object{}", verb(method), tagging(part)),
    };
    name.to_owned()
}

fn tagging<'a>(part: &impl Fn(&str) -> Option<&'a str>) -> &'static str {
    if part("tagging").is_some() { "Tagging" } else { "" }
}

fn s3_bucket<'a>(method: &Method, query: &str, part: &impl Fn(&str) -> Option<&'a str>) -> String {
    const LISTS: [(&str, &str); 3] = [
        ("list-type", "ListObjectsV2"),
        ("versions", "ListObjectVersions"),
        ("uploads", "ListMultipartUploads"),
    ];
    const SUBRESOURCES: [(&str, &str); 12] = [
        ("policyStatus", "BucketPolicyStatus"),
        ("policy", "BucketPolicy"),
        ("cors", "BucketCors"),
        ("versioning", "BucketVersioning"),
        ("lifecycle", "BucketLifecycleConfiguration"),
        ("publicAccessBlock", "PublicAccessBlock"),
        ("ownershipControls", "BucketOwnershipControls"),
        ("tagging", "BucketTagging"),
        ("location", "BucketLocation"),
        ("acl", "BucketAcl"),
        ("encryption", "BucketEncryption"),
        ("notification", "BucketNotificationConfiguration"),
    ];
    let named = |table: &[(&str, &'static str)]| {
        table.iter().find(|(name, _)| part(name).is_some()).map(|(_, called)| *called)
    };
    let verb = verb(method.as_str());
    match method.as_str() {
        "POST" if part("delete").is_some() => "DeleteObjects".to_owned(),
        "GET" if named(&LISTS).is_some() => named(&LISTS).unwrap_or_default().to_owned(),
        _ => match named(&SUBRESOURCES) {
            Some("BucketLifecycleConfiguration") if verb == "Delete" => {
                "DeleteBucketLifecycle".to_owned()
            }
            Some(subresource) => format!("{verb}{subresource}"),
            None if method == Method::PUT => "CreateBucket".to_owned(),
            None if method == Method::GET && query.is_empty() => "ListObjects".to_owned(),
            None => format!("{verb}Bucket"),
        },
    }
}

fn verb(method: &str) -> &'static str {
    match method {
        "GET" => "Get",
        "PUT" => "Put",
        "DELETE" => "Delete",
        "HEAD" => "Head",
        _ => "Post",
    }
}

/// A row of a table: method, path with `*` for one part, operation.
type Row = (&'static str, &'static str, &'static str);

/// EFS, below `/2015-02-01`.
pub(super) fn efs(method: &Method, path: &str) -> Option<&'static str> {
    const ROWS: [Row; 20] = [
        ("POST", "file-systems", "CreateFileSystem"),
        ("GET", "file-systems", "DescribeFileSystems"),
        ("PUT", "file-systems/*", "UpdateFileSystem"),
        ("DELETE", "file-systems/*", "DeleteFileSystem"),
        ("PUT", "file-systems/*/lifecycle-configuration", "PutLifecycleConfiguration"),
        ("GET", "file-systems/*/lifecycle-configuration", "DescribeLifecycleConfiguration"),
        ("PUT", "file-systems/*/policy", "PutFileSystemPolicy"),
        ("GET", "file-systems/*/policy", "DescribeFileSystemPolicy"),
        ("DELETE", "file-systems/*/policy", "DeleteFileSystemPolicy"),
        ("PUT", "file-systems/*/backup-policy", "PutBackupPolicy"),
        ("GET", "file-systems/*/backup-policy", "DescribeBackupPolicy"),
        ("POST", "access-points", "CreateAccessPoint"),
        ("GET", "access-points", "DescribeAccessPoints"),
        ("DELETE", "access-points/*", "DeleteAccessPoint"),
        ("POST", "mount-targets", "CreateMountTarget"),
        ("GET", "mount-targets", "DescribeMountTargets"),
        ("DELETE", "mount-targets/*", "DeleteMountTarget"),
        ("POST", "resource-tags/*", "TagResource"),
        ("GET", "resource-tags/*", "ListTagsForResource"),
        ("DELETE", "resource-tags/*", "UntagResource"),
    ];
    found(&ROWS, method, path)
}

/// Route 53, below `/2013-04-01`.
pub(super) fn route53(method: &Method, path: &str) -> Option<&'static str> {
    const ROWS: [Row; 13] = [
        ("POST", "hostedzone", "CreateHostedZone"),
        ("GET", "hostedzone", "ListHostedZones"),
        ("GET", "hostedzonesbyname", "ListHostedZonesByName"),
        ("GET", "hostedzonecount", "GetHostedZoneCount"),
        ("GET", "hostedzone/*", "GetHostedZone"),
        ("DELETE", "hostedzone/*", "DeleteHostedZone"),
        ("POST", "hostedzone/*/rrset", "ChangeResourceRecordSets"),
        ("GET", "hostedzone/*/rrset", "ListResourceRecordSets"),
        ("GET", "hostedzonelimit/*/*", "GetHostedZoneLimit"),
        ("GET", "change/*", "GetChange"),
        ("POST", "tags/*/*", "ChangeTagsForResource"),
        ("GET", "tags/*/*", "ListTagsForResource"),
        ("GET", "accountlimit/*", "GetAccountLimit"),
    ];
    found(&ROWS, method, path)
}

fn found(rows: &[Row], method: &Method, path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let fits = |pattern: &str| {
        let wanted: Vec<&str> = pattern.split('/').collect();
        wanted.len() == parts.len()
            && wanted.iter().zip(&parts).all(|(wanted, part)| *wanted == "*" || wanted == part)
    };
    let row = rows.iter().find(|(verb, pattern, _)| method == verb && fits(pattern));
    row.map(|(_, _, operation)| *operation)
}

#[cfg(test)]
mod tests;
