//! The bank as an OpenID Connect client of Tanu: the unmodified crate `openidconnect`, code flow with PKCE, state and nonce.
//!
//! The IIN is personal and never stands in an address: where the bank knows whose sign-in it is, the request is pushed
//! (RFC 9126) and the browser carries only a reference to it.

use std::time::Duration;

use axum::http::StatusCode;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthorizationCode, Client,
    ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, LanguageTag, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, StandardErrorResponse, StandardTokenResponse,
    TokenResponse, reqwest,
};
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{SessionId, TransactionHash};
use tanu_protocol::iin::Iin;
use tanu_protocol::language::Language;
use url::Url;

use super::BankFailure;
use super::evidence::IssuerKeys;
use super::failure::Failure;
use crate::config::{self, Config};

/// How long Tanu may take to answer one call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of the answer to a pushed request.
const MOST_PUSHED_BYTES: usize = 16 * 1024;

/// What Tanu's discovery document says beyond OpenID Connect Discovery.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct PushMetadata {
    pushed_authorization_request_endpoint: Option<Url>,
}
impl AdditionalProviderMetadata for PushMetadata {}

/// What Tanu's ID token says beyond OpenID Connect Core: the transaction (`txn`, RFC 8417, section 2.2).
#[derive(Clone, Debug, Deserialize, Serialize)]
struct TransactionClaims {
    txn: TransactionHash,
}
impl AdditionalClaims for TransactionClaims {}

type Metadata = ProviderMetadata<
    PushMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        TransactionClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type TanuClient = Client<
    TransactionClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Tanu, as the bank reaches it.
#[derive(Clone, Debug)]
pub(super) struct IdentityProvider {
    http: reqwest::Client,
    issuer: IssuerUrl,
    callback: RedirectUrl,
    client_id: String,
    client_secret: config::ClientSecret,
}

/// A sign-in that has begun: where the browser goes, and what the answer is checked against.
pub(super) struct Begun {
    /// Address at Tanu.
    pub(super) address: Url,
    /// Comes back with the answer.
    pub(super) state: String,
    /// Comes back in the ID token.
    pub(super) nonce: String,
    /// PKCE verifier: goes with the code to the token endpoint.
    pub(super) verifier: String,
}

/// What a verified ID token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VerifiedToken {
    /// Pseudonym of the citizen.
    pub(super) subject: String,
    /// Authentication context class.
    pub(super) acr: Option<String>,
    /// Authentication methods.
    pub(super) amr: Vec<String>,
    /// When the citizen was authenticated, in seconds since 1970.
    pub(super) auth_time: Option<i64>,
    /// The transaction.
    pub(super) transaction: TransactionHash,
}

/// What Tanu answers to a pushed request (RFC 9126, section 2.2).
#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

impl IdentityProvider {
    pub(super) fn new(config: &Config) -> Result<Self, BankFailure> {
        let http = reqwest::ClientBuilder::new()
            // A redirect would carry the client's secret elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| BankFailure::Client)?;
        let bank = config.bank_origin.origin().ascii_serialization();
        Ok(Self {
            http,
            issuer: IssuerUrl::new(config.issuer.origin().ascii_serialization()).map_err(|_| BankFailure::Address)?,
            callback: RedirectUrl::new(format!("{bank}/callback")).map_err(|_| BankFailure::Address)?,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
        })
    }

    /// Begins a sign-in. Where the bank knows whose it is, the request is pushed.
    pub(super) async fn begin(&self, person: Option<&Iin>, language: Language) -> Result<Begun, Failure> {
        let metadata = self.discover().await?;
        let push_endpoint = metadata
            .additional_metadata()
            .pushed_authorization_request_endpoint
            .clone();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = self
            .client(metadata)
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_ui_locale(LanguageTag::new(language.tag().to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let address = match person {
            None => address,
            Some(iin) => self.push(push_endpoint.ok_or(Failure::Refused)?, address, iin).await?,
        };
        Ok(Begun {
            address,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Exchanges the code and checks the ID token: signature, issuer, audience, nonce, times, hash of the access token.
    pub(super) async fn finish(
        &self,
        code: String,
        nonce: String,
        verifier: String,
    ) -> Result<(VerifiedToken, IssuerKeys), Failure> {
        let metadata = self.discover().await?;
        let keys = IssuerKeys::of(metadata.jwks());
        let client = self.client(metadata);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| Failure::Unreachable)?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&|request| exchange(self.http.clone(), request))
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(_) => Failure::Code,
                RequestTokenError::Parse(..) => Failure::Token,
                RequestTokenError::Request(_) | RequestTokenError::Other(_) => Failure::Unreachable,
            })?;
        let token = verify(&client, &tokens, &Nonce::new(nonce))?;
        Ok((token, keys))
    }

    /// The keys with which Tanu signs tokens and consents.
    pub(super) async fn keys(&self) -> Result<IssuerKeys, Failure> {
        Ok(IssuerKeys::of(self.discover().await?.jwks()))
    }

    /// A call to Tanu as this client, authenticated by the secret.
    pub(super) fn get(&self, path: &str) -> Result<reqwest::RequestBuilder, Failure> {
        let address = self.issuer.url().join(path).map_err(|_| Failure::Unreachable)?;
        Ok(self
            .http
            .get(address)
            .basic_auth(&self.client_id, Some(self.client_secret.expose())))
    }

    /// The issuer's name, as it stands in answers (RFC 9207).
    pub(super) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Where a browser that was in `session` is sent back from, with what has become of it meanwhile.
    pub(super) fn return_address(&self, session: SessionId) -> String {
        format!("{}/return/{session}", self.issuer())
    }

    async fn discover(&self) -> Result<Metadata, Failure> {
        Metadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|_| Failure::Unreachable)
    }

