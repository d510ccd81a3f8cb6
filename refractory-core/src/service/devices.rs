//! Browsers that have signed in to an account before: they stay welcome while strangers guess at its password.
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Refractory;
use crate::id::random_text;
use crate::model::{User, UserName};
use crate::ports::{Observed, UniqueKey};
use crate::{Error, ErrorKind, Result, Secret, SecretName, UserId};

/// Where the key lies in the vault that marks of devices are signed with.
const KEY: &str = "device-mark-key";
/// No mark is longer.
const LONGEST: usize = 200;

/// What a mark says: which account, at which count of its sign-outs, and a name for the device.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark<'a> {
    user: &'a str,
    epoch: &'a str,
    device: &'a str,
    mac: &'a str,
}

impl<'a> Mark<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split('~');
        let mark = Self {
            user: parts.next()?,
            epoch: parts.next()?,
            device: parts.next()?,
            mac: parts.next()?,
        };
        (text.len() <= LONGEST && parts.next().is_none()).then_some(mark)
    }
}

impl Refractory {
    /// A mark for the device on which `user` has just signed in. It opens nothing: it only says that the account was
    /// signed in to there. Signed; void once the account is signed out everywhere.
    ///
    /// # Errors
    ///
    /// As the vault has them.
    pub async fn mark_device(&self, user: &User) -> Result<Secret> {
        let (epoch, device) = (user.session_epoch.to_string(), random_text(16));
        let mac = mac(&self.device_key().await?, [user.id.as_str(), &epoch, &device])?;
        let mac = hex(&mac.finalize().into_bytes());
        Ok(Secret::new(format!("{}~{epoch}~{device}~{mac}", user.id)))
    }

    /// The device that one of `marks` names, if the account called `name` was signed in to there and not signed out
    /// everywhere since.
    ///
    /// # Errors
    ///
    /// As the store and the vault have them.
    pub async fn known_device(&self, name: &UserName, marks: &[&str]) -> Result<Option<String>> {
        let marks: Vec<_> = marks.iter().filter_map(|mark| Mark::read(mark)).collect();
        if marks.is_empty() {
            return Ok(None);
        }
        let Some(user) = self.collection::<User>().find(&UniqueKey::user(name)).await? else {
            return Ok(None);
        };
        let epoch = user.session_epoch.to_string();
        let Some(mark) =
            marks.iter().find(|mark| mark.user == user.id.as_str() && mark.epoch == epoch)
        else {
            return Ok(None);
        };
        let mac = mac(&self.device_key().await?, [mark.user, mark.epoch, mark.device])?;
        let shown = bytes(mark.mac);
        let good = shown.is_some_and(|shown| mac.verify_slice(&shown).is_ok());
        Ok(good.then(|| mark.device.to_owned()))
    }

    async fn device_key(&self) -> Result<Secret> {
        let make = || async {
            let fresh = Secret::new(random_text(48));
            match self.deployment.ports.vault.ensure(&SecretName::new(KEY)?, &fresh).await? {
                Observed::Ready(key) => Ok(key),
                Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => {
                    Err(Error::new(ErrorKind::Unexpected, "reading the key of device marks").advise(
                        "This deployment's secrets were encrypted with another key file. Restore the previous key file.",
                    ))
                }
            }
        };
        self.deployment.device_key.get_or_try_init(make).await.cloned()
    }
}

/// Which account a mark is of, whether or not it is good.
pub fn account_of_mark(mark: &str) -> Option<UserId> {
    UserId::new(Mark::read(mark)?.user).ok()
}

/// The signature over parts that cannot run into one another.
fn mac(key: &Secret, parts: [&str; 3]) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes())
        .map_err(|error| Error::new(ErrorKind::Unexpected, "signing").caused_by(error))?;
    for part in ["refractory device mark"].into_iter().chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Ok(mac)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()).collect()
}
