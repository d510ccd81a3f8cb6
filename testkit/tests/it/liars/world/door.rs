//! Doors to uploads that lie.
use refractory_core::ports::{
    AccessDecision, AssetGateway, AssetReader, AssetRefusal, AssetRequest,
};
use refractory_core::{InstanceId, Result, async_trait};
use testkit::conformance::door::Program;
use testkit::world::World;

use super::{every_lie_is_caught, held_against};
use crate::subjects::{door, world};

lies! {
    SomebodyMustSign,
    ForgetsTheRange,
    PassesSessionsOn,
    PassesQueriesOn,
    AnybodyWrites,
    AnybodyLists,
    FollowsDots,
    OneKeyForAll,
    BelievesEverySignature,
    ChecksTheKeyOnly,
    SendsTheirSignature,
    GrantsWhatIsAsked,
    AllowsEveryVerb,
    ServesWhatSleeps,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
}

impl Liar {
    /// `ask`, signed by its own program, in place of an earlier signature.
    fn honest(&self, ask: &AssetRequest) -> AssetRequest {
        let mut ask = ask.clone();
        ask.headers.retain(|(name, _)| name != "authorization");
        self.world.sign(&ask.of.clone(), ask)
    }

    /// What is passed on for `ask`, which the world would refuse, as if it were another.
    async fn as_if(
        &self,
        ask: &AssetRequest,
        change: impl FnOnce(&mut AssetRequest),
    ) -> Result<AccessDecision> {
        let mut other = ask.clone();
        change(&mut other);
        let signed = if ask.is_signed() { self.honest(&other) } else { other };
        let mut pass = self.world.admit(&signed).await?;
        if let AccessDecision::Send(errand) = &mut pass {
            errand.method.clone_from(&ask.method);
        }
        Ok(pass)
    }

    /// How the lie changes what the world says about `ask`.
    async fn instead(&self, ask: &AssetRequest) -> Result<Option<AccessDecision>> {
        let refusal = AccessDecision::Refuse(AssetRefusal { status: 403, told: None });
        let signed = ask.is_signed();
        let below = ask.path.strip_prefix(&format!("/{}", ask.handle)).unwrap_or_default();
        let one = |ask: &mut AssetRequest| ask.path = format!("/{}/map", ask.handle);
        Ok(match self.lie {
            Lie::SomebodyMustSign if !signed => Some(refusal),
            Lie::AnybodyWrites if !signed && below.len() > 1 => {
                Some(self.as_if(ask, |ask| "GET".clone_into(&mut ask.method)).await?)
            }
            Lie::AnybodyLists if !signed && ask.method == "GET" && below.len() < 2 => {
                Some(self.as_if(ask, one).await?)
            }
            Lie::FollowsDots if ask.path.contains('.') => {
                Some(self.as_if(ask, |ask| ask.path = ask.path.replace(['.', '%'], "")).await?)
            }
            Lie::OneKeyForAll if signed => {
                let b = InstanceId::new("b")?;
                let mut theirs = ask.clone();
                theirs.headers.retain(|(name, _)| name != "authorization");
                let theirs = self.world.sign(&b, theirs);
                let same = theirs.values("authorization").eq(ask.values("authorization"));
                if same { Some(self.world.admit(&self.honest(ask)).await?) } else { None }
            }
            Lie::BelievesEverySignature if signed => {
                Some(self.world.admit(&self.honest(ask)).await?)
            }
            Lie::ChecksTheKeyOnly
                if ask.values("authorization").any(|by| by.contains("key of a")) =>
            {
                Some(self.world.admit(&self.honest(ask)).await?)
            }
            Lie::AllowsEveryVerb if signed => {
                let plain = |ask: &mut AssetRequest| {
                    ask.path = format!("/{}/map", ask.handle);
                    ask.query.clear();
                    "GET".clone_into(&mut ask.method);
                };
                let own = self.honest(ask).values("authorization").eq(ask.values("authorization"));
                if own { Some(self.as_if(ask, plain).await?) } else { None }
            }
            Lie::ServesWhatSleeps => {
                let awake = AssetRequest { launched: true, ..ask.clone() };
                Some(self.world.admit(&awake).await?)
            }
            _ => None,
        })
    }

    fn spoil(&self, ask: &AssetRequest, pass: &mut AccessDecision) {
        let AccessDecision::Send(errand) = pass else { return };
        let mut add = |name: &str| {
            errand
                .headers
                .extend(ask.values(name).map(|value| (name.to_owned(), value.to_owned())));
        };
        match self.lie {
            Lie::PassesSessionsOn => add("cookie"),
            Lie::GrantsWhatIsAsked if errand.to == AssetReader::Program => add("x-amz-acl"),
            Lie::SendsTheirSignature => add("authorization"),
            Lie::ForgetsTheRange => errand.headers.retain(|(name, _)| name != "range"),
            Lie::PassesQueriesOn if !ask.is_signed() => errand.url.extend(["?", &ask.query]),
            _ => {}
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl AssetGateway for Liar {
    async fn admit(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let mut pass = match self.instead(ask).await? {
            Some(pass) => pass,
            None => self.world.admit(ask).await?,
        };
        self.spoil(ask, &mut pass);
        Ok(pass)
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_doors_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(door_cases, door, LIES, |lie| async move {
        let world = world();
        door(&world, Liar { world: world.clone(), lie })
    });
}
