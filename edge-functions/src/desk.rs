//! A session's desk: loads what is stored of one session, lets the pure parts decide, stores, calls the matcher, answers.
//! The host lends it clock, randomness, storage and the way to the matcher, and lets one call in at a time.

mod answer;
mod oidc;
mod record;
#[cfg(test)]
mod tests;
mod work;

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use tanu_law::nbs::session::{Place, Session};
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::problem::ProblemCode;

use crate::budget::{Exhausted, Purse};
use crate::call::{Act, Call};
use crate::config::Config;
use crate::keys::Keys;
use crate::matcher::{MatcherCall, MatcherFailure};
use crate::reply::Reply;

#[cfg(feature = "openapi")]
pub(crate) use oidc::{PushedRequest, ResultMessage, UserInfo};
pub use oidc::{REQUEST_URI, bring};
pub use record::{Record, Stored};

/// How long a pushed request waits for its browser, in seconds (RFC 9126).
pub const PUSHED_SECONDS: i64 = 90;
/// How long a session that has ended is kept for its relying party to fetch the result, in seconds. Then all that the edge
/// has of it is deleted.
pub const KEPT_SECONDS: i64 = 24 * 60 * 60;
/// How long until what the matcher could not do is tried again unasked, in seconds: at first.
pub const RETRY_SECONDS: i64 = 30;
/// And at most: each wait is as long as the session has been past its time.
pub const MOST_RETRY_SECONDS: i64 = 60 * 60;
/// How long behind its time a session is given up whose end the matcher does not put on record, in seconds. By then the matcher has ended
/// on its own what it held of it.
pub const GIVEN_UP_SECONDS: i64 = 3 * 24 * 60 * 60;

/// What the host lends.
pub trait Host {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Fresh bytes of a cryptographic random source.
    fn random<const N: usize>(&self) -> Result<[u8; N], HostFailure>;

    /// What is stored.
    fn load(&self) -> impl Future<Output = Result<Option<Record>, HostFailure>>;

    /// Stores. When this returns, it is stored.
    fn save(&self, record: &Record) -> impl Future<Output = Result<(), HostFailure>>;

    /// Deletes all that is stored.
    fn forget(&self) -> impl Future<Output = Result<(), HostFailure>>;

    /// Asks for a call of [`Desk::wake`] at a time, instead of any asked for before.
    fn wake_at(&self, time: Timestamp) -> impl Future<Output = Result<(), HostFailure>>;

    /// Asks the matcher, over the authenticated channel.
    fn ask(&self, call: &MatcherCall) -> impl Future<Output = Result<Vec<u8>, MatcherFailure>>;

    /// Spends one of a budget of this session.
    fn spend(&self, of: Purse) -> Result<(), Exhausted>;

    /// Whether there is something left in a budget of this session.
    fn left(&self, of: Purse) -> Result<(), Exhausted>;

    /// Whether the citizen has broken off while a call before theirs is still being answered ([`Desk::may_break_off`]).
    fn broken_off(&self) -> bool;

    /// Lets other calls in: what this one does from here on only reads.
    fn give_turn_back(&self);

    /// Notes an event in the log, by codes that carry nothing personal.
    fn note(&self, event: &str, code: &str);
}

/// The host could not do its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostFailure {
    /// Storage.
    #[error("storage does not answer")]
    Storage,
    /// Stored, but of another version or damaged.
    #[error("what is stored can't be read")]
    Unreadable,
    /// Randomness.
    #[error("the random source does not answer")]
    Random,
}

impl HostFailure {
    /// The event as which the log has it.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Storage => "host.storage",
            Self::Unreadable => "host.unreadable",
            Self::Random => "host.random",
        }
    }
}

impl From<HostFailure> for ProblemCode {
    /// What is down comes back; what can't be read stays so.
    fn from(failure: HostFailure) -> Self {
        match failure {
            HostFailure::Storage | HostFailure::Random => Self::TryLater,
            HostFailure::Unreadable => Self::Internal,
        }
    }
}

/// One session's desk.
pub struct Desk<'a, H> {
    host: &'a H,
    config: &'a Config,
    keys: &'a Keys,
    session: SessionId,
}

impl<'a, H: Host> Desk<'a, H> {
    /// The desk of `session`.
    pub const fn new(host: &'a H, config: &'a Config, keys: &'a Keys, session: SessionId) -> Self {
        Self {
            host,
            config,
            keys,
            session,
        }
    }

    /// Answers a call. The host makes sure that no other call is being answered meanwhile.
    pub async fn answer(&self, call: Call) -> Reply {
        let result = match call {
            Call::Push {
                reference,
                authorization,
            } => self.push(reference, *authorization).await,
            Call::Accept { client, browser } => self.accept(&client, browser).await,
            Call::Browser { browser, act } => self.browser(browser, act).await,
            Call::Redeem {
                client,
                code,
                redirect_uri,
                verifier,
            } => self.redeem(&client, &code, &redirect_uri, &verifier).await,
            Call::UserInfo { token } => self.user_info(&token).await,
            Call::Result { client } => self.result(&client).await,
        };
        result.unwrap_or_else(|code| self.problem(code))
    }

