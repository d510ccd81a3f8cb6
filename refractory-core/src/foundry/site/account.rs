//! Logging in, and the license keys of an account.
use super::client::{Jar, Site, odd};
use super::markup::{Piece, pieces, plain};
use crate::model::LicenseKey;
use crate::{Error, ErrorKind, Result, Secret};

/// Somebody who is logged in on the vendor's site. Holds the session's cookies, never the password.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name as the site writes it in addresses.
    pub name: String,
    pub(super) jar: Jar,
}

/// A license key that an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedLicense {
    /// What its owner calls it; empty where it has no name.
    pub name: String,
    /// The key.
    pub key: LicenseKey,
}

impl Site {
    /// Logs in with a name, or an e-mail address, and its password.
    ///
    /// # Errors
    ///
    /// `Forbidden` (name or password are wrong), `Unavailable` (with how long to wait, where the site says so).
    pub async fn log_in(&self, name: &str, password: &Secret) -> Result<Account> {
        const DURING: &str = "logging in on the vendor's site";
        let mut jar = Jar::default();
        let front = self.page(self.http.get(self.at("/")?), &mut jar, DURING).await?;
        let token = csrf_token(&front).ok_or_else(|| odd(DURING))?;
        let form = [
            ("csrfmiddlewaretoken", token.as_str()),
            ("username", name),
            ("password", password.expose()),
            ("next", "/"),
            ("login", ""),
        ];
        let request = self.http.post(self.at("/auth/login/")?).form(&form);
        let page = self.page(request, &mut jar, DURING).await?;
        match (jar.get("sessionid"), welcomed(&page)) {
            (Some(_), Some(name)) => Ok(Account { name, jar }),
            _ => Err(Error::new(ErrorKind::Forbidden, DURING).advise(
                "foundryvtt.com rejected this name and password. Check them there. After several failed attempts it may ask you to wait.",
            )),
        }
    }

    /// The license keys of `account`.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    pub async fn licenses(&self, account: &Account) -> Result<Vec<OwnedLicense>> {
        const DURING: &str = "reading the licenses of an account";
        let address = self.at(&format!("/community/{}/licenses", account.name))?;
        let page = self.page(self.http.get(address), &mut account.jar.clone(), DURING).await?;
        Ok(licenses(&page))
    }
}

fn csrf_token(page: &str) -> Option<String> {
    pieces(page).find_map(|piece| match piece {
        Piece::Open(tag) if tag.attribute("name").as_deref() == Some("csrfmiddlewaretoken") => {
            tag.attribute("value")
        }
        Piece::Open(_) | Piece::Text(_) => None,
    })
}

/// The name in the welcome that only who is logged in gets.
fn welcomed(page: &str) -> Option<String> {
    let mut after = pieces(page).skip_while(|piece| match piece {
        Piece::Open(tag) => tag.attribute("id").as_deref() != Some("login-welcome"),
        Piece::Text(_) => true,
    });
    let link = after.find_map(|piece| match piece {
        Piece::Open(tag) if tag.name == "a" => tag.attribute("href"),
        Piece::Open(_) | Piece::Text(_) => None,
    })?;
    let name = link.split("/community/").nth(1)?.trim_matches('/').to_ascii_lowercase();
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.@+%".contains(c);
    (!name.is_empty() && name.chars().all(legal)).then_some(name)
}

fn licenses(page: &str) -> Vec<OwnedLicense> {
    let mut found: Vec<(String, Option<LicenseKey>)> = Vec::new();
    let mut naming = false;
    for piece in pieces(page) {
        match piece {
            Piece::Open(tag) if tag.is("div", "license") => found.push(Default::default()),
            Piece::Open(tag) if tag.is("span", "license-name") => naming = true,
            Piece::Open(tag) if tag.name == "input" => {
                let key = tag.attribute("value").and_then(|value| LicenseKey::new(&value).ok());
                if let (Some(key), Some((_, empty @ None))) = (key, found.last_mut()) {
                    *empty = Some(key);
                }
            }
            Piece::Text(text) if naming => {
                naming = false;
                if let Some((name, _)) = found.last_mut() {
                    *name = plain(text);
                }
            }
            Piece::Open(_) | Piece::Text(_) => {}
        }
    }
    let owned = |(name, key): (String, Option<LicenseKey>)| Some(OwnedLicense { name, key: key? });
    found.into_iter().filter_map(owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_their_names() {
        let page = r#"
            <div class="license flexcol"><h3><span class="license-name">Fridays &amp; more</span></h3>
              <label class="copy">Key <input type="text" readonly value="ABCD-EFGH-IJKL-MNOP-QRST-1239"></label>
              <input type="hidden" name="x" value="7"></div>
            <div class="license"><label class="copy"><input value="ABCD-EFGH-IJKL-MNOP-QRST-1238"></label></div>
            <div class="license">no key</div>"#;
        let found = licenses(page);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, "Fridays & more");
        assert!(found[1].name.is_empty());
        assert_eq!(found[1].key.expose(), "ABCDEFGHIJKLMNOPQRST1238");
    }

    #[test]
    fn only_a_welcome_counts_as_logged_in() {
        assert_eq!(
            welcomed(r#"<div id="login-welcome">Hi <a href="/community/Ann-1/">Ann</a></div>"#),
            Some("ann-1".into())
        );
        assert_eq!(welcomed(r#"<a href="/community/somebody">else</a>"#), None);
        assert_eq!(welcomed(r#"<p id="login-welcome"><a href="/community/../x">"#), None);
    }

    #[test]
    fn the_token_is_found() {
        let page = r#"<form><input type="hidden" name="csrfmiddlewaretoken" value="tok"></form>"#;
        assert_eq!(csrf_token(page).as_deref(), Some("tok"));
        assert_eq!(csrf_token("<form></form>"), None);
    }
}
