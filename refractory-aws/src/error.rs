//! What AWS says, in the words of core: one table.
use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Duration;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::{Error, ErrorKind};

/// What a code means: its kind, and whether the same call may succeed later.
///
/// Codes that mean "not there" or "there already" are matched by those who can make sense of them, before
/// they get here.
const TABLE: &[(&str, ErrorKind, bool)] = &[
    ("AccessDenied", ErrorKind::Forbidden, false),
    ("AccessDeniedException", ErrorKind::Forbidden, false),
    ("AuthFailure", ErrorKind::Forbidden, false),
    ("ExpiredToken", ErrorKind::Forbidden, true),
    ("ExpiredTokenException", ErrorKind::Forbidden, true),
    ("InvalidAccessKeyId", ErrorKind::Forbidden, true),
    ("InvalidClientTokenId", ErrorKind::Forbidden, true),
    ("SignatureDoesNotMatch", ErrorKind::Forbidden, false),
    ("UnrecognizedClientException", ErrorKind::Forbidden, true),
    ("Throttling", ErrorKind::Unavailable, true),
    ("ThrottlingException", ErrorKind::Unavailable, true),
    ("ThrottledException", ErrorKind::Unavailable, true),
    ("TooManyRequestsException", ErrorKind::Unavailable, true),
    ("RequestLimitExceeded", ErrorKind::Unavailable, true),
    ("ProvisionedThroughputExceededException", ErrorKind::Unavailable, true),
    ("PriorRequestNotComplete", ErrorKind::Unavailable, true),
    ("SlowDown", ErrorKind::Unavailable, true),
    ("RequestTimeout", ErrorKind::Unavailable, true),
    ("InternalError", ErrorKind::Unavailable, true),
    ("InternalFailure", ErrorKind::Unavailable, true),
    ("InternalServerError", ErrorKind::Unavailable, true),
    ("InternalServiceError", ErrorKind::Unavailable, true),
    ("ServerException", ErrorKind::Unavailable, true),
    ("ServiceException", ErrorKind::Unavailable, true),
    ("ServiceFailure", ErrorKind::Unavailable, true),
    ("ServiceUnavailable", ErrorKind::Unavailable, true),
    ("ServiceUnavailableException", ErrorKind::Unavailable, true),
    ("OperationAborted", ErrorKind::Unavailable, true),
    ("LimitExceeded", ErrorKind::Exhausted, false),
    ("LimitExceededException", ErrorKind::Exhausted, false),
    ("TooManyBuckets", ErrorKind::Exhausted, false),
    ("ServiceQuotaExceededException", ErrorKind::Exhausted, false),
    ("ConflictException", ErrorKind::Conflict, false),
    ("EntityTemporarilyUnmodifiable", ErrorKind::Unavailable, true),
    ("ConcurrentModification", ErrorKind::Unavailable, true),
    ("ValidationError", ErrorKind::Invalid, false),
    ("ValidationException", ErrorKind::Invalid, false),
    ("InvalidParameterException", ErrorKind::Invalid, false),
    ("InvalidParameterValue", ErrorKind::Invalid, false),
    ("ClientException", ErrorKind::Invalid, false),
    ("MalformedPolicyDocument", ErrorKind::Unexpected, false),
];

/// What a call that failed with `error` means `during` something.
pub(crate) fn refused<E, R>(during: &'static str, error: SdkError<E, R>) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    let met = meaning(&error);
    let code = error.code().map(ToOwned::to_owned);
    let cause = DisplayErrorContext(&error).to_string();
    let mut told = Error::new(met.kind, during).caused_by(cause);
    if let Some(code) = code {
        told = told.about("code", code);
    }
    if met.kind == ErrorKind::Forbidden {
        told = told.advise(
            "AWS refused that to the credentials in use. `refractory doctor` says which permission is missing.",
        );
    }
    if met.transient { told.retry_after(Duration::ZERO) } else { told.permanent() }
}

struct Meaning {
    kind: ErrorKind,
    transient: bool,
}

fn meaning<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Meaning {
    let of = |kind, transient| Meaning { kind, transient };
    match error {
        // Built by us, and refused before it was sent.
        SdkError::ConstructionFailure(_) => of(ErrorKind::Unexpected, false),
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            of(ErrorKind::Unavailable, true)
        }
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            match TABLE.iter().find(|(known, ..)| *known == code) {
                Some((_, kind, transient)) => of(*kind, *transient),
                None => of(ErrorKind::Unexpected, true),
            }
        }
        _ => of(ErrorKind::Unexpected, true),
    }
}
