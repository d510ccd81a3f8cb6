//! Principals: who is asking, made from what they have shown.
use super::Refractory;
use crate::model::{Principal, Via};

impl Refractory {
    /// The operator: the holder of this handle, such as the embedding program itself or a command at the prompt. May do everything, and is called `operator`
    /// in the audit log. Never give it to a request from outside: users' principals come from what they show (`session`, `bearer`).
    pub fn operator(&self) -> Principal {
        Principal::operator()
    }

    /// The operator, under the name of the person at the prompt: for what is accepted in person.
    pub fn operator_called(&self, name: String) -> Principal {
        Principal { name, ..Principal::operator() }
    }

    /// The front end `name` itself: the program that holds this handle, under its own name in the audit log. May do everything,
    /// as [`operator`](Self::operator) may, and is given to no request: a front end registers users and keeps their groups with it.
    pub fn front_end(&self, name: &str, via: Via) -> Principal {
        Principal { name: name.to_owned(), via, ..Principal::operator() }
    }

    /// A caller who has not shown who they are.
    pub fn anonymous(&self, via: Via) -> Principal {
        Principal::anonymous(via)
    }
}

#[cfg(feature = "accounts")]
mod users {
    use super::{Principal, Refractory, Via};
    use crate::model::{Group, GroupMember, User};
    use crate::{Result, UserId};

    impl Refractory {
        /// `user`, who has shown who they are, with role and groups as they are now; none where the account is disabled.
        pub(crate) async fn principal(&self, user: &User, via: Via) -> Result<Option<Principal>> {
            if !user.is_active() {
                return Ok(None);
            }
            Ok(Some(Principal::signed_in(user, self.groups_of(&user.id).await?, via)))
        }

        /// The groups of a user. A membership of a group that is gone, or can't be read, opens nothing.
        async fn groups_of(&self, user: &UserId) -> Result<Vec<GroupMember>> {
            let mut all = Vec::new();
            for membership in self.memberships_of(user).await? {
                let group = self.collection::<Group>().load_readable(membership.group.as_str());
                if group.await?.is_some() {
                    all.push(GroupMember::new(&membership));
                }
            }
            Ok(all)
        }
    }
}
