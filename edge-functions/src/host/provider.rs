//! The endpoints of the identity provider that need no session yet, and the way to a session's object.

use base64ct::{Base64UrlUnpadded, Encoding};
use tanu_protocol::digest::{RequestReference, SessionId};
use tanu_protocol::problem::ProblemCode;
use worker::{Env, Method, Request, RequestInit, RequestRedirect, Response, Url, js_sys};

use super::budget_object::{Whose, spend};
use super::setup::Setup;
use super::{body, random};
use crate::browser::BrowserKey;
use crate::budget::Exhausted;
use crate::call::{Call, Envelope};
use crate::config::Client;
use crate::desk::{REQUEST_URI, bring};
use crate::guard;
use crate::oidc::authorization::{Authorization, Channel, read, redirect_uri};
use crate::oidc::client::authenticate;
use crate::oidc::code::{Handle, WRONG_CODE};
use crate::oidc::failure::{Failure, OauthError};
use crate::oidc::form::{Form, MOST_BYTES};
use crate::oidc::redirect::Destination;
use crate::reply::Reply;

const FORM: &str = "application/x-www-form-urlencoded";

/// Header of a call whose body is frames: its envelope.
pub(super) const ENVELOPE: &str = "tanu-envelope";

/// Why an endpoint has no success to give.
pub(super) enum Refusal {
    /// In OAuth's words.
    Oauth(Failure),
    /// A problem.
    Problem(ProblemCode),
    /// Too often.
    Exhausted(Exhausted),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Oauth(failure)
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(code)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Oauth(failure) => failure.reply(),
            Refusal::Problem(code) => Self::problem(code),
            Refusal::Exhausted(exhausted) => exhausted.into(),
        }
    }
}

/// Hands a call to a session's object: to no other than one whose id was made here.
pub(super) async fn pass_on(env: &Env, setup: &Setup, session: SessionId, call: Call) -> Result<Response, ProblemCode> {
    let bytes = Envelope { session, call }.encode().map_err(|_| ProblemCode::Internal)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(js_sys::Uint8Array::from(bytes.as_slice()).into()));
    to_object(env, setup, session, init).await
}

/// Hands frames to a session's object as they come: nothing of them is held here.
pub(super) async fn pass_frames_on(
    env: &Env,
    setup: &Setup,
    session: SessionId,
    call: Call,
    request: &Request,
) -> Result<Response, ProblemCode> {
    let envelope = Envelope { session, call }.encode().map_err(|_| ProblemCode::Internal)?;
    let headers = worker::Headers::new();
    headers
        .set(ENVELOPE, &Base64UrlUnpadded::encode_string(&envelope))
        .map_err(|_| ProblemCode::Internal)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Put)
        .with_headers(headers)
        .with_body(request.inner().body().map(Into::into));
    to_object(env, setup, session, init).await
}

async fn to_object(
    env: &Env,
    setup: &Setup,
    session: SessionId,
    mut init: RequestInit,
) -> Result<Response, ProblemCode> {
    if !setup.keys.made(&session) {
        return Err(ProblemCode::SessionUnknown);
    }
    // A redirect is for the browser, not to be followed here.
    init.with_redirect(RequestRedirect::Manual);
    let answer = async {
        let stub = env.durable_object("SESSION")?.get_by_name(&session.to_string())?;
        stub.fetch_with_request(Request::new_with_init("http://session/", &init)?)
            .await
    };
    answer.await.map_err(|_: worker::Error| {
        super::log::note("session.unreachable", ProblemCode::TryLater.as_str());
        ProblemCode::TryLater
    })
}

/// `POST /oidc/par`.
pub(super) async fn par(env: &Env, setup: &Setup, request: &Request) -> Result<Response, Refusal> {
    let form = form(request).await?;
    let client = client(setup, request, &form)?;
    if form.get("request_uri").is_some() {
        return Err(Failure::new(OauthError::InvalidRequest, "request_uri can't be pushed").into());
    }
    let authorization = read(client, &form, Channel::Back)?;
    spend(env, Whose::Pushed(&client.customer.client_id), client.pushed).await?;
    Ok(keep(env, setup, authorization).await?.1)
}

/// `GET` or `POST /oidc/authorize`.
pub(super) async fn authorize(env: &Env, setup: &Setup, request: &Request, url: &Url) -> Result<Response, Refusal> {
    let posted = request.method() == Method::Post;
    let form = if posted {
        form(request).await?
    } else {
        Form::parse(url.query().unwrap_or_default().as_bytes())?
    };
    let client = form
        .get("client_id")
        .and_then(|id| setup.config.client(id))
        .ok_or(Failure::new(
            OauthError::InvalidRequest,
            "client_id is missing or not registered",
        ))?;
    let reference = match form.get("request_uri") {
        Some(pushed) => pushed
            .strip_prefix(REQUEST_URI)
            .and_then(|id| id.parse().ok())
            .ok_or(ProblemCode::SessionUnknown)?,
        None => {
            // Until the address is known to be the client's, nobody is sent there.
            let destination = Destination {
                redirect_uri: redirect_uri(client, &form)?,
                state: form.get("state"),
                issuer: &setup.config.issuer,
                session: None,
            };
            match directly(env, setup, client, &form).await {
                Ok(reference) => reference,
                Err(Refusal::Oauth(failure)) => {
                    return body::response(destination.failure(failure)).map_err(internal);
                }
                // The citizen is not kept: the relying party knows another way, or tries again.
                Err(Refusal::Exhausted(exhausted)) => {
                    let busy = Failure::new(OauthError::TemporarilyUnavailable, "too many requests; try again later");
                    let reply = destination.failure(busy);
                    let reply = reply.with("retry-after", exhausted.retry_after.to_string());
                    return body::response(reply).map_err(internal);
                }
                Err(refusal) => return Err(refusal),
            }
        }
    };
    if posted {
        return body::response(bring(&client.customer.client_id, reference)).map_err(internal);
    }
    let session = setup.keys.session_of(&reference).ok_or(ProblemCode::SessionUnknown)?;
    let secure = setup.config.is_https();
    let (key, known) = browser(request, secure)?;
    let call = Call::Accept {
        client: client.customer.client_id.clone(),
        browser: key.hash(),
    };
    let mut response = pass_on(env, setup, session, call).await?;
    if !known && response.status_code() == 303 {
        let headers = response.headers().clone();
        headers
            .append("set-cookie", &key.set_cookie(secure))
            .map_err(internal)?;
        *response.headers_mut() = headers;
    }
    Ok(response)
}

