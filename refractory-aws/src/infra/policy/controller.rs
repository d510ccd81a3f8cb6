//! What Refractory itself does.
use super::spec::{Permission, PolicySpec, STORE_ACTIONS, STORE_TABLE};

pub(super) const POLICIES: &[PolicySpec] = &[
    PolicySpec { name: "controller-compute", rights: COMPUTE },
    PolicySpec { name: "controller-assets", rights: ASSETS },
    PolicySpec { name: "controller-state", rights: STATE },
];

const CLUSTER: (&str, &str, &str) = ("ArnEquals", "ecs:cluster", "arn:{p}:ecs:{r}:{a}:cluster/{d}");
const MINE_NEW: (&str, &str, &str) =
    ("StringEquals", "aws:RequestTag/refractory:deployment", "{d}");
const MINE: (&str, &str, &str) = ("StringEquals", "aws:ResourceTag/refractory:deployment", "{d}");

const COMPUTE: &[Permission] = &[
    Permission {
        actions: &["ecs:RegisterTaskDefinition"],
        on: &["*"],
        when: &[MINE_NEW],
        why: "each table and release has a task definition, tagged as it is made",
    },
    Permission {
        actions: &[
            "ecs:DeregisterTaskDefinition",
            "ecs:DescribeTaskDefinition",
            "ecs:ListTaskDefinitions",
        ],
        on: &["*"],
        when: &[],
        why: "finding and retiring them; AWS does not let these be narrowed",
    },
    Permission {
        actions: &["ecs:DeleteTaskDefinitions"],
        on: &["arn:{p}:ecs:{r}:{a}:task-definition/{d}-*:*"],
        when: &[],
        why: "a deleted table leaves none",
    },
    Permission {
        actions: &["ecs:RunTask"],
        on: &["arn:{p}:ecs:{r}:{a}:task-definition/{d}-*:*"],
        when: &[CLUSTER],
        why: "starting a table, and the one-shot tasks that copy and remove its data",
    },
    Permission {
        actions: &["ecs:DescribeTasks", "ecs:StopTask"],
        on: &["arn:{p}:ecs:{r}:{a}:task/{d}/*"],
        when: &[CLUSTER],
        why: "looking at tables, and stopping them",
    },
    Permission {
        actions: &["ecs:ListTasks"],
        on: &["*"],
        when: &[CLUSTER],
        why: "finding orphaned launches",
    },
    Permission {
        actions: &["ecs:TagResource"],
        on: &["arn:{p}:ecs:{r}:{a}:task/{d}/*", "arn:{p}:ecs:{r}:{a}:task-definition/{d}-*:*"],
        when: &[],
        why: "everything is tagged as it is made",
    },
    Permission {
        actions: &["iam:PassRole"],
        on: &["arn:{p}:iam::{a}:role/{d}-ExecutionRole-*", "arn:{p}:iam::{a}:role/{d}-TaskRole-*"],
        when: &[("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")],
        why: "a task is given its two roles, and can be given no others",
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
    Permission {
        actions: &["logs:DeleteLogStream"],
        on: &[
            "arn:{p}:logs:{r}:{a}:log-group:/refractory/{d}",
            "arn:{p}:logs:{r}:{a}:log-group:/refractory/{d}:*",
        ],
        when: &[],
        why: "a table that is deleted leaves no log",
    },
    Permission {
        actions: &["elasticfilesystem:CreateAccessPoint"],
        on: &["arn:{p}:elasticfilesystem:{r}:{a}:file-system/*"],
        when: &[MINE, MINE_NEW],
        why: "each table has an access point on the deployment's file system, tagged as it is made",
    },
    Permission {
        actions: &["elasticfilesystem:TagResource"],
        on: &["arn:{p}:elasticfilesystem:{r}:{a}:access-point/*"],
        when: &[MINE_NEW],
        why: "the same",
    },
    Permission {
        actions: &["elasticfilesystem:TagResource"],
        on: &["arn:{p}:elasticfilesystem:{r}:{a}:access-point/*"],
        when: &[MINE],
        why: "how far a removal has got, and how much a volume holds, is written on its access point",
    },
    Permission {
        actions: &["elasticfilesystem:DeleteAccessPoint"],
        on: &["arn:{p}:elasticfilesystem:{r}:{a}:access-point/*"],
        when: &[MINE],
        why: "a deleted table leaves none; others' are out of reach",
    },
    Permission {
        actions: &[
            "elasticfilesystem:DescribeAccessPoints",
            "elasticfilesystem:DescribeFileSystems",
        ],
        on: &[
            "arn:{p}:elasticfilesystem:{r}:{a}:access-point/*",
            "arn:{p}:elasticfilesystem:{r}:{a}:file-system/*",
        ],
        when: &[],
        why: "finding volumes, and what they hold",
    },
];

const ASSETS: &[Permission] = &[
    Permission {
        actions: &["s3:ListAllMyBuckets"],
        on: &["*"],
        when: &[],
        why: "finding orphaned upload buckets",
    },
    // Whose a bucket is can be asked of one that is there.
    Permission {
        actions: &["s3:CreateBucket"],
        on: &["arn:{p}:s3:::foundry-*"],
        when: &[],
        why: "each table has a bucket for its uploads",
    },
    Permission {
        actions: &[
            "s3:DeleteBucket",
            "s3:DeleteBucketPolicy",
            "s3:GetBucketTagging",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListBucketVersions",
            "s3:PutBucketCORS",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:TagResource",
        ],
        on: &["arn:{p}:s3:::foundry-*"],
        when: &[("StringEquals", "s3:ResourceAccount", "{a}")],
        why: "such a bucket is set up and removed; those of other accounts are out of reach",
    },
    Permission {
        actions: &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"],
        on: &["arn:{p}:s3:::foundry-*/*"],
        when: &[("StringEquals", "s3:ResourceAccount", "{a}")],
        why: "emptying such a bucket",
    },
    Permission {
        actions: &["iam:CreateUser", "iam:PutUserPolicy"],
        on: &["arn:{p}:iam::{a}:user/{d}-assets-*"],
        when: &[(
            "StringEquals",
            "iam:PermissionsBoundary",
            "arn:{p}:iam::{a}:policy/{d}-table-boundary",
        )],
        why: "each table has a user that reaches its bucket; the boundary keeps it from ever doing more",
    },
    Permission {
        actions: &[
            "iam:CreateAccessKey",
            "iam:DeleteAccessKey",
            "iam:DeleteUser",
            "iam:DeleteUserPolicy",
            "iam:GetUser",
            "iam:ListAccessKeys",
            "iam:TagUser",
            "iam:UntagUser",
        ],
        on: &["arn:{p}:iam::{a}:user/{d}-assets-*"],
        when: &[],
        why: "its key is made, rotated and removed, and so is it",
    },
    Permission {
        actions: &["iam:ListUsers"],
        on: &["*"],
        when: &[],
        why: "finding such users; AWS does not let this be narrowed",
    },
];

const STATE: &[Permission] = &[
    Permission {
        actions: STORE_ACTIONS,
        on: STORE_TABLE,
        when: &[],
        why: "everything is written down there",
    },
    Permission {
        actions: &[
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:RestoreSecret",
            "secretsmanager:TagResource",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        on: &["arn:{p}:secretsmanager:{r}:{a}:secret:{d}/*"],
        when: &[],
        why: "license keys, passwords, and what launches are told",
    },
    Permission {
        actions: &["secretsmanager:ListSecrets"],
        on: &["*"],
        when: &[],
        why: "finding secrets by name; their values need the row above too",
    },
    Permission {
        actions: &["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"],
        on: &["arn:{p}:s3:::{d}-{a}-{r}"],
        when: &[],
        why: "releases and snapshots are listed",
    },
    Permission {
        actions: &[
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:GetObject",
            "s3:PutObject",
        ],
        on: &["arn:{p}:s3:::{d}-{a}-{r}/*"],
        when: &[],
        why: "releases and snapshots are written, read back and removed",
    },
    Permission {
        actions: &["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"],
        on: &["arn:{p}:route53:::hostedzone/{z}"],
        when: &[],
        why: "a name for each table, where the configuration says so",
    },
    Permission {
        actions: &["route53:GetChange"],
        on: &["arn:{p}:route53:::change/*"],
        when: &[],
        why: "whether such a name is known everywhere",
    },
    Permission {
        actions: &[
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
        on: &["*"],
        when: &[],
        why: "finding rules and target groups; AWS does not let these be narrowed",
    },
    Permission {
        actions: &["elasticloadbalancing:CreateTargetGroup"],
        on: &["arn:{p}:elasticloadbalancing:{r}:{a}:targetgroup/*/*"],
        when: &[MINE_NEW],
        why: "a target group for each table, where the configuration says so",
    },
    Permission {
        actions: &[
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterTargets",
        ],
        on: &["arn:{p}:elasticloadbalancing:{r}:{a}:targetgroup/*/*"],
        when: &[MINE],
        why: "the same; others' are out of reach",
    },
    Permission {
        actions: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:ModifyRule",
        ],
        on: &[
            "arn:{p}:elasticloadbalancing:{r}:{a}:listener/app/{d}/*",
            "arn:{p}:elasticloadbalancing:{r}:{a}:listener-rule/app/{d}/*",
        ],
        when: &[],
        why: "a rule for each table, and one that closes pages, on this deployment's load balancer alone",
    },
    Permission {
        actions: &["elasticloadbalancing:AddTags"],
        on: &["arn:{p}:elasticloadbalancing:{r}:{a}:targetgroup/*/*"],
        when: &[MINE_NEW],
        why: "everything is tagged as it is made",
    },
    Permission {
        actions: &["cloudformation:DescribeStacks"],
        on: &["arn:{p}:cloudformation:{r}:{a}:stack/{d}/*"],
        when: &[],
        why: "what the deployment stands on is read from its stack",
    },
];
