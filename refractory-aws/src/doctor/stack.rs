//! The stack: whether it is there, and how it is.
use std::collections::BTreeMap;

use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use refractory_core::finding::Finding;

use super::refusal::check_failed;
use crate::{Clients, StackOutputs};

const ABOUT: &str = "AWS stack";

/// A stack as CloudFormation describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DescribedStack {
    pub(super) status: String,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) outputs: BTreeMap<String, String>,
}

impl DescribedStack {
    /// A parameter that is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An output that is not empty.
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The stack called `name`, where it is there to be seen.
pub(super) async fn describe(
    clients: &Clients,
    name: &str,
) -> (Vec<Finding>, Option<DescribedStack>) {
    let asked = clients.cloudformation.describe_stacks().stack_name(name).send().await;
    let told = match asked {
        Ok(answer) => answer.stacks.unwrap_or_default().into_iter().next(),
        Err(error) if error.code() == Some("ValidationError") => None,
        Err(error) => {
            return (vec![check_failed(ABOUT, "cloudformation:DescribeStacks", error)], None);
        }
    };
    let Some(told) = told else { return (vec![absent(name, &clients.region)], None) };
    let parameters = told.parameters.unwrap_or_default().into_iter();
    let outputs = told.outputs.unwrap_or_default().into_iter();
    let stack = DescribedStack {
        status: told.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        parameters: parameters
            .filter_map(|pair| Some((pair.parameter_key?, pair.parameter_value?)))
            .collect(),
        outputs: outputs.filter_map(|pair| Some((pair.output_key?, pair.output_value?))).collect(),
    };
    let finding = judge(name, &stack);
    (vec![finding], Some(stack))
}

fn absent(name: &str, region: &str) -> Finding {
    Finding::problem(
        ABOUT,
        format!("There is no stack `{name}` in {region}: nothing to run tables on yet."),
        "`refractory infra deploy` makes it; if it is elsewhere, set `region` or `deployment` in `[aws]`.",
    )
}

fn judge(name: &str, stack: &DescribedStack) -> Finding {
    let status = stack.status.as_str();
    let said = format!("`{name}` is {status}.");
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
            match StackOutputs::from_map(&stack.outputs) {
                Ok(_) => Finding::fine(ABOUT, said),
                Err(error) => Finding::failed(ABOUT, error.for_people()),
            }
        }
        "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => Finding::note(
            ABOUT,
            format!("{said} Its last change failed and was taken back."),
            "`refractory infra status` says why; then `refractory infra deploy`.",
        ),
        _ if status.ends_with("_IN_PROGRESS") => Finding::note(
            ABOUT,
            format!("{said} It is being changed at this moment."),
            "Wait, and ask again; `refractory infra status` tells how far it is.",
        ),
        _ => Finding::problem(
            ABOUT,
            format!("{said} That is no state to run tables on."),
            "`refractory infra status` says what went wrong, and `refractory infra deploy` mends what can be mended.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    fn whole() -> DescribedStack {
        let names = [
            "Cluster",
            "Subnets",
            "TaskSecurityGroup",
            "FileSystem",
            "ExecutionRole",
            "TaskRole",
            "LogGroup",
            "Table",
            "Bucket",
            "Vpc",
            "Listener",
            "LoadBalancerName",
            "LoadBalancerZone",
            "PublicIp",
        ];
        let outputs = names.map(|name| (name.to_owned(), "x".to_owned())).into();
        DescribedStack {
            status: "CREATE_COMPLETE".to_owned(),
            outputs,
            ..DescribedStack::default()
        }
    }

    #[test]
    fn every_state_is_told_with_what_to_do() {
        let rows = [
            ("CREATE_COMPLETE", State::Fine),
            ("UPDATE_COMPLETE", State::Fine),
            ("UPDATE_ROLLBACK_COMPLETE", State::Note),
            ("UPDATE_IN_PROGRESS", State::Note),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", State::Note),
            ("ROLLBACK_COMPLETE", State::Problem),
            ("DELETE_FAILED", State::Problem),
            ("SOMETHING_NEW", State::Problem),
        ];
        for (status, state) in rows {
            let finding = judge("club", &DescribedStack { status: status.to_owned(), ..whole() });
            assert_eq!(finding.state, state, "{status}");
            assert!(finding.sentence.contains(status), "{finding:?}");
            assert_eq!(finding.remedy.is_none(), state == State::Fine, "{status}");
        }
    }

    #[test]
    fn a_stack_of_another_version_is_a_problem() {
        let mut stack = whole();
        stack.outputs.remove("Bucket");
        let finding = judge("club", &stack);
        assert_eq!(finding.state, State::Problem);
        assert!(finding.sentence.contains("`Bucket`"), "{finding:?}");
    }
}
