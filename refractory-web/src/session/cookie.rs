//! The portal's cookies: host-only, never readable by scripts, never forwarded by the edge.
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

/// Signed in.
pub(crate) const SESSION: &str = "refractory_session";
/// Not signed in yet; binds the first forms to one browser.
pub(crate) const VISIT: &str = "refractory_visit";
/// A one-time link on its way from the address bar into a form.
pub(crate) const LINK: &str = "refractory_link";
/// A sentence for the next page.
pub(crate) const FLASH: &str = "refractory_flash";
/// Which accounts were signed in to in this browser before. Opens nothing.
pub(crate) const DEVICE: &str = "refractory_device";
/// Light or dark.
pub(crate) const THEME: &str = "refractory_theme";

/// `__Host-` makes a browser refuse what a table's own scripts would plant for the parent domain; it needs HTTPS.
fn name(base: &str, https: bool) -> String {
    if https { format!("__Host-{base}") } else { base.to_owned() }
}

/// What the browser sent under `base`.
pub(crate) fn read(request: &HttpRequest, base: &str, https: bool) -> Option<String> {
    request.cookie(&name(base, https)).map(|cookie| cookie.value().to_owned())
}

/// A cookie that lives for `seconds`.
pub(crate) fn keep(base: &str, value: String, seconds: i64, https: bool) -> Cookie<'static> {
    Cookie::build(name(base, https), value)
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// Takes a cookie away.
pub(crate) fn drop(base: &str, https: bool) -> Cookie<'static> {
    let mut gone = keep(base, String::new(), 0, https);
    gone.make_removal();
    gone
}

/// Every name a cookie of ours may have: the edge shows them to no table, and lets none set them.
pub(crate) fn names(https: bool) -> Vec<String> {
    let all = [SESSION, VISIT, LINK, FLASH, DEVICE, THEME];
    let hosted = all.iter().filter(|_| https).map(|base| name(base, true));
    all.iter().map(|base| name(base, false)).chain(hosted).collect()
}