/// Keeps a request that a browser brings whole: anybody may bring it in the relying party's name.
async fn directly(env: &Env, setup: &Setup, client: &Client, form: &Form) -> Result<RequestReference, Refusal> {
    if client.pushes_only {
        let why = "this client pushes its requests (RFC 9126): none is taken from the front channel";
        return Err(Failure::new(OauthError::InvalidRequest, why).into());
    }
    let authorization = read(client, form, Channel::Front)?;
    spend(env, Whose::Direct(&client.customer.client_id), client.direct).await?;
    let (reference, kept) = keep(env, setup, authorization).await?;
    match kept.status_code() {
        201 => Ok(reference),
        503 => Err(ProblemCode::TryLater.into()),
        _ => Err(ProblemCode::Internal.into()),
    }
}

/// `POST /oidc/token`.
pub(super) async fn token(env: &Env, setup: &Setup, request: &Request) -> Result<Response, Refusal> {
    let form = form(request).await?;
    let client = client(setup, request, &form)?;
    if form.required("grant_type", "grant_type is missing")? != "authorization_code" {
        return Err(Failure::new(
            OauthError::UnsupportedGrantType,
            "grant_type must be authorization_code",
        )
        .into());
    }
    let code = Handle::parse(form.required("code", "code is missing")?)
        .filter(|code| setup.keys.made(&code.session()))
        .ok_or(WRONG_CODE)?;
    let call = Call::Redeem {
        client: client.customer.client_id.clone(),
        code: code.hash(),
        redirect_uri: form.required("redirect_uri", "redirect_uri is missing")?.to_owned(),
        verifier: form
            .required("code_verifier", "PKCE is required: code_verifier is missing")?
            .to_owned(),
    };
    Ok(pass_on(env, setup, code.session(), call).await?)
}

/// `GET` or `POST /oidc/userinfo`.
pub(super) async fn user_info(env: &Env, setup: &Setup, request: &Request) -> Result<Response, Refusal> {
    let wrong = Failure::new(
        OauthError::InvalidToken,
        "a Bearer token is needed in the Authorization header",
    );
    let header = header(request, "authorization").ok_or(wrong)?;
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Handle::parse(token.trim())
            .filter(|token| setup.keys.made(&token.session()))
            .ok_or(wrong)?,
        _ => return Err(wrong.into()),
    };
    let call = Call::UserInfo { token: token.hash() };
    Ok(pass_on(env, setup, token.session(), call).await?)
}

/// `GET /api/results/{id}`.
pub(super) async fn result(
    env: &Env,
    setup: &Setup,
    request: &Request,
    session: SessionId,
) -> Result<Response, Refusal> {
    let Ok(client) = client(setup, request, &Form::default()) else {
        let reply =
            Reply::problem(ProblemCode::Unauthenticated).with("www-authenticate", r#"Basic realm="tanu""#.into());
        return body::response(reply).map_err(internal);
    };
    let call = Call::Result {
        client: client.customer.client_id.clone(),
    };
    Ok(pass_on(env, setup, session, call).await?)
}

/// The key of the browser that sent a request, and whether it had one.
fn browser(request: &Request, secure: bool) -> Result<(BrowserKey, bool), ProblemCode> {
    match BrowserKey::from_cookies(header(request, "cookie").as_deref(), secure) {
        Some(key) => Ok((key, true)),
        None => Ok((BrowserKey::from_random(random::bytes()?), false)),
    }
}

/// A request's header.
pub(super) fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

fn client<'c>(setup: &'c Setup, request: &Request, form: &Form) -> Result<&'c Client, Failure> {
    authenticate(&setup.config, header(request, "authorization").as_deref(), form)
}

async fn form(request: &Request) -> Result<Form, Refusal> {
    if guard::media_type(header(request, "content-type").as_deref(), FORM).is_err() {
        return Err(Failure::new(
            OauthError::InvalidRequest,
            "the body must be application/x-www-form-urlencoded",
        )
        .into());
    }
    Ok(Form::parse(&body::read(request, MOST_BYTES).await?)?)
}

/// Keeps a request until a browser brings it: by what name, and what its object says.
async fn keep(
    env: &Env,
    setup: &Setup,
    authorization: Authorization,
) -> Result<(RequestReference, Response), ProblemCode> {
    let reference = setup.keys.request_reference(random::bytes()?);
    let session = setup.keys.session_of(&reference).ok_or(ProblemCode::Internal)?;
    let call = Call::Push {
        reference,
        authorization: Box::new(authorization),
    };
    Ok((reference, pass_on(env, setup, session, call).await?))
}

fn internal(_: worker::Error) -> Refusal {
    super::log::note("provider", ProblemCode::Internal.as_str());
    Refusal::Problem(ProblemCode::Internal)
}
