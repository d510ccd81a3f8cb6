//! Refusals, in S3's own words.
use refractory_core::ports::{AccessDecision, AssetRefusal};

/// Why a question goes no further, as S3 would say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct S3Error {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

impl S3Error {
    pub(super) const fn denied(message: &'static str) -> Self {
        Self { status: 403, code: "AccessDenied", message }
    }

    pub(super) const fn invalid(message: &'static str) -> Self {
        Self { status: 400, code: "InvalidRequest", message }
    }

    pub(super) const fn malformed(message: &'static str) -> Self {
        Self { status: 400, code: "AuthorizationHeaderMalformed", message }
    }

    pub(super) const fn not_implemented(message: &'static str) -> Self {
        Self { status: 501, code: "NotImplemented", message }
    }

    /// As a program reads it. The sentences are ours and hold nothing that would have to be escaped.
    pub(super) fn for_program(self) -> AccessDecision {
        let Self { status, code, message } = self;
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        AccessDecision::Refuse(AssetRefusal { status, told: Some(("application/xml", body)) })
    }

    /// As a browser gets it: there is nothing to be learned from how.
    pub(super) fn for_browser(self) -> AccessDecision {
        AccessDecision::Refuse(AssetRefusal { status: self.status, told: None })
    }
}
