//! New passwords in forms.
use refractory_core::model::{Principal, UserName};
use refractory_core::{Error, ErrorKind, Secret, check_new_password};

use crate::form_error::{InField, InvalidForm};
use crate::problem::Problem;
use crate::shared::Shared;

/// Checks a new password, and that it was typed the same way twice.
pub(crate) fn check(password: &Secret, again: &Secret, name: &UserName) -> Result<(), InvalidForm> {
    check_new_password(password, name).in_field("password")?;
    if password != again {
        let differ = Error::new(ErrorKind::Invalid, "checking a new password")
            .advise("The passwords don't match. Enter the same password twice.");
        return Err(InvalidForm::at("again", differ));
    }
    Ok(())
}

/// Whether the account of `who` has a password yet; a user who came by a link has none.
pub(crate) async fn is_set(shared: &Shared, who: &Principal) -> Result<bool, Problem> {
    let user = shared.refractory.own_account(who).await?;
    Ok(user.is_some_and(|user| user.password.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_and_one_typed_differently_name_their_field() {
        let name = UserName::new("anna").unwrap();
        let rows = [
            ("short", "short", "password", "Use at least 12."),
            ("password1234", "password1234", "password", "too easy to guess"),
            ("correct horse", "correct house", "again", "don't match"),
        ];
        for (password, again, field, sentence) in rows {
            let refused = check(&Secret::new(password), &Secret::new(again), &name).unwrap_err();
            let (_, said) = refused.show().unwrap();
            assert_eq!(said.field, field, "{password}");
            assert!(said.sentence.contains(sentence), "{password}: {}", said.sentence);
        }
        let good = Secret::new("correct horse battery");
        assert!(check(&good, &good, &name).is_ok());
    }
}
