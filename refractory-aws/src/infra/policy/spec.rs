//! Policies in the making: permissions, and the names they are filled with.
use serde_json::{Map, Value, json};

use crate::naming::partition;

/// What a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyScope {
    pub(super) partition: String,
    region: String,
    account: String,
    deployment: String,
    zone: String,
}

impl PolicyScope {
    /// The names of `deployment` in an account and a region, with the hosted zone that it may write to.
    pub fn new(deployment: &str, region: &str, account: &str, zone: Option<&str>) -> Self {
        Self {
            partition: partition(region).to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            deployment: deployment.to_owned(),
            zone: zone.unwrap_or_default().to_owned(),
        }
    }

    /// The ARN of the boundary of tables' users.
    pub(in crate::infra) fn table_boundary(&self) -> String {
        self.fill("arn:{p}:iam::{a}:policy/{d}-table-boundary")
    }

    /// The names as the template knows them: put in by CloudFormation.
    pub(in crate::infra) fn of_template() -> Self {
        let pseudo = |name: &str| format!("${{{name}}}");
        Self {
            partition: pseudo("AWS::Partition"),
            region: pseudo("AWS::Region"),
            account: pseudo("AWS::AccountId"),
            deployment: pseudo("Deployment"),
            zone: pseudo("Zone"),
        }
    }

    pub(super) fn fill(&self, pattern: &str) -> String {
        pattern
            .replace("{p}", &self.partition)
            .replace("{r}", &self.region)
            .replace("{a}", &self.account)
            .replace("{d}", &self.deployment)
            .replace("{z}", &self.zone)
    }
}

/// What reading and writing the store takes, and on what.
pub(super) const STORE_ACTIONS: &[&str] = &[
    "dynamodb:BatchGetItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];
pub(super) const STORE_TABLE: &[&str] =
    &["arn:{p}:dynamodb:{r}:{a}:table/{d}", "arn:{p}:dynamodb:{r}:{a}:table/{d}/index/*"];

/// One managed policy in the making.
pub(super) struct PolicySpec {
    pub(super) name: &'static str,
    pub(super) rights: &'static [Permission],
}

/// What may be done, to what, when, and why. Patterns hold `{p}`, `{r}`, `{a}`, `{d}` and `{z}`: partition, region,
/// account, deployment and hosted zone.
pub(super) struct Permission {
    pub(super) actions: &'static [&'static str],
    pub(super) on: &'static [&'static str],
    /// Operator, key and value of a condition.
    pub(super) when: &'static [(&'static str, &'static str, &'static str)],
    pub(super) why: &'static str,
}

impl PolicySpec {
    pub(super) fn document(&self, names: &PolicyScope) -> Value {
        let statements: Vec<_> = self.rights.iter().map(|right| right.statement(names)).collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

impl Permission {
    fn statement(&self, names: &PolicyScope) -> Value {
        let on: Vec<_> = self.on.iter().map(|pattern| names.fill(pattern)).collect();
        let mut statement = json!({ "Effect": "Allow", "Action": one_or_all(self.actions), "Resource": one_or_all(&on) });
        if !self.when.is_empty() {
            let mut conditions: Map<String, Value> = Map::new();
            for (operator, key, value) in self.when {
                let block = conditions.entry((*operator).to_owned()).or_insert_with(|| json!({}));
                block[key] = json!(names.fill(value));
            }
            statement["Condition"] = Value::Object(conditions);
        }
        statement
    }
}

fn one_or_all<T: serde::Serialize>(all: &[T]) -> Value {
    match all {
        [one] => json!(one),
        all => json!(all),
    }
}
