//! The clients of every service, made once.
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use refractory_core::{Error, ErrorKind, Result};

use crate::AwsConfig;

/// One attempt of one call.
const ATTEMPT: Duration = Duration::from_millis(2_500);
/// One call with its retries: well within the deadline that the worker puts around it, because a call that is
/// dropped then must have no further effect.
const CALL: Duration = Duration::from_secs(8);

/// The clients of every service, made once; clones share their connections.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Certificates.
    pub acm: aws_sdk_acm::Client,
    /// Stacks.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Rows.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Tasks.
    pub ecs: aws_sdk_ecs::Client,
    /// File systems.
    pub efs: aws_sdk_efs::Client,
    /// Load balancers.
    pub elb: aws_sdk_elasticloadbalancingv2::Client,
    /// Users, keys and policies.
    pub iam: aws_sdk_iam::Client,
    /// Output of tasks.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Quotas.
    pub quotas: aws_sdk_servicequotas::Client,
    /// Names.
    pub route53: aws_sdk_route53::Client,
    /// Objects.
    pub s3: aws_sdk_s3::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// The identity of the credentials.
    pub sts: aws_sdk_sts::Client,
    /// The region that all of them speak to.
    pub region: String,
    /// The credentials that all of them use, for callers that have to know when these expire.
    pub credentials: Option<SharedCredentialsProvider>,
}

impl Clients {
    /// Clients as `config` says, with credentials from wherever AWS's own programs take them.
    ///
    /// # Errors
    ///
    /// `Invalid` when no region is set anywhere.
    pub async fn connect(config: &AwsConfig) -> Result<Self> {
        let https = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https)
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(200)));
        if let Some(region) = &config.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &config.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &config.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        Self::over(&loader.load().await)
    }

    /// Clients over a configuration that was put together elsewhere, as a test or an embedding program does.
    ///
    /// # Errors
    ///
    /// `Invalid` when it names no region.
    pub fn over(shared: &SdkConfig) -> Result<Self> {
        let region = shared.region().map(ToString::to_string).ok_or_else(no_region)?;
        // An emulator has one host name for every bucket.
        let s3 = aws_sdk_s3::config::Builder::from(shared)
            .force_path_style(shared.endpoint_url().is_some())
            .build();
        Ok(Self {
            acm: aws_sdk_acm::Client::new(shared),
            cloudformation: aws_sdk_cloudformation::Client::new(shared),
            dynamodb: aws_sdk_dynamodb::Client::new(shared),
            ecs: aws_sdk_ecs::Client::new(shared),
            efs: aws_sdk_efs::Client::new(shared),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(shared),
            iam: aws_sdk_iam::Client::new(shared),
            logs: aws_sdk_cloudwatchlogs::Client::new(shared),
            quotas: aws_sdk_servicequotas::Client::new(shared),
            route53: aws_sdk_route53::Client::new(shared),
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: aws_sdk_secretsmanager::Client::new(shared),
            sts: aws_sdk_sts::Client::new(shared),
            region,
            credentials: shared.credentials_provider(),
        })
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build()
}

fn no_region() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a region of AWS").advise(
        "No region of AWS is set. Write `region = \"eu-central-1\"` (or yours) under `[aws]`, or set AWS_REGION.",
    )
}
