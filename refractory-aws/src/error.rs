//! What AWS says, in the words of core: one table.
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use refractory_core::{Error, ErrorKind};

/// When to retry after a transient refusal whose kind does not say so.
const AGAIN: Duration = Duration::from_secs(1);

/// What a code means: its kind, and whether the same call may succeed later.
///
/// Codes that mean "not there" or "there already" are matched by the callers that know their meaning, before
/// they get here: what is missing may be the thing asked for, or the infrastructure below it.
const CODES: &[(&str, ErrorKind, bool)] = &[
    // Credentials. What may be transient - keys that were just created, a token that is being renewed - is
    // worth another try.
    ("AccessDenied", ErrorKind::Forbidden, false),
    ("AccessDeniedException", ErrorKind::Forbidden, false),
    ("AuthFailure", ErrorKind::Forbidden, false),
    ("AuthorizationError", ErrorKind::Forbidden, false),
    ("BlockedException", ErrorKind::Forbidden, false),
    ("DependencyAccessDeniedException", ErrorKind::Forbidden, false),
    ("IncompleteSignature", ErrorKind::Forbidden, false),
    ("MissingAuthenticationToken", ErrorKind::Forbidden, false),
    ("MissingAuthenticationTokenException", ErrorKind::Forbidden, false),
    ("NotAuthorized", ErrorKind::Forbidden, false),
    ("NotAuthorizedException", ErrorKind::Forbidden, false),
    ("OptInRequired", ErrorKind::Forbidden, false),
    ("RegionDisabledException", ErrorKind::Forbidden, false),
    ("SignatureDoesNotMatch", ErrorKind::Forbidden, false),
    ("UnauthorizedOperation", ErrorKind::Forbidden, false),
    ("ExpiredToken", ErrorKind::Forbidden, true),
    ("ExpiredTokenException", ErrorKind::Forbidden, true),
    ("InvalidAccessKeyId", ErrorKind::Forbidden, true),
    ("InvalidClientTokenId", ErrorKind::Forbidden, true),
    ("InvalidSignatureException", ErrorKind::Forbidden, true),
    ("InvalidToken", ErrorKind::Forbidden, true),
    ("RequestExpired", ErrorKind::Forbidden, true),
    ("RequestTimeTooSkewed", ErrorKind::Forbidden, true),
    ("UnrecognizedClientException", ErrorKind::Forbidden, true),
    // A key of KMS that may not be used, or not now.
    ("DecryptionFailure", ErrorKind::Forbidden, true),
    ("EncryptionFailure", ErrorKind::Forbidden, true),
    ("KMSAccessDeniedException", ErrorKind::Forbidden, false),
    // Too much at once.
    ("BandwidthLimitExceeded", ErrorKind::Unavailable, true),
    ("PriorRequestNotComplete", ErrorKind::Unavailable, true),
    ("ProvisionedThroughputExceededException", ErrorKind::Unavailable, true),
    ("RequestLimitExceeded", ErrorKind::Unavailable, true),
    ("RequestThrottled", ErrorKind::Unavailable, true),
    ("RequestThrottledException", ErrorKind::Unavailable, true),
    ("SlowDown", ErrorKind::Unavailable, true),
    ("ThrottledException", ErrorKind::Unavailable, true),
    ("Throttling", ErrorKind::Unavailable, true),
    ("ThrottlingException", ErrorKind::Unavailable, true),
    ("TooManyRequests", ErrorKind::Unavailable, true),
    ("TooManyRequestsException", ErrorKind::Unavailable, true),
    // AWS is not well.
    ("DependencyTimeout", ErrorKind::Unavailable, true),
    ("InternalError", ErrorKind::Unavailable, true),
    ("InternalFailure", ErrorKind::Unavailable, true),
    ("InternalServerError", ErrorKind::Unavailable, true),
    ("InternalServerException", ErrorKind::Unavailable, true),
    ("InternalServiceError", ErrorKind::Unavailable, true),
    ("RequestTimeout", ErrorKind::Unavailable, true),
    ("RequestTimeoutException", ErrorKind::Unavailable, true),
    ("ServerException", ErrorKind::Unavailable, true),
    ("ServiceException", ErrorKind::Unavailable, true),
    ("ServiceFailure", ErrorKind::Unavailable, true),
    ("ServiceUnavailable", ErrorKind::Unavailable, true),
    ("ServiceUnavailableException", ErrorKind::Unavailable, true),
    // Another operation holds it, or it is not consistent yet: retry.
    ("ConcurrentModification", ErrorKind::Unavailable, true),
    ("ConcurrentModificationException", ErrorKind::Unavailable, true),
    ("EntityTemporarilyUnmodifiable", ErrorKind::Unavailable, true),
    ("IncorrectFileSystemLifeCycleState", ErrorKind::Unavailable, true),
    ("IncorrectMountTargetState", ErrorKind::Unavailable, true),
    ("OperationAborted", ErrorKind::Unavailable, true),
    ("OperationAbortedException", ErrorKind::Unavailable, true),
    ("OperationInProgressException", ErrorKind::Unavailable, true),
    ("ReplicatedWriteConflictException", ErrorKind::Unavailable, true),
    ("RequestInProgressException", ErrorKind::Unavailable, true),
    ("TransactionConflictException", ErrorKind::Unavailable, true),
    ("TransactionInProgressException", ErrorKind::Unavailable, true),
    ("UpdateInProgressException", ErrorKind::Unavailable, true),
    // A quota, or no room. What frees itself is worth another try.
    ("AccessPointLimitExceeded", ErrorKind::Exhausted, false),
    ("AttributeLimitExceededException", ErrorKind::Exhausted, false),
    ("FileSystemLimitExceeded", ErrorKind::Exhausted, false),
    ("ItemCollectionSizeLimitExceededException", ErrorKind::Exhausted, false),
    ("LimitExceeded", ErrorKind::Exhausted, false),
    ("LimitExceededException", ErrorKind::Exhausted, false),
    ("LimitsExceeded", ErrorKind::Exhausted, false),
    ("QuotaExceededException", ErrorKind::Exhausted, false),
    ("ServiceQuotaExceededException", ErrorKind::Exhausted, false),
    ("TooManyBuckets", ErrorKind::Exhausted, false),
    ("TooManyHostedZones", ErrorKind::Exhausted, false),
    ("TooManyListeners", ErrorKind::Exhausted, false),
    ("TooManyLoadBalancers", ErrorKind::Exhausted, false),
    ("TooManyRegistrationsForTargetId", ErrorKind::Exhausted, false),
    ("TooManyRules", ErrorKind::Exhausted, false),
    ("TooManyTargetGroups", ErrorKind::Exhausted, false),
    ("TooManyTargets", ErrorKind::Exhausted, false),
    ("TooManyUniqueTargetGroupsPerLoadBalancer", ErrorKind::Exhausted, false),
    ("InsufficientThroughputCapacity", ErrorKind::Exhausted, true),
    ("NetworkInterfaceLimitExceeded", ErrorKind::Exhausted, true),
    ("NoFreeAddressesInSubnet", ErrorKind::Exhausted, true),
    ("ThroughputLimitExceeded", ErrorKind::Exhausted, true),
    // It is in the way of something else.
    ("BucketAlreadyExists", ErrorKind::Conflict, false),
    ("BucketNotEmpty", ErrorKind::Conflict, true),
    ("ClusterContainsServicesException", ErrorKind::Conflict, true),
    ("ClusterContainsTasksException", ErrorKind::Conflict, true),
    ("ConflictException", ErrorKind::Conflict, false),
    ("DeleteConflict", ErrorKind::Conflict, true),
    ("FileSystemInUse", ErrorKind::Conflict, true),
    ("HostedZoneNotEmpty", ErrorKind::Conflict, true),
    ("MountTargetConflict", ErrorKind::Conflict, false),
    ("PriorityInUse", ErrorKind::Conflict, true),
    ("ResourceInUse", ErrorKind::Conflict, true),
    ("ResourceInUseException", ErrorKind::Conflict, true),
    // Asked for wrongly: by a person's configuration more often than by us.
    ("BadRequest", ErrorKind::Invalid, false),
    ("ClientException", ErrorKind::Invalid, false),
    ("NoSuchBucket", ErrorKind::Invalid, false),
    ("ClusterNotFoundException", ErrorKind::Invalid, false),
    ("FileSystemNotFound", ErrorKind::Invalid, false),
    ("EntityTooLarge", ErrorKind::Invalid, false),
    ("IllegalArgumentException", ErrorKind::Invalid, false),
    ("IllegalLocationConstraintException", ErrorKind::Invalid, false),
    ("InsufficientCapabilitiesException", ErrorKind::Invalid, false),
    ("InvalidArgument", ErrorKind::Invalid, false),
    ("InvalidBucketName", ErrorKind::Invalid, false),
    ("InvalidChangeBatch", ErrorKind::Invalid, false),
    ("InvalidConfigurationRequest", ErrorKind::Invalid, false),
    ("InvalidDomainName", ErrorKind::Invalid, false),
    ("NoSuchHostedZone", ErrorKind::Invalid, false),
    ("InvalidInput", ErrorKind::Invalid, false),
    ("InvalidParameterException", ErrorKind::Invalid, false),
    ("InvalidParameterValue", ErrorKind::Invalid, false),
    ("InvalidRequest", ErrorKind::Invalid, false),
    ("InvalidRequestException", ErrorKind::Invalid, false),
    ("InvalidTarget", ErrorKind::Invalid, false),
    ("KeyTooLongError", ErrorKind::Invalid, false),
    ("OperationNotPermitted", ErrorKind::Invalid, false),
    ("PlatformTaskDefinitionIncompatibilityException", ErrorKind::Invalid, false),
    ("PlatformUnknownException", ErrorKind::Invalid, false),
    ("ValidationError", ErrorKind::Invalid, false),
    ("ValidationException", ErrorKind::Invalid, false),
    // Not to be had in this region or for this account.
    ("UnsupportedAvailabilityZone", ErrorKind::Unsupported, false),
    ("UnsupportedFeatureException", ErrorKind::Unsupported, false),
    ("UnsupportedOperation", ErrorKind::Unsupported, false),
    // Written by us, so a defect of ours.
    ("IdempotentParameterMismatchException", ErrorKind::Unexpected, false),
    ("MalformedPolicy", ErrorKind::Unexpected, false),
    ("MalformedPolicyDocument", ErrorKind::Unexpected, false),
    ("MalformedPolicyDocumentException", ErrorKind::Unexpected, false),
    ("MalformedXML", ErrorKind::Unexpected, false),
    ("SerializationException", ErrorKind::Unexpected, false),
];

