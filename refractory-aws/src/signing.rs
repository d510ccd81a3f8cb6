//! Signed addresses, which are good for no longer than the credentials that signed them.
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_sdk_s3::presigning::PresigningConfig;
use refractory_core::{Error, ErrorKind, Result, Timestamp};

use crate::Clients;

/// How long an address is to be good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    /// Where nothing is in the way.
    pub(crate) preferred: Duration,
    /// Less than this is of no use.
    pub(crate) minimum: Duration,
}

/// Signs addresses with one set of credentials, for as long as these are good.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    /// Whose calls are presigned.
    pub(crate) s3: aws_sdk_s3::Client,
    /// For how long.
    pub(crate) at: PresigningConfig,
}

impl Signer {
    /// Takes the credentials that there are now. S3 refuses an address whose credentials have ended, whatever it says of itself.
    ///
    /// # Errors
    ///
    /// `Unavailable` where there are none, or where they end too soon.
    pub(crate) async fn new(
        clients: &Clients,
        during: &'static str,
        now: Timestamp,
        lasting: Validity,
    ) -> Result<Self> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now.0);
        let (mut s3, mut span) = (clients.s3.clone(), lasting.preferred);
        if let Some(provider) = &clients.credentials {
            let found = provider.provide_credentials().await;
            let found = found
                .map_err(|error| Error::new(ErrorKind::Unavailable, during).caused_by(error))?;
            span = good_for(during, found.expiry(), now, lasting)?;
            let own = s3.config().to_builder();
            let own = own.credentials_provider(SharedCredentialsProvider::new(found)).build();
            s3 = aws_sdk_s3::Client::from_conf(own);
        }
        let at = PresigningConfig::builder().start_time(now).expires_in(span).build();
        let at = at.map_err(|error| Error::new(ErrorKind::Unexpected, during).caused_by(error))?;
        Ok(Self { s3, at })
    }
}

/// How long an address is good that is signed `now` by credentials that end at `end`.
fn good_for(
    during: &'static str,
    end: Option<SystemTime>,
    now: SystemTime,
    lasting: Validity,
) -> Result<Duration> {
    let Some(end) = end else { return Ok(lasting.preferred) };
    let left = Duration::from_secs(end.duration_since(now).unwrap_or_default().as_secs());
    if left >= lasting.minimum {
        return Ok(left.min(lasting.preferred));
    }
    let minutes = |span: Duration| span.as_secs() / 60;
    Err(Error::new(ErrorKind::Unavailable, during).advise(format!(
        "The credentials of AWS that Refractory has end in {} minutes, and an address that it signs for a task ends with them; \
         it needs {}. A role of ECS or EC2 gets new ones automatically. Otherwise sign in to AWS again, for example with `aws sso login`.",
        minutes(left),
        minutes(lasting.minimum)
    )))
}

#[cfg(test)]
mod tests;
