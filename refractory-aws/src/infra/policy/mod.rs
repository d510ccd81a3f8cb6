//! Who needs to be allowed what: one table for each, with why beside every action.
//!
//! The controller is Refractory itself, wherever it runs. Operators are people who deploy, destroy and look. A table's
//! program has a user of its own, that reaches its uploads and nothing else; the boundary is the most that such a user
//! can ever do, whatever the controller writes for it.
mod controller;
mod operator;
mod table;

use serde_json::{Map, Value, json};

use crate::naming::partition;

/// The most characters that AWS takes in a managed policy; blanks are not counted.
pub const LONGEST: usize = 6_144;

/// Whose policies they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Refractory itself.
    Controller,
    /// People who deploy, destroy and look.
    Operator,
    /// The user of a table's uploads.
    Table,
}

/// What a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    partition: String,
    region: String,
    account: String,
    deployment: String,
    zone: String,
}

impl Names {
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
    pub(super) fn table_boundary(&self) -> String {
        self.fill("arn:{p}:iam::{a}:policy/{d}-table-boundary")
    }

    /// The names as the template knows them: put in by CloudFormation.
    pub(super) fn of_template() -> Self {
        let pseudo = |name: &str| format!("${{{name}}}");
        Self {
            partition: pseudo("AWS::Partition"),
            region: pseudo("AWS::Region"),
            account: pseudo("AWS::AccountId"),
            deployment: pseudo("Deployment"),
            zone: pseudo("Zone"),
        }
    }

    fn fill(&self, pattern: &str) -> String {
        pattern
            .replace("{p}", &self.partition)
            .replace("{r}", &self.region)
            .replace("{a}", &self.account)
            .replace("{d}", &self.deployment)
            .replace("{z}", &self.zone)
    }
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it is called, after the deployment's name and a hyphen.
    pub name: &'static str,
    /// Its document.
    pub document: Value,
}

/// One row of a table: who may do this, to what, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The policy it is in.
    pub policy: &'static str,
    /// The action, as `ecs:RunTask`.
    pub action: &'static str,
    /// What it may be done to.
    pub on: Vec<String>,
    /// Why.
    pub why: &'static str,
}

/// The policies of `whose`, each small enough for a managed one.
pub fn policies(whose: Whose, names: &Names) -> Vec<Policy> {
    let sheets = whose.sheets();
    sheets
        .iter()
        .map(|sheet| Policy { name: sheet.name, document: sheet.document(names) })
        .collect()
}

/// Every row behind the policies of `whose`.
pub fn reasons(whose: Whose, names: &Names) -> Vec<Reason> {
    let rows = whose
        .sheets()
        .iter()
        .flat_map(|sheet| sheet.rights.iter().map(|right| (sheet.name, right)));
    let each = rows.flat_map(|(policy, right)| {
        let on: Vec<_> = right.on.iter().map(|pattern| names.fill(pattern)).collect();
        let why = right.why;
        right.actions.iter().map(move |action| Reason { policy, action, on: on.clone(), why })
    });
    each.collect()
}

/// The documents that the template holds, by the names it has for them.
pub(super) fn in_template(names: &Names) -> Vec<(&'static str, Value)> {
    let sheets = controller::SHEETS.iter().chain([&table::BOUNDARY]);
    sheets.map(|sheet| (sheet.name, sheet.document(names))).collect()
}

/// One managed policy in the making.
struct Sheet {
    name: &'static str,
    rights: &'static [Right],
}

/// What may be done, to what, when, and why. Patterns hold `{p}`, `{r}`, `{a}`, `{d}` and `{z}`: partition, region,
/// account, deployment and hosted zone.
struct Right {
    actions: &'static [&'static str],
    on: &'static [&'static str],
    /// Operator, key and value of a condition.
    when: &'static [(&'static str, &'static str, &'static str)],
    why: &'static str,
}

impl Whose {
    fn sheets(self) -> &'static [Sheet] {
        match self {
            Self::Controller => controller::SHEETS,
            Self::Operator => operator::SHEETS,
            Self::Table => table::SHEETS,
        }
    }
}

impl Sheet {
    fn document(&self, names: &Names) -> Value {
        let statements: Vec<_> = self.rights.iter().map(|right| right.statement(names)).collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

impl Right {
    fn statement(&self, names: &Names) -> Value {
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

#[cfg(test)]
mod tests;
