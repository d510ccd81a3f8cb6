//! Foundry's setup: tickets into it, and the passes that browsers hold meanwhile.
use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Deployment, MintedToken, Refractory};
use crate::access::{Verb, check};
use crate::digest::sha256_hex;
use crate::error::unless_raced;
use crate::id::random_text;
use crate::model::{
    Event, EventKind, Instance, Phase, Power, Principal, Purpose, SetupEntry, SetupTicket, Token,
    User, Via, WorldSummary,
};
use crate::ports::{Collection, Index, Observed, Query};
use crate::reconcile::bounded;
use crate::{Code, Error, ErrorKind, InstanceId, Result, Secret, SecretName, Timestamp, UserId};

const DURING: &str = "entering Foundry's setup";
/// From the button to the table's own host.
const TICKET: Duration = Duration::from_mins(1);
/// How long somebody may work in Foundry's setup before they show again that they may.
const PASS: Duration = Duration::from_hours(2);
/// Where the key that signs passes lies in the vault.
const KEY_NAME: &str = "foundry-setup-key";

/// What a browser shows to be let through to Foundry's setup. It is signed, so that an edge needs nobody to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupPass {
    /// Where it is good.
    pub instance: InstanceId,
    /// The count of revocations at which it was made.
    pub generation: u64,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Whose account; none for an operator at the prompt.
    pub user: Option<UserId>,
}

/// A browser was let into Foundry's setup.
#[derive(Debug, Clone)]
pub struct EnteredSetup {
    /// The pass, as it goes into a cookie.
    pub pass: Secret,
    /// How long it is good.
    pub lasts: Duration,
    /// The value of Foundry's own session cookie, signed in to its administration.
    pub session: Secret,
}

impl SetupPass {
    fn payload(&self) -> String {
        let user = self.user.as_ref().map_or("", UserId::as_str);
        format!("{}:{}:{}:{user}", self.instance, self.generation, self.until.0)
    }

    /// The pass in text, signed with `key`.
    fn seal(&self, key: &Secret) -> Secret {
        let payload = self.payload();
        let mac = hex::encode(mac(key, &payload).finalize().into_bytes());
        Secret::new(format!("{payload}:{mac}"))
    }

    /// Reads what [`seal`](Self::seal) wrote; none for everything else.
    fn open(text: &str, key: &Secret) -> Option<Self> {
        let (payload, shown) = text.rsplit_once(':')?;
        mac(key, payload).verify_slice(&hex::decode(shown).ok()?).ok()?;
        let mut parts = payload.split(':');
        let pass = Self {
            instance: parts.next()?.parse().ok()?,
            generation: parts.next()?.parse().ok()?,
            until: Timestamp(parts.next()?.parse().ok()?),
            user: match parts.next()? {
                "" => None,
                user => Some(user.parse().ok()?),
            },
        };
        parts.next().is_none().then_some(pass)
    }
}

fn mac(key: &Secret, payload: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(b"refractory, a pass to Foundry's setup\0");
    mac.update(payload.as_bytes());
    mac
}

impl Deployment {
    /// The key that signs passes: made once, read once by each process.
    async fn setup_key(&self) -> Result<&Secret> {
        self.setup_key.get_or_try_init(|| self.kept_setup_key()).await
    }

    async fn kept_setup_key(&self) -> Result<Secret> {
        let name = SecretName::new(KEY_NAME)?;
        match self.ports.vault.ensure(&name, &Secret::new(random_text(52))).await? {
            Observed::Ready(key) => Ok(key),
            Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => {
                Err(Error::new(ErrorKind::Unexpected, DURING).coded(Code::OTHER_KEY_FILE))
            }
        }
    }

