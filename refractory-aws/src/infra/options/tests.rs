#![expect(clippy::unnecessary_wraps, reason = "choices are optional")]
use super::*;

fn told(
    choices: &DeployOptions,
    standing: &[(&str, &str)],
) -> Result<Vec<(String, Option<String>, bool)>> {
    let standing =
        standing.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let parameters = choices.parameters("club", &standing)?;
    let told = parameters.into_iter().map(|parameter| {
        let previous = parameter.use_previous_value.unwrap_or_default();
        (parameter.parameter_key.unwrap(), parameter.parameter_value, previous)
    });
    Ok(told.collect())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_first_deploy_says_what_was_chosen_and_leaves_the_rest_to_the_template() {
    let choices = DeployOptions {
        domain: text("Tables.Example.org."),
        zone: text("/hostedzone/Z1"),
        ..DeployOptions::default()
    };
    let said = told(&choices, &[]).unwrap();
    assert_eq!(
        said,
        [
            ("Deployment".to_owned(), text("club"), false),
            ("Domain".to_owned(), text("tables.example.org"), false),
            ("Zone".to_owned(), text("Z1"), false),
        ]
    );
}

#[test]
fn what_was_chosen_before_is_remembered_and_can_be_taken_back() {
    let choices = DeployOptions { image: text(""), ..DeployOptions::default() };
    let standing = [("Image", "portal:1"), ("Nat", "yes"), ("Gone", "from an older template")];
    let said = told(&choices, &standing).unwrap();
    assert!(said.contains(&("Image".to_owned(), text(""), false)), "{said:?}");
    assert!(said.contains(&("Nat".to_owned(), None, true)), "{said:?}");
    assert!(!said.iter().any(|(name, ..)| name == "Gone"), "{said:?}");
}

type Case = (DeployOptions, &'static [(&'static str, &'static str)], &'static str);

fn refused(cases: &[Case]) {
    for (choices, standing, part) in cases {
        let error = told(choices, standing).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.for_people().contains(part), "{part}: {}", error.for_people());
    }
}

#[test]
fn what_cannot_work_is_refused_with_what_to_do() {
    let bot = DeployOptions {
        image: text("i"),
        bot_image: text("bot"),
        bot_secret: text("other/bot"),
        ..DeployOptions::default()
    };
    refused(&[
        (DeployOptions { domain: text("a.example"), ..DeployOptions::default() }, &[], "--zone"),
        (DeployOptions { zone: text("Z1"), ..DeployOptions::default() }, &[], "--domain"),
        (DeployOptions { bot_image: text("bot"), ..DeployOptions::default() }, &[], "--image"),
        (bot, &[], "prefix"),
    ]);
}

#[test]
fn a_network_that_cannot_carry_a_deployment_is_refused() {
    let subnets = |all: &[&str]| Some(all.iter().map(|one| (*one).to_owned()).collect());
    let network = |public: &[&str], tasks: &[&str]| DeployOptions {
        vpc: text("vpc-1"),
        public_subnets: subnets(public),
        task_subnets: subnets(tasks),
        ..DeployOptions::default()
    };
    let moved = DeployOptions { vpc: text("vpc-2"), ..network(&["a", "b"], &[]) };
    refused(&[
        (DeployOptions { vpc: text("vpc-1"), ..DeployOptions::default() }, &[], "--public-subnets"),
        (
            DeployOptions { public_subnets: subnets(&["a", "b"]), ..DeployOptions::default() },
            &[],
            "--vpc",
        ),
        (network(&["a", "b"], &["c"]), &[], "--task-subnets"),
        // A third zone would have no way to the files.
        (network(&["a", "b", "c"], &[]), &[], "--public-subnets"),
        (network(&["a", "b"], &["c", "d", "e"]), &[], "--task-subnets"),
        (network(&["a", "b"], &[]), &[], "--cidr"),
        (moved, &[("Vpc", "vpc-1")], "cannot be changed"),
    ]);
}

#[test]
fn every_choice_is_a_parameter_of_the_template() {
    let full = DeployOptions {
        domain: text("a.example"),
        zone: text("Z1"),
        certificate: text("arn:aws:acm:x"),
        vpc: text("vpc-1"),
        public_subnets: Some(vec!["a".to_owned(), "b".to_owned()]),
        task_subnets: Some(vec!["c".to_owned(), "d".to_owned()]),
        cidr: text("10.0.0.0/16"),
        nat: Some(true),
        ipv6: Some(false),
        image: text("portal"),
        replicas: Some(2),
        bot_image: text("bot"),
        bot_secret: text("club/bot"),
        architecture: text("X86_64"),
        settings: text("[aws]\nspot = true\n"),
        log_days: Some(30),
    };
    let known: Vec<_> = template::parameters().collect();
    for name in full.chosen("club").keys() {
        assert!(known.contains(name), "{name}");
    }
    assert_eq!(told(&full, &[]).unwrap().len(), full.chosen("club").len());
}
