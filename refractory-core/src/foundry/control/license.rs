//! Getting past the license pages.
use super::talk::Talk;
use crate::foundry::client::Fields;
use crate::foundry::landing::{Landing, LicensePage, license_page};
use crate::model::LicenseKey;
use crate::ports::WorldRef;
use crate::{Code, Error, ErrorKind, Remedy, Result};

const DURING: &str = "licensing Foundry";

impl Talk<'_> {
    /// Enters the key and replays the agreement, as far as the program asks for either. Afterwards
    /// it lands somewhere else than on its license page.
    pub(super) async fn license(&self, want: &WorldRef) -> Result<Landing> {
        if self.license_page().await? == LicensePage::Key {
            self.enter_key(want).await?;
        }
        if !want.eula_accepted {
            return Err(Error::new(ErrorKind::Forbidden, DURING)
                .coded(Code::AGREEMENT_NOT_ACCEPTED)
                .helped_by(Remedy::AcceptAgreement));
        }
        let form = [("agree", "on"), ("accept", "on")];
        let answer = self.post("license", Fields::Form(&form)).await?;
        match self.landing().await? {
            Landing::License => Err(unsigned(answer.complaint())),
            landing @ (Landing::Auth | Landing::Setup | Landing::World) => Ok(landing),
        }
    }

    async fn license_page(&self) -> Result<LicensePage> {
        let page = self.get("license").await?;
        Ok(license_page(&String::from_utf8_lossy(&page.body)))
    }

    async fn enter_key(&self, want: &WorldRef) -> Result<()> {
        let key = want.license.as_ref().ok_or_else(|| {
            refused("Foundry needs a license key, and this table has none.")
                .helped_by(Remedy::AddLicense)
        })?;
        let dashed = with_dashes(&LicenseKey::new(key.expose())?);
        let form = [("licenseKey", dashed.as_str()), ("action", "enterKey")];
        self.post("license", Fields::Form(&form)).await?;
        match self.license_page().await? {
            LicensePage::Agreement => Ok(()),
            LicensePage::Key => Err(refused(
                "Foundry rejected this table's license key. Compare it with your account on foundryvtt.com.",
            )),
        }
    }
}

fn with_dashes(key: &LicenseKey) -> String {
    let letters: Vec<char> = key.expose().chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

fn refused(sentence: &'static str) -> Error {
    Error::new(ErrorKind::Forbidden, DURING).advise(sentence)
}

/// The agreement was accepted and no signature came of it: the vendor refused the key, or could not
/// be asked. Only the program's own words tell which.
fn unsigned(complaint: Option<String>) -> Error {
    let words = complaint.unwrap_or_default();
    if words.to_ascii_lowercase().contains("invalid") {
        return Error::new(ErrorKind::Forbidden, DURING).about("said", words).advise(
            "foundryvtt.com rejected this table's license key. Compare it with your account there.",
        );
    }
    Error::new(ErrorKind::Unavailable, DURING).about("said", words).advise(
        "Foundry couldn't verify its license with foundryvtt.com. Check the internet connection and see the log.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_entered_as_people_know_it() {
        let key = LicenseKey::new("ABCDEFGHIJKLMNOPQRST1239").unwrap();
        assert_eq!(with_dashes(&key), "ABCD-EFGH-IJKL-MNOP-QRST-1239");
    }

    #[test]
    fn only_a_refused_key_is_final() {
        assert!(unsigned(None).is_transient());
        assert!(!unsigned(Some("The license key is invalid".into())).is_transient());
    }
}