    /// Why nobody can be let into Foundry's setup of `instance` just now, if so.
    fn check_setup(&self, instance: &Instance) -> Result<()> {
        let refused = |kind, sentence: String| {
            Err(Error::new(kind, DURING)
                .permanent()
                .about("instance", &instance.id)
                .advise(sentence))
        };
        if self.ports.dns.bypasses_proxy() {
            return refused(
                ErrorKind::Unsupported,
                "The load balancer of this deployment leads past Refractory, so Foundry's setup can't be opened. Set `routing = \"edge\"` in `[aws]` to use it.".to_owned(),
            );
        }
        if instance.desired.power == Power::Gone {
            return refused(ErrorKind::Conflict, "This table is being deleted.".to_owned());
        }
        if !matches!(instance.phase(), Phase::On(_)) {
            return refused(
                ErrorKind::Conflict,
                "Foundry's setup opens only while the table is on. Start the table first."
                    .to_owned(),
            );
        }
        if let Some(world) = instance.open_world() {
            let sentence = if let Some(chosen) = &instance.desired.spec.world {
                format!(
                    "The world `{world}` is open, and the table opens the world `{chosen}` at every start. To get back to Foundry's setup, clear the world in the table's settings, then stop the table and start it again."
                )
            } else {
                format!(
                    "The world `{world}` is open. Stop the table and start it again to get back to Foundry's setup."
                )
            };
            return refused(ErrorKind::Conflict, sentence);
        }
        Ok(())
    }

    /// A session that is Foundry's administrator's, for a person's browser.
    async fn administer(&self, instance: &Instance) -> Result<Secret> {
        let target = self.target(instance).await?;
        bounded(self.options.deadline, DURING, self.ports.game.administer(&target)).await
    }
}

impl Refractory {
    /// A ticket that lets one browser into Foundry's setup of an instance, once, within a minute.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` while it is not in its setup; `Unsupported` where its name leads past the edge.
    pub async fn setup_ticket(&self, who: &Principal, id: &InstanceId) -> Result<MintedToken> {
        let instance = self.get(who, id).await?;
        check(who, Verb::SetUpInstance, &instance, id)?;
        self.deployment.check_setup(&instance)?;
        let ticket = SetupTicket {
            instance: instance.id.clone(),
            host: self.setup_host(&instance),
            generation: instance.setup.generation,
            user: who.user.clone(),
            name: who.name.clone(),
        };
        let epoch = self.account(&ticket).await?.map_or(0, |user| epoch_of(&user));
        self.mint(Purpose::FoundrySetup(ticket), TICKET, epoch).await
    }

    /// The host at which Foundry's setup of `instance` is entered.
    pub fn setup_host(&self, instance: &Instance) -> String {
        let at = self.addressing();
        if at.by_path { at.domain.clone() } else { self.hostname(instance).to_string() }
    }

