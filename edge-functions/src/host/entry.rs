//! Where requests come in: transport, route, caps, then on to whoever answers.

use std::cell::RefCell;

use tanu_protocol::capture::{MEDIA_TYPE, MOST_CAPTURE_BYTES};
use tanu_protocol::problem::ProblemCode;
use worker::{Context, Env, Method, Request, Response, Url, event};

use super::budget_object::{Whose, spend};
use super::provider::{self, Refusal, header, pass_on};
use super::setup::{Setup, setup};
use super::{assets, body, clock, matcher};
use crate::about;
use crate::answer_body::{self, consent_answer};
use crate::browser::BrowserKey;
use crate::call::{Act, Call};
use crate::guard::{Provenance, media_type, same_site, transport};
use crate::matcher::{MatcherCall, MatcherFailure};
use crate::navigation::{asks_for_a_page, code_of, explained};
use crate::oidc::metadata::{discovery, jwks};
use crate::pages::common_headers;
use crate::reply::Reply;
use crate::route::{Oidc, Route, SessionCall, route};
use crate::shared::Kept;

/// Where the matcher has the evidence keys.
const EVIDENCE_KEYS: &str = "/v1/keys";

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> worker::Result<Response> {
    let url = request.url()?;
    let response = match answer(&request, &env, &url).await {
        Ok(response) => response,
        Err(refusal) => body::response(refusal.into())?,
    };
    // A response of a service or an object can't be changed: its headers are copied.
    let headers = response.headers().clone();
    for (name, value) in common_headers(url.scheme() == "https") {
        headers.set(name, value)?;
    }
    let response = response.with_headers(headers);
    if request.method() == Method::Head {
        let status = response.status_code();
        let headers = response.headers().clone();
        return Ok(Response::empty()?.with_status(status).with_headers(headers));
    }
    Ok(response)
}

async fn answer(request: &Request, env: &Env, url: &Url) -> Result<Response, Refusal> {
    transport(url, false)?;
    let setup = setup(env)?;
    transport(url, setup.config.is_https())?;
    let method = request.method();
    let route = match route(method.as_ref(), url.path(), url.query().unwrap_or_default()) {
        Ok(route) => route,
        Err(unserved) => return ready(unserved.into()),
    };
    match route {
        Route::Health => ready(about::health()),
        Route::Description => ready(about::description()),
        Route::Asset(path) => assets::asset(env, request, &path).await.map_err(broken),
        Route::Page => assets::page(env).await.map_err(broken),
        Route::Oidc(Oidc::Discovery) => ready(public(&discovery(&setup.config.issuer))),
        Route::Oidc(Oidc::Jwks) => ready(public(&jwks(&setup.keys.signing.public_key()))),
        Route::Oidc(Oidc::Par) => provider::par(env, &setup, request).await,
        Route::Oidc(Oidc::Authorize) => page(request, provider::authorize(env, &setup, request, url).await).await,
        Route::Oidc(Oidc::Token) => provider::token(env, &setup, request).await,
        Route::Oidc(Oidc::UserInfo) => provider::user_info(env, &setup, request).await,
        Route::Session(session, call) => {
            if call.changes() {
                let (origin, fetch_site) = (header(request, "origin"), header(request, "sec-fetch-site"));
                same_site(
                    url,
                    Provenance {
                        origin: origin.as_deref(),
                        fetch_site: fetch_site.as_deref(),
                    },
                )?;
            }
            // Without a key there is nothing to read the body for.
            let browser = known_browser(&setup, request)?.hash();
            let act = act(request, call).await?;
            let frames = matches!(act, Act::Frames { .. });
            let call = Call::Browser { browser, act };
            if frames {
                Ok(provider::pass_frames_on(env, &setup, session, call, request).await?)
            } else {
                Ok(pass_on(env, &setup, session, call).await?)
            }
        }
        Route::Return(session) => {
            let back = async {
                let (browser, act) = (known_browser(&setup, request)?.hash(), Act::Return);
                Ok(pass_on(env, &setup, session, Call::Browser { browser, act }).await?)
            };
            page(request, back.await).await
        }
        Route::Result(session) => provider::result(env, &setup, request, session).await,
        Route::EvidenceKeys => evidence_keys(env, &setup).await,
        Route::Public(path) => register(env, &setup, path).await,
    }
}

