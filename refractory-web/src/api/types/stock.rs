//! Licenses and releases.
use refractory_core::model::{self, Edit};
use refractory_core::{LicenseView, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A license. Its key is never shown whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct License {
    /// Names the license for ever.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The first and the last group of the key.
    pub key: String,
    /// Who accepted the license agreement for it.
    pub accepted_by: Option<String>,
    /// When the license agreement was accepted.
    #[schema(format = DateTime)]
    pub accepted_at: Option<String>,
    /// The title of the instance that holds it.
    pub holder: Option<String>,
    /// The id of the instance that holds it.
    pub holder_id: Option<String>,
    /// When it was added.
    #[schema(format = DateTime)]
    pub added: String,
    /// Counts writes; the number in its `ETag`.
    pub revision: u64,
}

impl From<&LicenseView> for License {
    fn from(view: &LicenseView) -> Self {
        let LicenseView { license, holder } = view;
        let eula = license.acceptance();
        Self {
            id: license.id.to_string(),
            name: license.name.clone(),
            key: license.masked.clone(),
            accepted_by: eula.map(|eula| eula.name.clone()),
            accepted_at: eula.map(|eula| eula.at.to_string()),
            holder: holder.as_ref().map(|(_, title)| title.clone()),
            holder_id: holder.as_ref().map(|(id, _)| id.to_string()),
            added: license.added.to_string(),
            revision: license.revision,
        }
    }
}

/// A license to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewLicense {
    /// What it is to be called.
    #[schema(min_length = 1, max_length = 60, format = "label")]
    pub name: String,
    /// The key: 24 letters and digits in six groups.
    #[schema(value_type = String, min_length = 24, format = "license-key", example = "ABCD-EFGH-IJKL-MNOP-QRST-1239")]
    pub key: Secret,
}

/// A change to a license. What it leaves out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct LicensePatch {
    /// Another name.
    #[schema(value_type = String, min_length = 1, max_length = 60, format = "label")]
    #[serde(default)]
    pub name: Edit<String>,
}

/// That someone accepts the license agreement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct EulaAcceptance {
    /// `true`: the user whose request this is has read the agreement and accepts it.
    #[schema(value_type = bool)]
    pub accept: bool,
}

/// What runs a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseProgram {
    /// Node.js.
    Node,
    /// The demo's stand-in for Foundry.
    Demo,
}

/// A stored release of Foundry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Release {
    /// The SHA-256 of the archive, in hexadecimal digits.
    pub id: String,
    /// Generation and build.
    #[schema(example = "13.351")]
    pub version: String,
    /// What runs it.
    pub program: ReleaseProgram,
    /// The least major version of Node.js that it names.
    pub node_major: Option<u16>,
    /// The size of the archive in bytes.
    pub size: u64,
    /// When it was added.
    #[schema(format = DateTime)]
    pub added: String,
}

impl From<&model::Release> for Release {
    fn from(release: &model::Release) -> Self {
        Self {
            id: release.id.to_string(),
            version: release.version.to_string(),
            program: match release.program {
                model::Program::Node => ReleaseProgram::Node,
                model::Program::Demo => ReleaseProgram::Demo,
            },
            node_major: release.node_major,
            size: release.size,
            added: release.added.to_string(),
        }
    }
}

/// A release to download.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct FetchRelease {
    /// The timed URL from a Foundry account.
    #[schema(value_type = String, format = "uri", max_length = 8192)]
    pub url: Secret,
}
