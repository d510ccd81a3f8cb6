//! Names and tags: how everything of a deployment is found again.
use refractory_core::digest::sha256_hex;
use refractory_core::{InstanceId, Key, SecretName};

/// The tag that everything of a deployment carries, with the deployment as its value.
pub(crate) const TAG_DEPLOYMENT: &str = "refractory:deployment";
/// The tag that names the instance something belongs to.
pub(crate) const TAG_INSTANCE: &str = "refractory:instance";
/// The tag that names the launch a task is.
pub(crate) const TAG_KEY: &str = "refractory:key";
/// The tag that names the person a bucket belongs to.
pub(crate) const TAG_OWNER: &str = "refractory:owner";

/// Names of one deployment. Each is known before the first call, from what is named alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    deployment: String,
}

impl Naming {
    /// The names of `deployment`.
    pub fn new(deployment: &str) -> Self {
        Self { deployment: deployment.to_owned() }
    }

    /// The deployment; also the name of its stack.
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// The family of an instance's task definitions.
    pub fn family(&self, of: &InstanceId) -> String {
        format!("{}-{}", self.deployment, label(of))
    }

    /// The client token of a launch: at most 64 characters, as ECS takes it.
    pub fn client_token(&self, key: &Key) -> String {
        sha256_hex(&[self.deployment.as_bytes(), b"/", key.to_string().as_bytes()])
    }

    /// The secret of the vault called `name`.
    pub fn secret(&self, name: &SecretName) -> String {
        format!("{}/vault/{name}", self.deployment)
    }

    /// The secret with what a launch of an instance is told: its keys and where its release lies.
    pub fn launch_secret(&self, of: &InstanceId) -> String {
        format!("{}/table/{of}", self.deployment)
    }

    /// The secret with the credentials for an instance's uploads.
    pub fn assets_secret(&self, of: &InstanceId) -> String {
        format!("{}/assets/{of}", self.deployment)
    }

    /// The IAM user that reaches an instance's uploads and nothing else.
    pub fn assets_user(&self, of: &InstanceId) -> String {
        format!("{}-assets-{}", self.deployment, label(of))
    }

    /// Where on the file system an instance's data lies.
    pub fn volume_path(&self, of: &InstanceId) -> String {
        format!("/{}/{}", self.deployment, label(of))
    }
}

/// An instance's id, where only letters, digits and hyphens are allowed: itself, or a digest of it.
pub(crate) fn label(id: &InstanceId) -> String {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let text = id.as_str();
    let fits = text.len() <= 24
        && text.chars().all(legal)
        && !text.starts_with("x-")
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits { text.to_owned() } else { format!("x-{}", &sha256_hex(&[text.as_bytes()])[..20]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_legal_and_differ() {
        let label = |raw: &str| super::label(&InstanceId::new(raw).unwrap());
        assert_eq!(label("abcdefghijk2"), "abcdefghijk2");
        let odd = ["a.b", "a_b", "-a", "a-", "x-a", &"a".repeat(64)].map(label);
        for name in &odd {
            assert!(name.len() <= 24 && name.starts_with("x-"), "{name}");
        }
        assert_eq!(odd.iter().collect::<std::collections::BTreeSet<_>>().len(), odd.len());
    }

    #[test]
    fn a_token_is_short_enough_for_ecs() {
        let key = Key { instance: InstanceId::fresh(), epoch: 7 };
        assert_eq!(Naming::new("refractory").client_token(&key).len(), 64);
    }
}
