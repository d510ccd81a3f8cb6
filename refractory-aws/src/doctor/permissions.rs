//! Checks that the portal and the caller have the permissions that Refractory needs.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use refractory_core::finding::Finding;
use serde_json::Value;

use super::account::{Caller, Principal};
use super::refusal::check_failed;
use super::stack::DescribedStack;
use crate::Clients;
use crate::infra::policy::{PolicyScope, PolicySubject, policies};

const ABOUT: &str = "AWS permissions";
/// Actions that one question may name.
const AT_ONCE: usize = 50;
/// More missing actions than this are not listed.
const LISTED: usize = 12;

/// Checks that the role of the portal, if there is one, and the caller are allowed what the controller's policies
/// allow.
pub(super) async fn check(
    clients: &Clients,
    deployment: &str,
    caller: &Caller,
    stack: Option<&DescribedStack>,
) -> Vec<Finding> {
    let zone = stack.and_then(|stack| stack.parameter("Zone"));
    let names = PolicyScope::new(deployment, &clients.region, &caller.account, zone);
    let documents =
        policies(PolicySubject::Controller, &names).into_iter().map(|policy| policy.document);
    let wanted = wanted(&documents.collect::<Vec<_>>());
    let portal = stack.and_then(|stack| stack.output("ControllerRole"));
    let mut findings = Vec::new();
    if let Some(role) = portal {
        match denied(clients, role, &wanted).await {
            Ok(denied) => findings.push(of_portal(&wanted, &denied)),
            // Without permission to ask about one there is none to ask about the other.
            Err(finding) => return vec![*finding],
        }
    }
    match principal(clients, caller).await {
        Ok(Some(arn)) if portal != Some(arn.as_str()) => match denied(clients, &arn, &wanted).await
        {
            Ok(denied) => findings.push(of_caller(&arn, portal.is_some(), &wanted, &denied)),
            Err(finding) => findings.push(*finding),
        },
        Ok(_) => {}
        Err(finding) => findings.push(*finding),
    }
    findings
}

/// The principal whose policies are simulated; none if there is nothing to ask.
async fn principal(clients: &Clients, caller: &Caller) -> Result<Option<String>, Box<Finding>> {
    match caller.principal() {
        Principal::Root => Ok(None),
        Principal::User(arn) => Ok(Some(arn)),
        Principal::Role(name) => match clients.iam.get_role().role_name(&name).send().await {
            Ok(answer) => Ok(answer.role.map(|role| role.arn)),
            Err(error) => Err(Box::new(check_failed(ABOUT, "iam:GetRole", error))),
        },
        Principal::Other => Err(Box::new(Finding::note(
            ABOUT,
            format!(
                "{} is neither a user nor a role, so that IAM cannot be asked what it may do.",
                caller.arn
            ),
            "Ask as the user or the role that Refractory runs as.",
        ))),
    }
}

/// What a request is about: a resource, and what it has to say for a condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct SimulatedRequest {
    on: String,
    context: Vec<(String, Vec<String>)>,
}

/// Actions by what they are wanted on.
type Wanted = BTreeMap<SimulatedRequest, BTreeSet<String>>;

/// What policies allow, as requests that would make use of it.
fn wanted(policies: &[Value]) -> Wanted {
    let mut all = Wanted::new();
    let statements = policies.iter().flat_map(|policy| list(&policy["Statement"]));
    for statement in statements.filter(|statement| statement["Effect"] == "Allow") {
        let context = context(&statement["Condition"]);
        let on = texts(&statement["Resource"]).into_iter().next().unwrap_or_else(|| "*".to_owned());
        // The simulator takes whole names of actions only.
        let whole = texts(&statement["Action"]).into_iter().filter(|action| !action.contains('*'));
        all.entry(SimulatedRequest { on, context }).or_default().extend(whole);
    }
    all.retain(|_, actions| !actions.is_empty());
    all
}

/// What a request has to say so that `condition` is met.
fn context(condition: &Value) -> Vec<(String, Vec<String>)> {
    let tests = condition.as_object().into_iter().flat_map(|tests| tests.values());
    let keys = tests.filter_map(Value::as_object).flatten();
    keys.map(|(key, value)| (key.clone(), texts(value))).collect()
}

/// What may stand alone or in a list.
fn list(value: &Value) -> Vec<&Value> {
    match value.as_array() {
        Some(all) => all.iter().collect(),
        None if value.is_null() => Vec::new(),
        None => vec![value],
    }
}