    /// Whose ticket `secret` is, if it is good for `id` at `host`. Changes nothing.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn setup_ticket_of(
        &self,
        secret: &str,
        id: &InstanceId,
        host: &str,
    ) -> Result<Option<SetupTicket>> {
        let Some(token) = self.token(secret).await? else { return Ok(None) };
        let Purpose::FoundrySetup(ticket) = token.purpose else { return Ok(None) };
        let fits = ticket.instance == *id && ticket.host.eq_ignore_ascii_case(host);
        Ok(fits.then_some(ticket))
    }

    /// Takes a ticket that is shown at `host` for the instance `id` from `address`, and lets its browser in; `None` when it is not good any more.
    ///
    /// # Errors
    ///
    /// As [`setup_ticket`](Self::setup_ticket) has them, for what has changed since; `Unavailable` where Foundry does not answer.
    pub async fn enter_setup(
        &self,
        secret: &str,
        id: &InstanceId,
        host: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<EnteredSetup>> {
        let Some(ticket) = self.setup_ticket_of(secret, id, host).await? else { return Ok(None) };
        let Some(token) = self.token(secret).await? else { return Ok(None) };
        // Taking the ticket is what decides between two browsers, whichever edges they came to.
        if unless_raced(self.collection().delete(&token).await)?.is_none() {
            return Ok(None);
        }
        let Some(who) = self.holder(&ticket, &token).await? else { return Ok(None) };
        let who = who.seen_at(address);
        let instance = self.get(&who, id).await?;
        if instance.setup.generation != ticket.generation {
            return Ok(None);
        }
        check(&who, Verb::SetUpInstance, &instance, id)?;
        self.deployment.check_setup(&instance)?;
        let session = self.deployment.administer(&instance).await?;
        let until = self.now().after(PASS);
        let Some(generation) = self.admit(&who, &ticket, until, &session).await? else {
            return Ok(None);
        };
        let pass = SetupPass { instance: id.clone(), generation, until, user: who.user.clone() };
        let pass = pass.seal(self.deployment.setup_key().await?);
        let event = self.event(&who, EventKind::SetupEntered).about(&instance);
        self.deployment.record(event).await;
        Ok(Some(EnteredSetup { pass, lasts: PASS, session }))
    }

    /// Whose `ticket` it is; none for an operator's, and when the account is gone.
    async fn account(&self, ticket: &SetupTicket) -> Result<Option<User>> {
        match &ticket.user {
            Some(user) => self.collection::<User>().load(user.as_str()).await,
            None => Ok(None),
        }
    }

    /// Who holds `ticket`, as they are now; none when their account is gone, or was signed out everywhere since it was made.
    async fn holder(&self, ticket: &SetupTicket, token: &Token) -> Result<Option<Principal>> {
        if ticket.user.is_none() {
            return Ok(Some(Principal { name: ticket.name.clone(), ..Principal::operator() }));
        }
        let user = self.account(ticket).await?;
        let user = user.filter(|user| epoch_of(user) == token.epoch);
        match user {
            Some(user) => self.principal(&user, Via::Web).await,
            None => Ok(None),
        }
    }

    /// Writes down that `who` was let in, before any browser has the pass; the count it is good at, unless all was
    /// revoked meanwhile.
    async fn admit(
        &self,
        who: &Principal,
        ticket: &SetupTicket,
        until: Timestamp,
        session: &Secret,
    ) -> Result<Option<u64>> {
        let (now, digest) = (self.now(), foundry_session_digest(session.expose()));
        let entry = SetupEntry { user: who.user.clone(), until };
        let mut good = None;
        self.collection::<Instance>()
            .update(ticket.instance.as_str(), |row| {
                good = (row.setup.generation == ticket.generation).then_some(ticket.generation);
                if good.is_some() {
                    row.setup.enter(entry.clone(), now);
                    row.setup.note_session(digest.clone());
                }
                Ok(good.is_some())
            })
            .await?;
        self.deployment.nudge();
        Ok(good)
    }

    /// Reads a pass that a browser shows. None for what this deployment never signed; one that is over or void is read all
    /// the same: see [`is_good_for`](SetupPass::is_good_for). Asks the vault once in the life of a process, and nobody else.
    pub async fn setup_pass(&self, text: &str) -> Option<SetupPass> {
        match self.deployment.setup_key().await {
            Ok(key) => SetupPass::open(text, key),
            Err(error) => {
                tracing::warn!(%error, "a pass to Foundry's setup could not be checked");
                None
            }
        }
    }

    /// Signs a browser with a good `pass` in to Foundry's administration again, as after a restart of the program.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` while it is not in its setup, or where the pass was revoked; `Unavailable`.
    pub async fn administer_setup(&self, pass: &SetupPass) -> Result<Secret> {
        let instance = self.get(&Principal::system(), &pass.instance).await?;
        self.deployment.check_setup(&instance)?;
        if !pass.is_good_for(instance.setup.generation, self.now()) {
            return Err(Error::new(ErrorKind::Conflict, DURING)
                .permanent()
                .advise("Your entry to Foundry's setup has ended. Open it again."));
        }
        let session = self.deployment.administer(&instance).await?;
        let digest = foundry_session_digest(session.expose());
        self.collection::<Instance>()
            .update(pass.instance.as_str(), |row| {
                row.setup.note_session(digest.clone());
                Ok(true)
            })
            .await?;
        self.deployment.nudge();
        Ok(session)
    }

    /// Voids every pass to Foundry's setup of an instance, as when a world opens in it.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn close_setup(&self, id: &InstanceId) -> Result<()> {
        self.collection::<Instance>().update(id.as_str(), |row| Ok(row.setup.revoke())).await?;
        self.deployment.nudge();
        Ok(())
    }

    /// Voids every pass that was made for an account, because it may not do any more what it could.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(super) async fn close_setups_of(&self, user: &UserId) -> Result<()> {
        let mut pages = self.collection::<Instance>().pages(Query::index(Index::InstanceInSetup));
        while let Some(page) = pages.next().await? {
            for instance in page.records.iter().filter(|instance| instance.setup.has(user)) {
                self.close_setup(&instance.id).await?;
            }
        }
        Ok(())
    }

    /// Writes down that Foundry is about to be told to save its settings: it exits after that, and that is a restart.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn settings_saved(&self, id: &InstanceId) -> Result<()> {
        let now = self.now();
        self.collection::<Instance>()
            .update_with_events(id.as_str(), |row| {
                row.setup.settings_saved = Some(now);
                let event = Event::by_system(now, EventKind::SettingsSaved).about(row);
                Ok((true, vec![event]))
            })
            .await?;
        self.deployment.nudge();
        Ok(())
    }

    /// The worlds of an instance: asked of Foundry where it is in its setup, else what is known from before.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn worlds(&self, who: &Principal, id: &InstanceId) -> Result<Vec<WorldSummary>> {
        let instance = self.get(who, id).await?;
        check(who, Verb::SetUpInstance, &instance, id)?;
        self.known_worlds(instance).await
    }

    /// Asks Foundry for the worlds of an instance, as when one was made in its setup, and writes them down.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn note_worlds(&self, id: &InstanceId) -> Result<()> {
        match self.collection::<Instance>().load(id.as_str()).await? {
            Some(instance) => self.known_worlds(instance).await.map(drop),
            None => Ok(()),
        }
    }

    async fn known_worlds(&self, instance: Instance) -> Result<Vec<WorldSummary>> {
        if !instance.is_in_setup() {
            return Ok(instance.worlds);
        }
        let id = &instance.id;
        let asked = async {
            let target = self.deployment.target(&instance).await?;
            self.deployment.ports.game.worlds(&target).await
        };
        let deadline = self.deployment.options.deadline;
        let Ok(Some(found)) = bounded(deadline, "asking for worlds", asked).await else {
            return Ok(instance.worlds);
        };
        let kept = Collection::<Instance>::of(self.deployment.ports.store.as_ref())
            .update(id.as_str(), |row| Ok(WorldSummary::replace(&mut row.worlds, found.clone())))
            .await?;
        self.deployment.nudge();
        Ok(kept.map_or(instance.worlds, |row| row.worlds))
    }
}

/// Counts what makes tickets void: being signed out everywhere, and a change of role. Both counts only grow.
fn epoch_of(user: &User) -> u64 {
    user.session_epoch + user.link_epoch
}

impl SetupPass {
    /// Whether it is good at the count `generation` of revocations, at `now`. One that was made at a later count than the
    /// one that is known is newer than what is known.
    pub fn is_good_for(&self, generation: u64, now: Timestamp) -> bool {
        // A clock that was set back must not make it last longer than it was made for.
        let left = self.until.since(now);
        self.generation >= generation && !left.is_zero() && left <= PASS
    }
}

/// The name under which a session of Foundry's administrator is known: never the session itself.
pub fn foundry_session_digest(session: &str) -> String {
    sha256_hex(&[b"foundry session", session.as_bytes()])
}

#[cfg(test)]
mod tests;
