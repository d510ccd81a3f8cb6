//! Identity headers of authenticating proxies.
use std::borrow::Cow;

/// What the names of such headers begin with. None of these beginnings is used for anything else.
const FAMILIES: &[&str] = &[
    // Apache, Authelia, nginx's `auth_request` by habit, and what CGI made of them.
    "remote-",
    "x-remote-",
    "auth-user",
    "auth-type",
    // oauth2-proxy, Louketo, Traefik's ForwardAuth by habit.
    "x-auth-",
    "x-authenticated-",
    "x-forwarded-user",
    "x-forwarded-preferred-username",
    "x-forwarded-name",
    "x-forwarded-given-name",
    "x-forwarded-family-name",
    "x-forwarded-login",
    "x-forwarded-email",
    "x-forwarded-mail",
    "x-forwarded-group",
    "x-forwarded-role",
    "x-forwarded-tenant",
    "x-forwarded-access-token",
    "x-forwarded-id-token",
    "x-forwarded-jwt",
    "x-forwarded-sub",
    "x-forwarded-identity",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert",
    // authentik, Grafana's auth proxy, Pomerium, Vouch, Kong, Teleport.
    "x-authentik-",
    "x-webauth-",
    "x-pomerium-",
    "x-vouch-",
    "x-consumer-",
    "x-credential-",
    "x-anonymous-consumer",
    "teleport-",
    // Clouds and meshes: Cloudflare, AWS, Google, Azure, Tailscale.
    "cf-access-",
    "x-amzn-oidc-",
    "x-amzn-mtls-",
    "x-amzn-ava-",
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-serverless-authorization",
    "x-ms-client-principal",
    "x-ms-token-",
    "tailscale-",
    "x-tailscale-",
    // OpenID Connect, SAML and certificates, as modules of web servers send them.
    "oidc-",
    "x-oidc-",
    "x-openid-",
    "shib-",
    "x-shib-",
    "mellon-",
    "ssl-client-",
    "x-ssl-client-",
    "x-client-cert",
    "x-client-dn",
    "x-client-verify",
    "client-cert",
];

/// Names without a family.
const NAMES: &[&str] = &[
    "x-user",
    "x-user-id",
    "x-user-name",
    "x-user-email",
    "x-user-groups",
    "x-user-roles",
    "x-userid",
    "x-username",
    "x-userinfo",
    "x-email",
    "x-groups",
    "x-roles",
    "x-login",
    "x-access-token",
    "x-id-token",
    "x-jwt-assertion",
    "x-jwt-payload",
    "x-endpoint-api-userinfo",
    "x-logged-in-user",
    "iv-user",
    "iv-groups",
    "sm-user",
];

/// Whether the header `name`, in lower case, identifies a user. A table learns that from Foundry's own sign-in: its modules
/// must not see identities of other systems, and no client may impersonate a user.
pub(super) fn is_identity_header(name: &str) -> bool {
    let name = &*hyphenated(name);
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// `name` with hyphens, which many programs treat like underscores.
pub(in crate::proxy) fn hyphenated(name: &str) -> Cow<'_, str> {
    if name.contains('_') { Cow::Owned(name.replace('_', "-")) } else { Cow::Borrowed(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_somebody_is_elsewhere_is_told_from_everything_else() {
        for name in [
            "remote-user",
            "remote-groups",
            "remote-email",
            "remote-name",
            "remote_user",
            "x-remote-user",
            "x_remote_user",
            "x-forwarded-user",
            "x-forwarded-email",
            "x-forwarded-groups",
            "x-forwarded-preferred-username",
            "x-forwarded-access-token",
            "x_forwarded_user",
            "x-auth-request-user",
            "x-auth-request-access-token",
            "x-authentik-username",
            "x-authentik-jwt",
            "x-webauth-user",
            "x_webauth_user",
            "cf-access-jwt-assertion",
            "cf-access-authenticated-user-email",
            "x-amzn-oidc-data",
            "x-amzn-oidc-accesstoken",
            "tailscale-user-login",
            "tailscale-user-name",
            "tailscale_user_login",
            "x-ms-client-principal-name",
            "x-goog-authenticated-user-email",
            "x-goog-iap-jwt-assertion",
            "oidc_claim_email",
            "ssl-client-s-dn",
            "x-user-id",
        ] {
            assert!(is_identity_header(name), "{name}");
        }
        for name in [
            "authorization",
            "cookie",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-requested-with",
            "x-csrf-token",
            "user-agent",
            "x-real-ip",
            "x-amz-date",
            "x-amz-content-sha256",
            "cf-ray",
            "from",
            "x-usera",
        ] {
            assert!(!is_identity_header(name), "{name}");
        }
    }
}