    /// Whether frames that `browser` is sending for a step are worth reading: why not, where they are not. It comes before
    /// [`Desk::answer`], which decides. Those that come too late are read, so that the page hears how the session stands.
    pub async fn turned_away(&self, browser: Sha256Digest, index: StepIndex) -> Option<Reply> {
        let look = async {
            let stored = self.stored().await?;
            if stored.browser != browser {
                return Err(ProblemCode::SessionUnknown);
            }
            let purses = [Purse::Browser, Purse::RefusedFrames];
            if let Some(exhausted) = purses.into_iter().find_map(|purse| self.host.left(purse).err()) {
                return Ok(Some(exhausted.into()));
            }
            let session = stored.session.at(self.host.now());
            match session.place(index) {
                Place::Open(_) | Place::Received(_) | Place::Past => Ok(None),
                Place::Ahead => {
                    // There was something left in each.
                    let _ = purses.map(|purse| self.host.spend(purse));
                    Err(ProblemCode::SessionState)
                }
            }
        };
        look.await.unwrap_or_else(|code| Some(self.problem(code)))
    }

    /// Whether `browser` may break the session off. It comes before [`Desk::answer`], which does it in turn: a call that is being
    /// answered then begins nothing new any more ([`Host::broken_off`]).
    pub async fn may_break_off(&self, browser: Sha256Digest) -> bool {
        self.host.left(Purse::Browser).is_ok() && self.stored().await.is_ok_and(|stored| stored.browser == browser)
    }

    /// Does what time brings: expiry, what the matcher could not do, forgetting.
    ///
    /// # Errors
    /// [`HostFailure`]: the host calls again later.
    pub async fn wake(&self) -> Result<(), HostFailure> {
        let now = self.host.now();
        let mut stored = match self.host.load().await? {
            None => return Ok(()),
            Some(Record::Pushed { until, .. }) if now < until => return self.host.wake_at(until).await,
            Some(Record::Pushed { .. }) => return self.host.forget().await,
            Some(Record::Session(stored)) => *stored,
        };
        if let Some((_, at)) = stored.session.outcome() {
            let until = later(at, KEPT_SECONDS);
            return if now < until {
                self.host.wake_at(until).await
            } else {
                self.host.forget().await
            };
        }
        // A failure has been noted; the next wake tries again.
        let _ = self.settle(&mut stored).await;
        let next = match stored.session.outcome() {
            Some((_, at)) => later(at, KEPT_SECONDS),
            None if now < stored.session.expires_at() => stored.session.expires_at(),
            None => {
                let overdue = now.duration_since(stored.session.expires_at()).as_secs();
                if overdue >= GIVEN_UP_SECONDS {
                    self.host.note("session.given_up", ProblemCode::TryLater.as_str());
                    return self.host.forget().await;
                }
                later(now, overdue.clamp(RETRY_SECONDS, MOST_RETRY_SECONDS))
            }
        };
        self.host.wake_at(next).await
    }

    /// Other browsers spend nothing: they would leave the citizen without.
    async fn browser(&self, browser: Sha256Digest, act: Act) -> Result<Reply, ProblemCode> {
        let mut stored = self.stored().await?;
        if stored.browser != browser {
            return Err(ProblemCode::SessionUnknown);
        }
        if let Err(exhausted) = self.host.spend(Purse::Browser) {
            return Ok(exhausted.into());
        }
        match act {
            Act::See => self.see(&mut stored).await,
            Act::Answer(answer) => self.consent(&mut stored, &answer).await,
            Act::Begin { run } => self.begin(&mut stored, run).await,
            Act::Frames {
                run,
                step,
                capture,
                arrived_at,
            } => {
                let arrived_at = arrived_at.unwrap_or_else(|| self.host.now());
                self.frames(&mut stored, StepIndex { run, step }, capture, arrived_at)
                    .await
            }
            Act::Retry => self.retry(&mut stored).await,
            Act::Cancel => self.cancel(&mut stored).await,
            Act::Documents => self.documents(&stored).await,
            Act::Return => self.go_back(&mut stored).await,
        }
    }

    fn problem(&self, code: ProblemCode) -> Reply {
        if code.status() >= 500 {
            self.host.note("session", code.as_str());
        }
        Reply::problem(code)
    }

    async fn stored(&self) -> Result<Stored, ProblemCode> {
        match self.host.load().await? {
            Some(Record::Session(stored)) => Ok(*stored),
            Some(Record::Pushed { .. }) | None => Err(ProblemCode::SessionUnknown),
        }
    }

    async fn save(&self, stored: &Stored) -> Result<(), ProblemCode> {
        Ok(self.host.save(&Record::Session(Box::new(stored.clone()))).await?)
    }

    /// Goes on with `session` once it is stored: what is not stored is not shown.
    async fn keep(&self, stored: &mut Stored, session: Session) -> Result<(), ProblemCode> {
        let mut next = stored.clone();
        next.session = session;
        self.save(&next).await?;
        *stored = next;
        Ok(())
    }
}

fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