/// An answer to a person's browser: a problem becomes the page that explains it, where a page was asked for.
async fn page(request: &Request, answer: Result<Response, Refusal>) -> Result<Response, Refusal> {
    if !asks_for_a_page(header(request, "accept").as_deref()) {
        return answer;
    }
    let code = match answer {
        Ok(response) if response.status_code() < 400 => return Ok(response),
        Ok(mut response) => code_of(&response.bytes().await.map_err(broken)?),
        Err(Refusal::Problem(code)) => code,
        Err(Refusal::Oauth(_)) => ProblemCode::AuthorizationRequest,
        Err(Refusal::Exhausted(_)) => ProblemCode::TooMany,
    };
    ready(explained(code))
}

async fn act(request: &Request, call: SessionCall) -> Result<Act, ProblemCode> {
    let content_type = header(request, "content-type");
    Ok(match call {
        SessionCall::See => Act::See,
        SessionCall::Documents => Act::Documents,
        SessionCall::Begin { run } => Act::Begin { run },
        SessionCall::Retry => Act::Retry,
        SessionCall::Cancel => Act::Cancel,
        SessionCall::Consent => {
            media_type(content_type.as_deref(), "application/json")?;
            Act::Answer(Box::new(consent_answer(
                &body::read(request, answer_body::MOST_BYTES).await?,
            )?))
        }
        SessionCall::Frames { run, step } => {
            media_type(content_type.as_deref(), MEDIA_TYPE)?;
            // They stay in the request, for the session's object to read if it wants them.
            body::declared(request, MOST_CAPTURE_BYTES)?;
            Act::Frames {
                run,
                step,
                capture: Vec::new(),
                arrived_at: None,
            }
        }
    })
}

fn known_browser(setup: &Setup, request: &Request) -> Result<BrowserKey, ProblemCode> {
    let cookies = header(request, "cookie");
    BrowserKey::from_cookies(cookies.as_deref(), setup.config.is_https()).ok_or(ProblemCode::SessionUnknown)
}

thread_local! {
    static KEYS: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// The keys of the evidence are public; the matcher has them. Whoever checks documents needs them, so nobody may use them up: they are
/// kept here for a while, and what is counted is how often they are fetched.
async fn evidence_keys(env: &Env, setup: &Setup) -> Result<Response, Refusal> {
    let kept = KEYS.with_borrow(|keys| Some(keys.as_ref()?.body(clock::now())?.to_vec()));
    let body = match kept {
        Some(body) => body,
        None => {
            spend(env, Whose::Keys, setup.config.public).await?;
            let body = fetched(env, setup, EVIDENCE_KEYS.to_owned()).await?;
            KEYS.set(Some(Kept::new(body.clone(), clock::now())));
            body
        }
    };
    ready(Reply::typed(200, "application/json", body))
}

/// The register is public; the matcher has it.
async fn register(env: &Env, setup: &Setup, path: String) -> Result<Response, Refusal> {
    spend(env, Whose::Public, setup.config.public).await?;
    let media_type = if path == "/v1/register/checkpoint" {
        "application/jose"
    } else {
        "application/json"
    };
    ready(Reply::typed(200, media_type, fetched(env, setup, path).await?))
}

async fn fetched(env: &Env, setup: &Setup, path: String) -> Result<Vec<u8>, Refusal> {
    matcher::ask(env, setup, &MatcherCall::get(path))
        .await
        .map_err(|failure| match failure {
            MatcherFailure::Refused(code) => code.into(),
            MatcherFailure::Unavailable => ProblemCode::TryLater.into(),
        })
}

/// A document that is the same for everybody.
fn public(content: &serde_json::Value) -> Reply {
    let mut reply = Reply::json(200, content);
    reply.headers.retain(|(name, _)| *name != "cache-control");
    reply.with("cache-control", about::SHARED.into())
}

fn ready(reply: Reply) -> Result<Response, Refusal> {
    body::response(reply).map_err(broken)
}

fn broken(_: worker::Error) -> Refusal {
    super::log::note("entry", ProblemCode::Internal.as_str());
    Refusal::Problem(ProblemCode::Internal)
}
