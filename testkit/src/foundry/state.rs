//! The running program: everything its parts share.
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::admin::AdminKey;
use super::args::Args;
use super::behaviour::{CrashTrigger, Moment};
use super::console::Console;
use super::exit::{Exit, ExitReason};
use super::folder::DataFolder;
use super::game::Game;
use super::landing::{LandingState, landing};
use super::license::{License, LicenseState, machine_name};
use super::options::Options;
use super::program::Program;
use super::request_log::RequestLog;
use super::session::{Session, Sessions};
use super::socket::{Hub, Polls};
use super::switches::Switches;
use super::tasks::Tasks;

/// The program, running.
#[derive(Debug)]
pub(crate) struct FoundryState {
    pub(crate) program: Program,
    pub(crate) folder: DataFolder,
    pub(crate) options: Options,
    pub(crate) admin: AdminKey,
    pub(crate) console: Console,
    pub(crate) switches: Switches,
    pub(crate) sessions: Sessions,
    pub(crate) hub: Hub,
    pub(crate) polls: Polls,
    pub(crate) spy: RequestLog,
    pub(crate) exit: Exit,
    pub(crate) tasks: Tasks,
    pub(crate) started: Instant,
    license: Mutex<Licensing>,
    game: Mutex<Game>,
}

#[derive(Debug)]
struct Licensing {
    license: License,
    accepted_now: bool,
}

impl FoundryState {
    /// Reads what the data folder says; `Err` is the sentence the program dies with.
    pub(crate) fn new(
        program: Program,
        folder: DataFolder,
        args: &Args,
        console: Console,
        switches: Switches,
    ) -> Result<Self, String> {
        let options = Options::read(&folder, args)?;
        let password = args.value(program.version.admin_field());
        let admin = AdminKey::read(&folder, options.password_salt.as_deref(), password)
            .map_err(|why| format!("cannot write admin.txt: {why}"))?;
        let license = Licensing { license: License::read(&folder), accepted_now: false };
        Ok(Self {
            program,
            folder,
            options,
            admin,
            console,
            switches,
            sessions: Sessions::default(),
            hub: Hub::default(),
            polls: Polls::default(),
            spy: RequestLog::default(),
            exit: Exit::default(),
            tasks: Tasks::default(),
            started: Instant::now(),
            license: Mutex::new(license),
            game: Mutex::new(Game::Idle),
        })
    }

    /// The state of the game. Never held across an await.
    pub(crate) fn game(&self) -> MutexGuard<'_, Game> {
        self.game.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host name the license is held against.
    pub(crate) fn host(&self) -> String {
        self.switches.now().hostname.clone().unwrap_or_else(machine_name)
    }

    /// What the license is worth here and now.
    pub(crate) fn standing(&self) -> LicenseState {
        if self.program.demo {
            return LicenseState::Signed;
        }
        let licensing = self.licensing();
        let standing = licensing.license.state(&self.host());
        let again = self.switches.now().eula_again && !licensing.accepted_now;
        if again && standing == LicenseState::Signed { LicenseState::Rejected } else { standing }
    }

    /// The license key.
    pub(crate) fn license_key(&self) -> Option<String> {
        self.licensing().license.key()
    }

    /// Stores a key.
    pub(crate) fn enter_key(&self, key: String) -> std::io::Result<()> {
        self.licensing().license.enter(key, &self.folder)
    }

    /// Stores a signature.
    pub(crate) fn keep_signature(
        &self,
        signed: serde_json::Map<String, serde_json::Value>,
    ) -> std::io::Result<()> {
        let mut licensing = self.licensing();
        licensing.accepted_now = true;
        licensing.license.sign(signed, &self.folder)
    }

    /// Where `GET /` leads this visitor.
    pub(crate) fn landing(&self, visitor: &Session) -> &'static str {
        landing(LandingState {
            standing: self.standing(),
            admin_set: self.admin.is_set(),
            is_admin: visitor.admin,
            active: self.game().active().is_some(),
            seated: visitor.user.is_some(),
        })
    }

    /// Whether this visitor may use the setup pages.
    pub(crate) fn may_set_up(&self, visitor: &Session) -> bool {
        visitor.admin || !self.admin.is_set()
    }

    /// Whether this visitor sits in the game with the role of a gamemaster.
    pub(crate) fn is_gamemaster(&self, visitor: &Session) -> bool {
        let game = self.game();
        let user = visitor.user.as_deref().and_then(|id| game.active()?.users.find(id));
        user.is_some_and(|user| user.role() == super::users::GAMEMASTER)
    }

    /// Dies here, if this is the moment the stand-in was told to die at.
    pub(crate) async fn pass(&self, moment: Moment) {
        let behaviour = self.switches.now();
        if behaviour.crash == CrashTrigger::At(moment) {
            self.exit.never_return(ExitReason::Crash(behaviour.crash_code)).await;
        }
    }

    /// `path` under the route prefix.
    pub(crate) fn prefixed(&self, path: &str) -> String {
        match &self.options.route_prefix {
            Some(prefix) => format!("/{prefix}{path}"),
            None => path.to_owned(),
        }
    }

    fn licensing(&self) -> MutexGuard<'_, Licensing> {
        self.license.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