/// What only a defect of ours can make go wrong: a request without a part that it must have.
pub(crate) fn built<T>(built: Result<T, BuildError>) -> Result<T, Error> {
    built.map_err(|error| {
        Error::new(ErrorKind::Unexpected, "putting a request together").caused_by(error)
    })
}

/// Whether AWS answered with one of `codes`.
pub(crate) fn code_is<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, codes: &[&str]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code))
}

/// What a call that failed with `error` means `during` something.
///
/// The cause has AWS's code and message, and never a request or an answer: these may hold secrets.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it stands in `map_err`, which has no reference to give"
)]
pub(crate) fn aws_error<E, R>(during: &'static str, error: SdkError<E, R>) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    let met = meaning(&error);
    let mut told = Error::new(met.kind, during).caused_by(code_or_cause(&error));
    if let Some(code) = error.code() {
        told = told.about("code", code);
    }
    if let Some(request) = error.meta().extra("aws_request_id") {
        told = told.about("request", request);
    }
    if let Some(advice) = met.advice {
        told = told.advise(advice);
    }
    match (met.transient, told.is_transient()) {
        // Not by its kind, so it says so itself; how long a worker waits otherwise grows with each failure.
        (true, false) => told.retry_after(AGAIN),
        (false, _) => told.permanent(),
        (true, true) => told,
    }
}

