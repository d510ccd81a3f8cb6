//! What a front end does that is no worker: what docs/front-ends.md lists, and nothing else.
use super::spec::{Permission, PolicySpec, STORE_ACTIONS, STORE_TABLE};

pub(super) const POLICIES: &[PolicySpec] = &[PolicySpec {
    name: "front-end",
    rights: &[
        Permission {
            actions: STORE_ACTIONS,
            on: STORE_TABLE,
            when: &[],
            why: "the store: desired states, users, sessions and events are read and written there",
        },
        Permission {
            actions: &["cloudformation:DescribeStacks"],
            on: &["arn:{p}:cloudformation:{r}:{a}:stack/{d}/*"],
            when: &[],
            why: "what the deployment stands on is read from its stack",
        },
        Permission {
            actions: &[
                "secretsmanager:CreateSecret",
                "secretsmanager:DeleteSecret",
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:TagResource",
            ],
            on: &["arn:{p}:secretsmanager:{r}:{a}:secret:{d}/vault/*"],
            when: &[],
            why: "license keys that are added and removed, passwords of Foundry's setup, keys that sign passes",
        },
        Permission {
            actions: &["secretsmanager:GetSecretValue"],
            on: &["arn:{p}:secretsmanager:{r}:{a}:secret:{d}/assets/*"],
            when: &[],
            why: "requests for uploads in private buckets are checked and signed with the table's key; needed at the edge only",
        },
        Permission {
            actions: &["s3:ListBucket", "s3:ListBucketMultipartUploads"],
            on: &["arn:{p}:s3:::{d}-{a}-{r}"],
            when: &[],
            why: "whether a release is there, and uploads of it that were broken off; needed where releases are added only",
        },
        Permission {
            actions: &[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:PutObject",
            ],
            on: &["arn:{p}:s3:::{d}-{a}-{r}/releases/*"],
            when: &[],
            why: "releases are added and removed; needed where that is done only",
        },
        Permission {
            actions: &["logs:DescribeLogStreams", "logs:FilterLogEvents"],
            on: &[
                "arn:{p}:logs:{r}:{a}:log-group:/refractory/{d}",
                "arn:{p}:logs:{r}:{a}:log-group:/refractory/{d}:*",
            ],
            when: &[],
            why: "showing what a table prints",
        },
    ],
}];
