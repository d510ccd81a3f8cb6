//! Checks the configured image, as far as its name shows what it is.
use refractory_core::finding::Finding;

use crate::AwsConfig;
use crate::config::Architecture;

const ABOUT: &str = "AWS image";

/// What the configuration says of the image.
pub(super) fn judge(config: &AwsConfig) -> Vec<Finding> {
    let image = config.image.trim();
    let (name, tag) = parts(image);
    let mut findings = Vec::new();
    if image.is_empty()
        || image.contains(char::is_whitespace)
        || name.chars().any(char::is_uppercase)
    {
        findings.push(Finding::problem(
            ABOUT,
            format!("`{image}` is not the name of an image."),
            "Set `image` in `[aws]`, as \"felddy/foundryvtt:{version}\".",
        ));
        return findings;
    }
    if !image.contains("{version}") && !image.contains("{generation}") && !image.contains('@') {
        let which = if tag.is_none_or(|tag| tag == "latest") {
            "whatever is the newest"
        } else {
            "one version"
        };
        findings.push(Finding::note(
            ABOUT,
            format!("`{image}` is {which} for every release: a table would not run the release it was made for."),
            "Put `{version}` or `{generation}` into `image` in `[aws]`.",
        ));
    }
    if says_other(image, config.architecture) {
        findings.push(Finding::problem(
            ABOUT,
            format!(
                "`{image}` names other processors than `architecture` in `[aws]`, {}.",
                word(config.architecture)
            ),
            "Make the two agree; an image for the wrong processors ends with `exec format error`.",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::fine(
            ABOUT,
            format!("{image}, on {}.{}", word(config.architecture), hub(name)),
        ));
    }
    findings
}

/// Name and tag, without the digest.
fn parts(image: &str) -> (&str, Option<&str>) {
    let name = image.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    }
}

fn word(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "arm64",
        Architecture::X86 => "x86-64",
    }
}

fn says_other(image: &str, architecture: Architecture) -> bool {
    let image = image.to_lowercase();
    let others: &[&str] = match architecture {
        Architecture::Arm64 => &["amd64", "x86_64", "x86-64"],
        Architecture::X86 => &["arm64", "aarch64"],
    };
    others.iter().any(|other| image.contains(other))
}

/// A registry has a dot, a colon, or is `localhost`; without one it is Docker Hub's.
fn hub(name: &str) -> &'static str {
    let first = name.split_once('/').map_or("", |(first, _)| first);
    let is_hub = !first.contains('.') && !first.contains(':') && first != "localhost";
    if is_hub || first == "docker.io" {
        " It comes from Docker Hub, which limits how often an address may pull: with many tables, keep a copy in ECR."
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    fn told(image: &str, architecture: Architecture) -> (State, String) {
        let config = AwsConfig { image: image.to_owned(), architecture, ..AwsConfig::default() };
        let worst = judge(&config).into_iter().max_by_key(|finding| finding.state).unwrap();
        (worst.state, worst.sentence)
    }

    #[test]
    fn names_of_images_are_looked_at() {
        use Architecture::{Arm64, X86};
        let rows = [
            ("felddy/foundryvtt:{version}", Arm64, State::Fine),
            (
                "111122223333.dkr.ecr.eu-central-1.amazonaws.com/foundry:{generation}",
                X86,
                State::Fine,
            ),
            ("felddy/foundryvtt@sha256:00", Arm64, State::Fine),
            ("felddy/foundryvtt", Arm64, State::Note),
            ("felddy/foundryvtt:latest", Arm64, State::Note),
            ("felddy/foundryvtt:13", Arm64, State::Note),
            ("club/foundry:{version}-amd64", Arm64, State::Problem),
            ("club/foundry:{version}-arm64", X86, State::Problem),
            ("", Arm64, State::Problem),
            ("Felddy/Foundry:{version}", Arm64, State::Problem),
            ("two words:{version}", Arm64, State::Problem),
        ];
        for (image, architecture, state) in rows {
            assert_eq!(told(image, architecture).0, state, "{image}");
        }
    }

    #[test]
    fn only_docker_hub_is_said_to_limit_pulls() {
        assert!(told("felddy/foundryvtt:{version}", Architecture::Arm64).1.contains("Docker Hub"));
        assert!(
            !told("ghcr.io/felddy/foundryvtt:{version}", Architecture::Arm64)
                .1
                .contains("Docker Hub")
        );
    }
}
