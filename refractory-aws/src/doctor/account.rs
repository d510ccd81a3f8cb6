//! The identity of the caller, and its account.
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use refractory_core::finding::Finding;

use super::refusal::check_failed;
use crate::Clients;

const ABOUT: &str = "AWS account";
/// What STS says of credentials that are good no longer, or never were.
const EXPIRED: &[&str] =
    &["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"];

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) arn: String,
    pub(super) account: String,
}

/// What IAM knows of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principal {
    /// May do everything, whatever policies say.
    Root,
    /// A user, by its ARN.
    User(String),
    /// An assumed role, by its name: the ARN of the session does not contain the role's path.
    Role(String),
    /// Neither, as a federated user.
    Other,
}

impl Caller {
    pub(super) fn principal(&self) -> Principal {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split_once('/') {
            None if resource == "root" => Principal::Root,
            Some(("user", _)) => Principal::User(self.arn.clone()),
            Some(("assumed-role", rest)) => {
                Principal::Role(rest.split('/').next().unwrap_or_default().to_owned())
            }
            _ => Principal::Other,
        }
    }
}

/// Returns the caller as AWS identifies it.
pub(super) async fn identify(clients: &Clients) -> (Finding, Option<Caller>) {
    let told = match clients.sts.get_caller_identity().send().await {
        Ok(told) => told,
        Err(error) => return (unidentified(error, clients), None),
    };
    let (arn, account) = (told.arn.unwrap_or_default(), told.account.unwrap_or_default());
    let caller = Caller { arn, account };
    let said = format!("{} in account {}, {}.", caller.arn, caller.account, clients.region);
    let finding = match caller.principal() {
        Principal::Root => Finding::note(
            ABOUT,
            said,
            "The root user has all permissions, and they can't be limited. Create a user or a role with `refractory infra policy`, and use that.",
        ),
        Principal::User(_) | Principal::Role(_) | Principal::Other => Finding::fine(ABOUT, said),
    };
    (finding, Some(caller))
}

/// This call needs no permission: without an answer there are no valid credentials, or no connection.
fn unidentified(error: SdkError<GetCallerIdentityError>, clients: &Clients) -> Finding {
    let code = error.code().unwrap_or_default();
    if EXPIRED.contains(&code) {
        return Finding::problem(
            ABOUT,
            format!("AWS no longer accepts the current credentials: {code}."),
            "Sign in again, for example with `aws sso login`, or choose others with AWS_PROFILE or `profile` in `[aws]`.",
        );
    }
    let unsent = matches!(&error, SdkError::DispatchFailure(failure) if failure.is_user() || failure.is_other());
    if unsent {
        return Finding::problem(
            ABOUT,
            "There are no credentials for AWS.",
            "Sign in, for example with `aws sso login`, or set a profile with AWS_PROFILE or `profile` in `[aws]`.",
        );
    }
    if matches!(&error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_)) {
        return Finding::problem(
            ABOUT,
            format!("AWS cannot be reached in {}.", clients.region),
            "Check the connection of this machine, and whether `region` in `[aws]` is spelt right.",
        );
    }
    check_failed(ABOUT, "sts:GetCallerIdentity", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_known_by_the_arn() {
        let rows = [
            ("arn:aws:iam::111122223333:root", Principal::Root),
            (
                "arn:aws:iam::111122223333:user/ops/anna",
                Principal::User("arn:aws:iam::111122223333:user/ops/anna".to_owned()),
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/refractory-controller/abc",
                Principal::Role("refractory-controller".to_owned()),
            ),
            ("arn:aws:sts::111122223333:federated-user/bert", Principal::Other),
            ("", Principal::Other),
        ];
        for (arn, principal) in rows {
            assert_eq!(
                Caller { arn: arn.to_owned(), account: String::new() }.principal(),
                principal,
                "{arn}"
            );
        }
    }
}
