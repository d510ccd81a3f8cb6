//! Linking a Discord account to a user, and signing in to the portal.
use refractory_core::model::{Identity, Principal, Via};
use refractory_core::{Code, Error, ErrorKind, Result, Secret};

use super::{Answer, Bot};
use crate::interaction::Caller;
use crate::message::{Button, Color, Message};
use crate::text::line;

impl Bot {
    /// Links the caller's Discord account to the user whose sign-in link they have.
    pub(super) async fn link(&self, caller: &Caller, secret: &Secret) -> Result<Answer> {
        let identity = Identity::discord(&caller.id.to_string())?;
        // Asked before the link is used up.
        if let Some(who) = self.identify(caller).await? {
            return Ok(Answer::beside(linked(who.name(), "already")));
        }
        let user = self.refractory.take_sign_in_link(secret.expose(), Via::Discord, None).await?;
        let user = user.ok_or_else(used_up)?;
        let session = self.refractory.open_session(&user).await?;
        let outcome = self.link_in_session(&session.secret, &identity).await;
        self.directory.note_caller(caller.id, None);
        outcome?;
        self.identify(caller).await?;
        Ok(Answer::beside(linked(user.name.as_str(), "now")))
    }

    /// Links while signed in, and signs out again whatever came of it.
    async fn link_in_session(&self, secret: &Secret, identity: &Identity) -> Result<()> {
        let who = self.refractory.session(secret.expose(), Via::Discord).await?;
        let who = who.ok_or_else(used_up)?;
        let linked = match who.user() {
            Some(user) => self.refractory.link_identity(&who, user, identity).await.map(drop),
            None => Err(used_up()),
        };
        let closed = self.refractory.close_session(&who, secret.expose()).await;
        linked.and(closed)
    }

    /// A link that signs the caller in to the portal. Discord has said who they are, so the deployment makes it for them.
    pub(super) async fn portal(&self, who: &Principal) -> Result<Answer> {
        let (Some(user), Some(sign_in_url)) = (who.user(), self.sign_in_url) else {
            return Err(Error::new(ErrorKind::Unsupported, "making a sign-in link"));
        };
        let operator = self.refractory.operator_called("Discord bot".to_owned());
        let minted = self.refractory.sign_in_link(&operator, user).await?;
        let url = sign_in_url(self.refractory.addressing(), &minted);
        let text = "This link signs you in to the portal, once. Keep it to yourself.";
        let open = Button::open("Open the portal", url);
        Ok(Answer::beside(
            Message::note(Color::Good, "Your sign-in link", text).buttons(vec![open]),
        ))
    }
}

fn linked(name: &str, since: &str) -> Message {
    let text = format!(
        "Your Discord account is {since} linked to the Refractory account **{}**. Use `/foundry dashboard` to see your tables. To unlink it, open your account in the portal.",
        line(name)
    );
    Message::note(Color::Good, "Account linked", text)
}

fn used_up() -> Error {
    Error::new(ErrorKind::Forbidden, "using a sign-in link").coded(Code::LINK_EXPIRED)
}
