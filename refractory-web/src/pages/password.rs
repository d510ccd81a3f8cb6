//! What makes a password good enough.
use refractory_core::model::{Principal, UserName};
use refractory_core::{Error, ErrorKind, Secret, UserId};

use crate::problem::Problem;
use crate::shared::Shared;

/// Fewer characters than this are guessed.
const LEAST: usize = 10;
/// More bytes than this are no password.
const MOST: usize = 1024;

/// Refuses what would be guessed, and what was typed differently twice.
pub(crate) fn check(
    password: &Secret,
    again: &Secret,
    name: &UserName,
) -> refractory_core::Result<()> {
    let text = password.expose();
    let length = text.chars().count();
    let first = text.chars().next();
    if length < LEAST {
        return refuse(format!(
            "The password has {length} characters. Use at least {LEAST}. Three or four random words are easy to remember."
        ));
    }
    if text.len() > MOST {
        return refuse(format!("The password is longer than {MOST} bytes. Use a shorter one."));
    }
    if text.to_lowercase().contains(name.as_str()) && length < LEAST + name.as_str().len() {
        return refuse("The password is too similar to your name. Choose another one.".to_owned());
    }
    if text.chars().all(|c| Some(c) == first) {
        return refuse("The password repeats one character. Choose another one.".to_owned());
    }
    if password != again {
        return refuse("The passwords don't match. Enter the same password twice.".to_owned());
    }
    Ok(())
}

fn refuse(sentence: String) -> refractory_core::Result<()> {
    Err(Error::new(ErrorKind::Invalid, "checking a new password").advise(sentence))
}

/// Whether the account has a password yet; somebody who came by a link has none.
pub(crate) async fn is_set(shared: &Shared, id: &UserId) -> Result<bool, Problem> {
    let users = shared.refractory.users(&Principal::system()).await?;
    Ok(users.iter().any(|user| user.id == *id && user.password.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_is_told_what_to_do() {
        let name = UserName::new("anna").unwrap();
        let rows = [
            ("short", "short", "at least 10"),
            ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "repeats one character"),
            ("anna123456", "anna123456", "your name"),
            ("correct horse", "correct house", "don't match"),
            (&"x1".repeat(600), "", "longer"),
        ];
        for (password, again, sentence) in rows {
            let checked = check(&Secret::new(password), &Secret::new(again), &name);
            let said = checked.unwrap_err().for_people().into_owned();
            assert!(said.contains(sentence), "{password}: {said}");
        }
        let good = Secret::new("correct horse battery");
        assert!(check(&good, &good, &name).is_ok());
    }
}
