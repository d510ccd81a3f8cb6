//! What the user of a table's uploads does.
use super::spec::{Permission, PolicySpec};

pub(super) const POLICIES: &[PolicySpec] = &[BOUNDARY];

/// The most that such a user can ever do. Its own policy says the same of its one bucket.
pub(super) const BOUNDARY: PolicySpec = PolicySpec {
    name: "table-boundary",
    rights: &[
        Permission {
            actions: &["s3:GetBucketLocation", "s3:ListBucket"],
            on: &["arn:{p}:s3:::foundry-*"],
            when: &[],
            why: "Foundry's file picker shows what is there",
        },
        Permission {
            actions: &[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:PutObject",
                "s3:PutObjectAcl",
            ],
            on: &["arn:{p}:s3:::foundry-*/*"],
            when: &[],
            why: "uploads are written, read and removed",
        },
    ],
};
