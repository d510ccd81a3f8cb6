//! How uploads are reached that nobody may read at the provider's own address.
use std::fmt;
use std::fmt::Debug;

use crate::{InstanceId, Result, async_trait};

/// Something that was asked of the uploads of an instance, as it came: Foundry's program speaks S3, whatever the
/// provider, and players ask for plain addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct AssetRequest {
    /// Whose uploads are meant.
    pub of: InstanceId,
    /// The [`handle`](super::AssetSpace::handle) of the place that they lie in.
    pub handle: String,
    /// Whether a launch of the instance is known: only its program has a key.
    pub launched: bool,
    /// The method.
    pub method: String,
    /// The path as it was sent, still encoded. What is meant is below the handle, its first segment.
    pub path: String,
    /// What stood behind the question mark, as it was sent; empty where there was none.
    pub query: String,
    /// Every header, its name in lower case; those of one name in the order they came.
    pub headers: Vec<(String, String)>,
    /// What an earlier answer to the same question was signed [`with`](SignedRequest::with), if the provider refused that.
    pub refused: Option<String>,
}

impl AssetRequest {
    /// The values of the header `name`, which is in lower case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether the program asks, or somebody who pretends to be it.
    pub fn is_signed(&self) -> bool {
        self.values("authorization").any(is_signature)
    }
}

/// Whether a header `Authorization` is a signature of S3's. Foundry's own pages know no such thing.
pub fn is_signature(authorization: &str) -> bool {
    let scheme = authorization.trim_start().split(' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("AWS")
        || scheme.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("AWS4-"))
}

/// What is to be done about a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessDecision {
    /// It is asked of the provider in this form; a body goes with it as it comes.
    Send(SignedRequest),
    /// It is answered at once.
    Refuse(AssetRefusal),
}

/// A question for the provider, signed by the door.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Every header, and no others. Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// Names what it was signed with, and is no secret.
    pub with: String,
    /// Who gets the answer.
    pub to: AssetReader,
}

/// Who gets an answer of the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetReader {
    /// A browser: it gets what an upload is, and nothing else that the provider tells.
    Browser,
    /// The program: it gets everything.
    Program,
}

/// Why a question goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRefusal {
    /// The status it is answered with.
    pub status: u16,
    /// Media type and body, where whoever asks reads the provider's language; for anybody else the front end finds words.
    pub told: Option<(&'static str, String)>,
}

// Headers hold signatures and sessions: neither belongs into a log.
impl Debug for AssetRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AssetRequest({}: {} {})", self.of, self.method, self.path)
    }
}

impl Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedRequest({} with {} for {:?})", self.method, self.with, self.to)
    }
}

/// Lets players and the program of an instance reach its uploads through the deployment. Where the provider serves
/// uploads itself, or there are none, [`NoAssetGateway`](crate::null::NoAssetGateway) does.
///
/// Whoever asks without a signature may read one upload whose name they know, and nothing else: nothing that they send
/// besides a range and conditions reaches the provider. Whoever signs must do so with the instance's own key, and may do
/// what the program needs. Either way the provider is asked with that instance's key, so that its own rules hold as well.
#[async_trait]
pub trait AssetGateway: Debug + Send + Sync + 'static {
    /// What is to be done about `ask`.
    ///
    /// It is on the way of every picture: an implementation remembers keys, and asks the provider for them now and then.
    /// *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such door, and the address is the program's. `Unavailable`, `Forbidden`: the key cannot be read.
    async fn admit(&self, ask: &AssetRequest) -> Result<AccessDecision>;
}
