//! Settings and keys, read once for each isolate.

use std::cell::OnceCell;
use std::rc::Rc;

use tanu_protocol::problem::ProblemCode;
use worker::Env;

use super::log;
use crate::config::Config;
use crate::keys::Keys;

/// Settings and keys.
pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) keys: Keys,
}

thread_local! {
    static SETUP: OnceCell<Option<Rc<Setup>>> = const { OnceCell::new() };
}

/// Settings and keys; where one is wrong, nothing is served and the log names it.
pub(super) fn setup(env: &Env) -> Result<Rc<Setup>, ProblemCode> {
    SETUP
        .with(|cell| cell.get_or_init(|| read(env).map(Rc::new)).clone())
        .ok_or(ProblemCode::Misconfigured)
}

fn read(env: &Env) -> Option<Setup> {
    let text = |binding| match env.var(binding) {
        Ok(text) => Some(text.to_string()),
        Err(_) => {
            log::note("setup.missing", binding);
            None
        }
    };
    let config = match Config::parse(&text("CONFIG")?) {
        Ok(config) => config,
        Err(invalid) => {
            log::note("setup.config", &invalid.to_string());
            return None;
        }
    };
    let keys = Keys::parse(
        &text("EDGE_SIGNING_KEY")?,
        &text("EDGE_CHANNEL_KEY")?,
        &text("MATCHER_CHANNEL_KEY")?,
        &text("SUBJECT_KEY")?,
    );
    match keys {
        Ok(keys) => Some(Setup { config, keys }),
        Err(invalid) => {
            log::note("setup.key", &invalid.to_string());
            None
        }
    }
}
