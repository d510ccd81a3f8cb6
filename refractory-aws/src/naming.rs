//! Names and tags: how everything of a deployment is found again.
use refractory_core::digest::sha256_hex;
use refractory_core::{InstanceId, LaunchId, ReleaseId, SecretName};

/// The tag that everything of a deployment carries, with the deployment as its value.
pub(crate) const TAG_DEPLOYMENT: &str = "refractory:deployment";
/// The tag that names the instance something belongs to.
pub(crate) const TAG_INSTANCE: &str = "refractory:instance";
/// The tag that names the launch a task is.
pub(crate) const TAG_KEY: &str = "refractory:key";
/// The tag with a digest of what a task, or a task definition, was made from.
pub(crate) const TAG_DIGEST: &str = "refractory:digest";
/// The tag that counts the attempts at one launch.
pub(crate) const TAG_ATTEMPT: &str = "refractory:attempt";
/// The tag with the path that a table is served under, where it has no own name.
pub(crate) const TAG_PREFIX: &str = "refractory:prefix";
/// The tag that says what a one-shot task does.
pub(crate) const TAG_JOB: &str = "refractory:errand";
/// The tag that says how far the removal of a volume has got.
pub(crate) const TAG_STAGE: &str = "refractory:stage";
/// The tag that says how many bytes a volume held when it was last measured.
pub(crate) const TAG_BYTES: &str = "refractory:bytes";
/// The tag that names the person a bucket belongs to.
pub(crate) const TAG_OWNER: &str = "refractory:owner";

/// The partition of AWS that `region` lies in: what each ARN begins with.
pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

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
    pub fn client_token(&self, key: &LaunchId) -> String {
        sha256_hex(&[self.deployment.as_bytes(), b"/", key.to_string().as_bytes()])
    }

    /// The client token of one attempt at a launch. Attempts differ, so that the next is not answered with the last; an
    /// attempt that is repeated is the same attempt.
    pub fn attempt_token(&self, key: &LaunchId, attempt: u32) -> String {
        if attempt == 0 {
            return self.client_token(key);
        }
        let attempt = attempt.to_string();
        sha256_hex(&[self.client_token(key).as_bytes(), b"/", attempt.as_bytes()])
    }

    /// What a launch's tasks are started by: letters, digits, hyphens and slashes, as ECS takes it.
    pub fn started_by(&self, key: &LaunchId) -> String {
        format!("{}/{}/{}", self.deployment, label(&key.instance), key.attempt)
    }

    /// The version of the launch secret that a launch reads.
    pub fn launch_version(&self, key: &LaunchId) -> String {
        sha256_hex(&[self.deployment.as_bytes(), b"/told/", key.to_string().as_bytes()])
    }

    /// Where a release archive lies in the bucket.
    pub fn release_object(&self, id: &ReleaseId) -> String {
        format!("releases/{id}")
    }

    /// What the streams of an instance's log begin with.
    pub fn log_prefix(&self, of: &InstanceId) -> String {
        label(of)
    }

    /// What the streams of the one-shot tasks on an instance's volume begin with. They are no part of its log, and go with it.
    pub fn job_log_prefix(&self, of: &InstanceId) -> String {
        format!("{}_errand", label(of))
    }

    /// The secret of the vault called `name`.
    pub fn secret(&self, name: &SecretName) -> String {
        format!("{}{name}", self.secrets())
    }

    /// What the names of all secrets of the vault begin with.
    pub fn secrets(&self) -> String {
        format!("{}/vault/", self.deployment)
    }

    /// The prefix of all secrets of launches and jobs.
    pub fn task_secrets(&self) -> String {
        format!("{}/table/", self.deployment)
    }

    /// The launch secret of an instance: its keys and the location of its release.
    pub fn launch_secret(&self, of: &InstanceId) -> String {
        format!("{}{of}", self.task_secrets())
    }

    /// The secret with the credentials for an instance's uploads.
    pub fn assets_secret(&self, of: &InstanceId) -> String {
        format!("{}/assets/{of}", self.deployment)
    }

    /// The IAM user that reaches an instance's uploads and nothing else.
    pub fn assets_user(&self, of: &InstanceId) -> String {
        format!("{}-assets-{}", self.deployment, label(of))
    }

    /// The client token with which the access point of an instance's volume is made: at most 64 characters.
    pub fn volume_token(&self, of: &InstanceId) -> String {
        sha256_hex(&[self.deployment.as_bytes(), b"/volume/", of.as_str().as_bytes()])
    }

    /// The family of the one-shot tasks that work on an instance's volume. No label holds an underscore, so that no
    /// instance's own family is called so.
    pub fn job_family(&self, of: &InstanceId) -> String {
        format!("{}_errand", self.family(of))
    }

    /// The secret with what a one-shot task on an instance's volume may write and read.
    pub fn job_secret(&self, of: &InstanceId) -> String {
        format!("{}/errand", self.launch_secret(of))
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
        let label = |raw: &str| label(&InstanceId::new(raw).unwrap());
        assert_eq!(label("abcdefghijk2"), "abcdefghijk2");
        let odd = ["a.b", "a_b", "-a", "a-", "x-a", &"a".repeat(64)].map(label);
        for name in &odd {
            assert!(name.len() <= 24 && name.starts_with("x-"), "{name}");
        }
        assert_eq!(odd.iter().collect::<std::collections::BTreeSet<_>>().len(), odd.len());
    }

    #[test]
    fn a_token_is_short_enough_for_ecs() {
        let key = LaunchId { instance: InstanceId::fresh(), attempt: 7 };
        let naming = Naming::new("refractory");
        assert_eq!(naming.client_token(&key).len(), 64);
        let tokens: Vec<_> = (0..3).map(|attempt| naming.attempt_token(&key, attempt)).collect();
        assert!(tokens.iter().all(|token| token.len() == 64));
        assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2]);
    }
}
