//! The portal's cookies: host-only, never readable by scripts, never forwarded by the edge.
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::COOKIE;

use crate::connections::ROUND;

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

/// A ticket to Foundry's setup, on its way from the address bar of a table's own host into a form there.
pub(crate) const TICKET: &str = "refractory_ticket";
/// Let into Foundry's setup, at a table's own host.
pub(crate) const FOUNDRY_SETUP: &str = "refractory_foundry_setup";

/// `__Host-` makes a browser refuse what a table's own scripts would plant for the parent domain; it needs HTTPS.
pub(crate) fn name(base: &str, https: bool) -> String {
    if https { format!("__Host-{base}") } else { base.to_owned() }
}

/// More values of one name than this are not looked at: each of them may cost a look into the store.
const MOST: usize = 16;

/// Everything the browser sent under `base`, without repetitions. A parent domain, another path or another program can add cookies of
/// the same name, and what else lies beside ours need not even be text: each pair stands for itself.
pub(crate) fn read_all(request: &HttpRequest, base: &str, https: bool) -> Vec<String> {
    let name = name(base, https);
    let mut values: Vec<String> = Vec::new();
    let lines = request.headers().get_all(COOKIE);
    for pair in lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';')) {
        let Some(value) = value_of(pair, &name) else { continue };
        if values.len() == MOST {
            break;
        }
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    values
}

/// The value in `pair`, if that is a cookie called `name` with something readable in it.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a str> {
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (key, value) = pair.split_at(equals);
    if key.trim_ascii() != name.as_bytes() {
        return None;
    }
    let value = std::str::from_utf8(value[1..].trim_ascii()).ok()?;
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Some(quoted.unwrap_or(value)).filter(|value| !value.is_empty())
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

/// The same for one that is sent only where the page before was of the same site.
pub(crate) fn keep_strict(base: &str, value: String, seconds: i64, https: bool) -> Cookie<'static> {
    let mut cookie = keep(base, value, seconds, https);
    cookie.set_same_site(SameSite::Strict);
    cookie
}

/// Takes a cookie away.
pub(crate) fn drop(base: &str, https: bool) -> Cookie<'static> {
    let mut gone = keep(base, String::new(), 0, https);
    gone.make_removal();
    gone
}

/// Every name a cookie of ours may have: the edge shows them to no table, and lets none set them.
pub(crate) fn names(https: bool) -> Vec<String> {
    let all = [SESSION, VISIT, LINK, FLASH, DEVICE, THEME, ROUND, TICKET, FOUNDRY_SETUP];
    let hosted = all.iter().filter(|_| https).map(|base| name(base, true));
    all.iter().map(|base| name(base, false)).chain(hosted).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn read(lines: &[&[u8]]) -> Vec<String> {
        let request = lines.iter().fold(TestRequest::get(), |request, line| {
            request.append_header((COOKIE, HeaderValue::from_bytes(line).unwrap()))
        });
        read_all(&request.to_http_request(), SESSION, false)
    }

    #[test]
    fn what_lies_beside_our_cookie_does_not_matter() {
        for line in [
            &b"refractory_session=good"[..],
            b" refractory_session = good ",
            b"refractory_session=\"good\"",
            b"a=1; refractory_session=good; b=2",
            b"a=1;refractory_session=good",
            b"name=\xff\xfe; refractory_session=good",
            b"\xff; refractory_session=good",
            b"; ;=; =x; alone; refractory_session=good; refractory_session=",
            b"$Version=1; refractory_session=good; $Path=\"/\"",
            b"a=%; b=%ff; refractory_session=good",
            b"a=\"1; refractory_session=good; b=2\"",
            b"refractory_session=\xff; refractory_session=good",
            b"Refractory_Session=bad; xrefractory_session=bad; refractory_session=good",
            b"a=refractory_session=bad; refractory_session=good; refractory_session=good",
        ] {
            assert_eq!(read(&[line]), ["good"], "{}", String::from_utf8_lossy(line));
        }
        let none: [&[u8]; 5] =
            [b"", b"refractory_session", b"refractory_session=", b"=refractory_session", b"a=1"];
        for line in none {
            assert!(read(&[line]).is_empty(), "{}", String::from_utf8_lossy(line));
        }
        let lines: [&[u8]; 3] =
            [b"refractory_session=stale", b"\xff=1", b"a=1; refractory_session=a=b"];
        assert_eq!(read(&lines), ["stale", "a=b"]);
    }

    #[test]
    fn thousands_of_cookies_are_no_more_work_than_a_few() {
        let many: Vec<String> = (0..5_000).map(|n| format!("refractory_session=v{n}")).collect();
        let read = read(&[many.join("; ").as_bytes()]);
        assert_eq!(read.len(), MOST);
        assert_eq!(read[0], "v0");
    }
}
