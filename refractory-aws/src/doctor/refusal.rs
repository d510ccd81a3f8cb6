//! Checks that could not be made.
use std::error::Error as StdError;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ErrorKind;
use refractory_core::finding::Finding;

use crate::error::aws_error;

/// What to say where a check was refused, or not answered. `action` is what IAM calls the call.
pub(super) fn check_failed<E, R>(
    about: &'static str,
    action: &str,
    error: SdkError<E, R>,
) -> Finding
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    let error = aws_error("looking at the account", error);
    if error.kind() == ErrorKind::Forbidden {
        return Finding::note(
            about,
            format!("This could not be looked at: `{action}` is not allowed."),
            format!("Allow `{action}` for these credentials, or use others: set AWS_PROFILE."),
        );
    }
    let code = error.to_string();
    Finding::note(
        about,
        format!("This could not be looked at, because AWS did not answer `{action}`: {code}."),
        "Ask again in a minute; if it lasts, see health.aws.amazon.com.",
    )
}
