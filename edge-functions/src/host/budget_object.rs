//! The Durable Object of one budget, and the way to it.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::problem::ProblemCode;
use worker::{DurableObject, Env, Method, Request, RequestInit, Response, State, durable_object};

use super::provider::Refusal;
use super::{body, clock, log};
use crate::budget::{Allowance, Exhausted, Spent};
use crate::desk::HostFailure;
use crate::reply::Reply;

/// Key of what is stored.
const SPENT: &str = "spent";
/// How often it is stored at most while something is left, in milliseconds: what is spent in less is lost where the object goes in
/// between, and a write to disk for every call would cost more than the calls that it counts.
const STORED_EVERY_MS: i64 = 1000;

/// Whose budget.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Of a relying party, for requests that it pushes.
    Pushed(&'a str),
    /// Of a relying party, for requests that anybody may bring.
    Direct(&'a str),
    /// Of all who read the register.
    Public,
    /// Of those for whom the evidence keys have to be fetched from the matcher.
    Keys,
}

/// Spends one of a budget.
pub(super) async fn spend(env: &Env, whose: Whose<'_>, allowance: Allowance) -> Result<(), Refusal> {
    let name = match whose {
        Whose::Pushed(client) => format!("pushed/{client}"),
        Whose::Direct(client) => format!("direct/{client}"),
        Whose::Public => "public".to_owned(),
        Whose::Keys => "keys".to_owned(),
    };
    let unable = |_: worker::Error| {
        log::note("budget.unreachable", ProblemCode::TryLater.as_str());
        Refusal::Problem(ProblemCode::TryLater)
    };
    let text = serde_json::to_string(&allowance).map_err(|_| Refusal::Problem(ProblemCode::Internal))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(text.into()));
    let asked = async {
        let stub = env.durable_object("BUDGET")?.get_by_name(&name)?;
        let mut answer = stub
            .fetch_with_request(Request::new_with_init("http://budget/", &init)?)
            .await?;
        answer.json::<Option<u32>>().await
    };
    match asked.await.map_err(unable)? {
        None => Ok(()),
        Some(retry_after) => Err(Refusal::Exhausted(Exhausted { retry_after })),
    }
}

/// One budget.
#[durable_object]
pub struct BudgetObject {
    state: State,
    /// What was spent, and when that was stored; nothing before it was loaded.
    spent: Cell<Option<(Spent, Timestamp)>>,
}

impl DurableObject for BudgetObject {
    fn new(state: State, _: Env) -> Self {
        Self {
            state,
            spent: Cell::new(None),
        }
    }

    /// Spends one of the allowance in the body; the answer is null, or for how many seconds nothing is left.
    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let allowance: Allowance = request.json().await?;
        let now = clock::now();
        // The runtime lets no other call in while one waits for the storage.
        let (spent, stored_at) = match self.spent.get() {
            Some(known) => known,
            None => (self.load().await?, Timestamp::UNIX_EPOCH),
        };
        let answer = match spent.one(allowance, now) {
            Ok(spent) => {
                let passed = now.duration_since(stored_at).abs() >= SignedDuration::from_millis(STORED_EVERY_MS);
                let due = passed || spent.one(allowance, now).is_err();
                self.spent.set(Some((spent, if due { now } else { stored_at })));
                if due {
                    self.store(spent).await?;
                }
                None
            }
            Err(Exhausted { retry_after }) => Some(retry_after),
        };
        body::response(Reply::json(200, &answer))
    }
}

impl BudgetObject {
    async fn load(&self) -> worker::Result<Spent> {
        let text: Option<String> = self.state.storage().get(SPENT).await.inspect_err(failed)?;
        // What can't be read was written by another version: it is worth a burst, and not a relying party's day.
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    async fn store(&self, spent: Spent) -> worker::Result<()> {
        let text = serde_json::to_string(&spent)?;
        self.state.storage().put_raw(SPENT, text).await.inspect_err(failed)
    }
}

fn failed(_: &worker::Error) {
    log::failed(HostFailure::Storage);
}