    fn client(&self, metadata: Metadata) -> TanuClient {
        let secret = ClientSecret::new(self.client_secret.expose().to_owned());
        TanuClient::from_provider_metadata(metadata, ClientId::new(self.client_id.clone()), Some(secret))
            .set_redirect_uri(self.callback.clone())
    }

    async fn push(&self, endpoint: Url, mut address: Url, iin: &Iin) -> Result<Url, Failure> {
        let mut parameters: Vec<(String, String)> = address.query_pairs().into_owned().collect();
        parameters.push(("login_hint".to_owned(), iin.expose().to_owned()));
        let answer = self
            .http
            .post(endpoint)
            .basic_auth(&self.client_id, Some(self.client_secret.expose()))
            .form(&parameters)
            .send()
            .await
            .map_err(|_| Failure::Unreachable)?;
        if is_for_later(answer.status()) {
            return Err(Failure::Unreachable);
        }
        if !answer.status().is_success() {
            return Err(Failure::Refused);
        }
        let body = read_capped(answer, MOST_PUSHED_BYTES)
            .await
            .map_err(|_| Failure::Unreachable)?;
        let pushed: Pushed = serde_json::from_slice(&body).map_err(|_| Failure::Refused)?;
        address
            .query_pairs_mut()
            .clear()
            .append_pair("client_id", &self.client_id)
            .append_pair("request_uri", &pushed.request_uri);
        Ok(address)
    }
}

/// Whether the same call may succeed later: Tanu or a part of it is down, or was asked too often (RFC 6585, section 4).
pub(super) fn is_for_later(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// Tanu is not reached, or can't serve now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Tanu can't serve now")]
struct NotNow;

/// A call to the token endpoint. What Tanu answers where it can't serve now is a problem of its own (RFC 9457), which no OAuth
/// client reads.
async fn exchange(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NotNow> {
    let answer = http.call(request).await.map_err(|_| NotNow)?;
    if is_for_later(answer.status()) {
        return Err(NotNow);
    }
    Ok(answer)
}

/// A body that is too large, or breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is too large or incomplete")]
pub(super) struct BadBody;

/// Reads a body of at most `cap` bytes.
pub(super) async fn read_capped(mut answer: reqwest::Response, cap: usize) -> Result<Vec<u8>, BadBody> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| BadBody)? {
        if body.len() + chunk.len() > cap {
            return Err(BadBody);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn verify(client: &TanuClient, tokens: &Tokens, nonce: &Nonce) -> Result<VerifiedToken, Failure> {
    let verifier = client.id_token_verifier();
    let token = tokens.id_token().ok_or(Failure::Token)?;
    let claims = token.claims(&verifier, nonce).map_err(|_| Failure::Token)?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|_| Failure::Token)?;
        let key = token.signing_key(&verifier).map_err(|_| Failure::Token)?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|_| Failure::Token)?;
        if actual != *expected {
            return Err(Failure::Token);
        }
    }
    Ok(VerifiedToken {
        subject: claims.subject().to_string(),
        acr: claims.auth_context_ref().map(|acr| acr.to_string()),
        amr: claims
            .auth_method_refs()
            .into_iter()
            .flatten()
            .map(|method| method.to_string())
            .collect(),
        auth_time: claims.auth_time().map(|at| at.timestamp()),
        transaction: claims.additional_claims().txn,
    })
}