fn texts(value: &Value) -> Vec<String> {
    list(value).into_iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

async fn denied(
    clients: &Clients,
    arn: &str,
    wanted: &Wanted,
) -> Result<BTreeSet<String>, Box<Finding>> {
    let mut denied = BTreeSet::new();
    for (scene, actions) in wanted {
        let actions: Vec<_> = actions.iter().cloned().collect();
        for some in actions.chunks(AT_ONCE) {
            let asked = clients.iam.simulate_principal_policy().policy_source_arn(arn);
            let asked = asked.set_action_names(Some(some.to_vec()));
            let asked = asked.set_context_entries(Some(scene.context.iter().map(entry).collect()));
            let asked = if scene.on == "*" { asked } else { asked.resource_arns(&scene.on) };
            let answer = asked.send().await;
            let answer = answer.map_err(|error| {
                Box::new(check_failed(ABOUT, "iam:SimulatePrincipalPolicy", error))
            })?;
            let results = answer.evaluation_results.unwrap_or_default().into_iter();
            denied.extend(results.filter_map(|result| {
                // Where a condition asks for something that the question does not say, nothing is known.
                let unsure = result.missing_context_values.is_some_and(|all| !all.is_empty());
                let allowed = result.eval_decision == PolicyEvaluationDecisionType::Allowed;
                (!allowed && !unsure).then_some(result.eval_action_name)
            }));
        }
    }
    Ok(denied)
}

fn entry((key, values): &(String, Vec<String>)) -> ContextEntry {
    let kind =
        if values.len() > 1 { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
    let entry = ContextEntry::builder().context_key_name(key).context_key_type(kind);
    entry.set_context_key_values(Some(values.clone())).build()
}

fn of_portal(wanted: &Wanted, denied: &BTreeSet<String>) -> Finding {
    if denied.is_empty() {
        return Finding::fine(
            ABOUT,
            format!("The portal has all {} that it needs.", count(wanted)),
        );
    }
    Finding::problem(
        ABOUT,
        format!("The portal may not do what it does: {}.", listed(denied)),
        "`refractory infra deploy` restores the permissions of its role, unless a boundary or your organization forbids it.",
    )
}

fn of_caller(arn: &str, portal: bool, wanted: &Wanted, denied: &BTreeSet<String>) -> Finding {
    if denied.is_empty() {
        return Finding::fine(
            ABOUT,
            format!("You have all {} that Refractory needs.", count(wanted)),
        );
    }
    let said = format!("{arn} may not do all that Refractory does: {}.", listed(denied));
    if portal {
        let remedy = "The portal may, so tables run. Verbs at this prompt need the same: `refractory infra policy controller` prints it.";
        return Finding::note(ABOUT, said, remedy);
    }
    let remedy =
        "`refractory infra policy controller` prints the permissions that Refractory needs.";
    Finding::problem(ABOUT, said, remedy)
}

fn count(wanted: &Wanted) -> usize {
    wanted.values().flatten().collect::<BTreeSet<_>>().len()
}

fn listed(denied: &BTreeSet<String>) -> String {
    let mut listed: Vec<_> =
        denied.iter().take(LISTED).map(|action| format!("`{action}`")).collect();
    if denied.len() > LISTED {
        listed.push(format!("{} more", denied.len() - LISTED));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wanted_is_read_from_policies() {
        let tagged = json!({ "StringEquals": { "aws:ResourceTag/refractory:deployment": "club" } });
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["ecs:RunTask", "ecs:StopTask"], "Resource": ["arn:a", "arn:b"] },
            { "Effect": "Allow", "Action": "ecs:RunTask", "Resource": "arn:a", "Condition": tagged },
            { "Effect": "Allow", "Action": ["s3:*", "sts:GetCallerIdentity"], "Resource": "*" },
            { "Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*" },
        ]});
        let told =
            wanted(&[policy, json!({ "Statement": { "Effect": "Allow", "Action": "x:Y" } })]);
        let rows: Vec<_> = told
            .iter()
            .map(|(scene, what)| {
                (
                    scene.on.as_str(),
                    scene.context.len(),
                    what.iter().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("*", 0, vec!["sts:GetCallerIdentity", "x:Y"]),
                ("arn:a", 0, vec!["ecs:RunTask", "ecs:StopTask"]),
                ("arn:a", 1, vec!["ecs:RunTask"]),
            ]
        );
        let (scene, _) = told.last_key_value().unwrap();
        assert_eq!(scene.context[0].1, ["club"]);
    }

    #[test]
    fn what_is_missing_is_named_and_a_long_list_cut() {
        let denied: BTreeSet<_> = (10..40).map(|n| format!("s3:Verb{n}")).collect();
        let wanted = Wanted::from([(SimulatedRequest::default(), denied.clone())]);
        let finding = of_portal(&wanted, &denied);
        assert_eq!(finding.state, State::Problem);
        assert!(
            finding.sentence.contains("`s3:Verb10`") && finding.sentence.ends_with("18 more."),
            "{finding:?}"
        );
        assert_eq!(of_portal(&wanted, &BTreeSet::new()).state, State::Fine);
        assert_eq!(of_caller("arn:x", true, &wanted, &denied).state, State::Note, "the portal may");
        assert_eq!(of_caller("arn:x", false, &wanted, &denied).state, State::Problem);
    }
}
