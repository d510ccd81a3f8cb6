//! The password policy: one rule for every front end.
use crate::model::UserName;
use crate::{Error, ErrorKind, Result, Secret};

/// The minimum length of a new password, in characters.
pub const PASSWORD_MIN_CHARS: usize = 12;
/// The maximum length of a new password, in bytes. Longer texts are not hashed.
pub const PASSWORD_MAX_BYTES: usize = 1024;

/// Checks a new password for the account `name`. Passwords that are already set are not checked again.
///
/// # Errors
///
/// `Invalid` when it is too short, too long, or easy to guess: common, a sequence, a repetition, or made of the name.
pub fn check_new_password(password: &Secret, name: &UserName) -> Result<()> {
    let text = password.expose();
    let length = text.chars().count();
    if length < PASSWORD_MIN_CHARS {
        return refuse(format!(
            "The password has {length} characters. Use at least {PASSWORD_MIN_CHARS}. Three or four random words are easy to remember."
        ));
    }
    if text.len() > PASSWORD_MAX_BYTES {
        return refuse(format!(
            "The password is longer than {PASSWORD_MAX_BYTES} bytes. Use a shorter one."
        ));
    }
    // The name, repeated or with digits after it, is what is tried first.
    let rest = text.to_lowercase().replace(name.as_str(), "");
    if rest.len() < text.len() && rest.chars().count() < PASSWORD_MIN_CHARS / 2 {
        return refuse(
            "The password is too similar to the user name. Choose another one.".to_owned(),
        );
    }
    let inputs = [name.as_str(), "foundry", "foundryvtt", "refractory"];
    // Below three, it is guessed in less than a hundred million attempts.
    if zxcvbn::zxcvbn(text, &inputs).score() < zxcvbn::Score::Three {
        return refuse(
            "The password is too easy to guess. Use three or four random words.".to_owned(),
        );
    }
    Ok(())
}

fn refuse(sentence: String) -> Result<()> {
    Err(Error::new(ErrorKind::Invalid, "checking a new password").advise(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> std::result::Result<(), String> {
        let name = UserName::new("annabella").unwrap();
        check_new_password(&Secret::new(password), &name)
            .map_err(|error| error.for_people().into_owned())
    }

    #[test]
    fn a_short_or_endless_password_is_refused_by_characters_and_bytes() {
        assert!(check("short").unwrap_err().contains("has 5 characters. Use at least 12."));
        assert!(check("zäöü-ßàéè-x").unwrap_err().contains("has 11 characters"), "not 18 bytes");
        assert!(check(&"kq7 ".repeat(257)).unwrap_err().contains("longer than 1024 bytes"));
        assert!(check(&"word xylophone ".repeat(1000)).is_err());
    }

    #[test]
    fn common_passwords_are_refused() {
        for common in [
            "password1234",
            "123456789012",
            "qwertyuiop12",
            "iloveyou1234",
            "administrator",
            "passwordpassword",
            "abcdefghijkl",
            "abc123abc123",
            "letmeinletmein",
            "1q2w3e4r5t6y",
            "welcome12345",
            "changeme1234",
            "aaaaaaaaaaaa",
            "\u{1F409}".repeat(12).as_str(),
        ] {
            assert!(check(common).unwrap_err().contains("too easy to guess"), "{common}");
        }
    }

    #[test]
    fn the_name_of_the_account_is_no_password() {
        for near in ["annabella123", "Annabella-13", "annabellaannabella"] {
            assert!(check(near).unwrap_err().contains("too similar to the user name"), "{near}");
        }
    }

    #[test]
    fn random_words_and_other_scripts_are_accepted() {
        for good in [
            "correct horse battery",
            "three random words",
            "annabella owns seven lamps",
            "東京都千代田区霞が関一丁目",
            "wirklich süßes Möbelhaus",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = "velvet otter 42 ".repeat(4) + &"pÿgmy-".repeat(100);
        assert_eq!(check(&long), Ok(()), "{} bytes", long.len());
    }
}