/// Ends a call that removes something: absent already is fine.
pub(crate) fn ignore_absent<T, E, R>(
    asked: Result<T, SdkError<E, R>>,
    during: &'static str,
    absent: &[&str],
) -> refractory_core::Result<()>
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match asked {
        Ok(_) => Ok(()),
        Err(error) if code_is(&error, absent) => Ok(()),
        Err(error) => Err(aws_error(during, error)),
    }
}

/// The code that AWS gave, or why there is none.
fn code_or_cause<E, R>(error: &SdkError<E, R>) -> String
where
    E: StdError + ProvideErrorMetadata + 'static,
    R: Debug + 'static,
{
    if let SdkError::ServiceError(service) = error {
        let code = service.err().code().unwrap_or("no code");
        return format!("{code}: {}", service.err().message().unwrap_or("no message"));
    }
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// `error` and what caused it.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

struct Meaning {
    kind: ErrorKind,
    transient: bool,
    advice: Option<Cow<'static, str>>,
}

const FORBIDDEN: &str = "AWS denied this to the current credentials. `refractory doctor` says which permission is missing.";
const EXHAUSTED: &str = "A quota of AWS is used up, or it has no room there. `refractory doctor` lists quotas; Service \
                         Quotas in AWS's console raises them.";

fn means(kind: ErrorKind, transient: bool) -> Meaning {
    let told = [(ErrorKind::Forbidden, FORBIDDEN), (ErrorKind::Exhausted, EXHAUSTED)];
    let advice = told.into_iter().find_map(|(of, advice)| (of == kind).then_some(advice.into()));
    Meaning { kind, transient, advice }
}

/// What AWS says that it does not allow, where it says so: the name of an action of IAM.
fn missing(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("not authorized to perform: ")?;
    let is_end = |c: char| c.is_whitespace() || c == ',' || c == ';';
    after.split(is_end).next().filter(|action| action.contains(':'))
}

impl Meaning {
    /// The same; of a refusal it names the permission that `message` says is missing.
    fn with_permission_of(self, message: &str) -> Self {
        match missing(message) {
            Some(action) if self.kind == ErrorKind::Forbidden => {
                Self { advice: Some(without_permission(action).into()), ..self }
            }
            _ => self,
        }
    }
}

fn without_permission(action: &str) -> String {
    format!(
        "AWS doesn't allow `{action}` with the current credentials. Give them the policies that `refractory infra policy controller` \
         prints; `refractory doctor` says what else is missing."
    )
}

fn meaning<E, R>(error: &SdkError<E, R>) -> Meaning
where
    E: StdError + ProvideErrorMetadata + 'static,
    R: Debug + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            match CODES.iter().find(|(known, ..)| *known == code) {
                Some((_, kind, transient)) => means(*kind, *transient),
                None => means(ErrorKind::Unexpected, true),
            }
            .with_permission_of(service.err().message().unwrap_or_default())
        }
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            means(ErrorKind::Unavailable, true)
        }
        SdkError::DispatchFailure(_) => {
            credentials(error).map_or(means(ErrorKind::Unavailable, true), without_credentials)
        }
        // Built by us, and refused before it was sent.
        SdkError::ConstructionFailure(_) => {
            credentials(error).map_or(means(ErrorKind::Unexpected, false), without_credentials)
        }
        _ => means(ErrorKind::Unexpected, true),
    }
}

/// What kept the SDK from finding credentials, if that was it.
fn credentials<E, R>(error: &SdkError<E, R>) -> Option<&CredentialsError>
where
    E: StdError + 'static,
    R: Debug + 'static,
{
    chain(error).find_map(|error| error.downcast_ref())
}

fn without_credentials(error: &CredentialsError) -> Meaning {
    let advice = Some(Cow::Borrowed(
        "This process has no credentials of AWS. Set AWS_PROFILE or `profile` under `[aws]`, sign in with `aws sso login`, or give \
         the task or machine a role.",
    ));
    match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            Meaning { kind: ErrorKind::Forbidden, transient: true, advice }
        }
        CredentialsError::InvalidConfiguration(_) => {
            Meaning { kind: ErrorKind::Invalid, transient: false, advice }
        }
        // The provider of credentials does not answer, or not readably.
        CredentialsError::ProviderTimedOut(_)
        | CredentialsError::ProviderError(_)
        | CredentialsError::Unhandled(_)
        | _ => means(ErrorKind::Unavailable, true),
    }
}

#[cfg(test)]
mod tests;
