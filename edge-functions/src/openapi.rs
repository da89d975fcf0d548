//! The OpenAPI document of what the edge serves to everybody: one operation for each method of each address in [`SERVED`].

mod forms;
mod session;

use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::jws::JwkSet;
use tanu_protocol::openapi::schema::{Anything, CompactJws};
use tanu_protocol::openapi::{Ambiguous, Document, Operation};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{ConsistencyProof, InclusionProof};

use crate::about::Health;
use crate::browser::cookie_name;
use crate::desk::{PushedRequest, ResultMessage, UserInfo};
use crate::oidc::failure::FailureBody;
use crate::oidc::form::MOST_BYTES;
use crate::oidc::token::Tokens;
use crate::route::{Endpoint, Oidc, SERVED};
use forms::{AuthorizationForm, Metadata, PushedForm, TokenForm};

const FORM: &str = "application/x-www-form-urlencoded";
const BROWSER: &str = "browser";
const CLIENT: &str = "client";
const TOKEN: &str = "access_token";

const DESCRIPTION: &str = "\
What Tanu answers on its public origin: to relying parties (OpenID Connect and results), to the citizen's browser, and to everybody.

Errors are problem details (RFC 9457) with a stable `code`; endpoints that OAuth clients call answer with `error` and \
`error_description` instead where OAuth has a name for what is wrong. A method that an address does not have gets \
`request.method_not_allowed` (405), an address that there is not `request.not_found` (404). `HEAD` is answered as `GET` where that only reads.";

/// The document.
///
/// # Errors
/// [`Ambiguous`], which a test rules out.
pub fn document() -> Result<serde_json::Value, Ambiguous> {
    let mut document = Document::new("Tanu", env!("CARGO_PKG_VERSION"), DESCRIPTION)
        .security_scheme(
            BROWSER,
            serde_json::json!({
                "type": "apiKey",
                "in": "cookie",
                "name": cookie_name(true),
                "description": format!(
                    "The browser's key, set by `/oidc/authorize`. Over plain http on loopback its name is `{}`.",
                    cookie_name(false)
                ),
            }),
        )
        .security_scheme(
            CLIENT,
            serde_json::json!({"type": "http", "scheme": "basic", "description": "`client_secret_basic` (RFC 6749, section 2.3.1)."}),
        )
        .security_scheme(
            TOKEN,
            serde_json::json!({"type": "http", "scheme": "bearer", "description": "The access token (RFC 6750)."}),
        )
        .common_problems(&[
            ProblemCode::InsecureTransport,
            ProblemCode::Misconfigured,
            ProblemCode::Internal,
        ]);
    for served in SERVED {
        for method in served.methods {
            document.serve(method, served.path, &operation(served.endpoint, method))?;
        }
    }
    document.finish()
}

fn operation(endpoint: Endpoint, method: &str) -> Operation {
    match endpoint {
        Endpoint::Health => Operation::new("health", "Whether this instance serves").answers::<Health>(200, "It serves."),
        Endpoint::Description => {
            Operation::new("describe", "This description").answers::<Anything>(200, "An OpenAPI document, version 3.1.")
        }
        Endpoint::Oidc(endpoint) => provider(endpoint, method),
        Endpoint::Return
        | Endpoint::See
        | Endpoint::Consent
        | Endpoint::Begin
        | Endpoint::Frames
        | Endpoint::Retry
        | Endpoint::Cancel
        | Endpoint::Documents => session::operation(endpoint),
        Endpoint::Result => Operation::new("result", "The result, for the relying party's server (NBS-10, BNK-10, BNK-14)")
            .described(
                "Once the session has ended, and for a day. Documents and proofs are there where the client asks for `evidence` \
                 among its data. Whoever knows a session's id can bring it in their own answer: keep and show nothing before \
                 `code_challenge` is found to be that of the sign-in to which the answer's `state` belongs, and a passed result \
                 only with an ID token whose `txn` is its `transaction`.",
            )
            .part::<SessionId>("session", "The session, as the redirect's `tanu_session` has it.")
            .secured(&[CLIENT])
            .answers::<ResultMessage>(200, "The session has ended.")
            .problems(&[
                ProblemCode::Unauthenticated,
                ProblemCode::SessionUnknown,
                ProblemCode::SessionState,
                ProblemCode::TooMany,
                ProblemCode::TryLater,
            ]),
        Endpoint::Checkpoint => public("checkpoint", "The register's signed checkpoint (NBS-8)").answers_as::<CompactJws>(
            200,
            "application/jose",
            "The checkpoint.",
        ),
        Endpoint::Inclusion => public("inclusion", "Proof that a document's entry is in the register (NBS-8)")
            .query::<Sha256Digest>("document", "SHA-256 of the document's compact JWS.")
            .answers::<InclusionProof>(200, "The proof.")
            .problems(&[ProblemCode::MalformedRequest, ProblemCode::NotFound]),
        Endpoint::Consistency => public(
            "consistency",
            "Proof that an earlier register is the beginning of the present one (NBS-8)",
        )
        .query::<u64>("from", "Size of the earlier register.")
        .answers::<ConsistencyProof>(200, "The proof.")
        .problems(&[ProblemCode::MalformedRequest, ProblemCode::NotFound]),
        Endpoint::EvidenceKeys => public("evidenceKeys", "The keys that check documents and checkpoints")
            .answers::<JwkSet>(200, "The keys."),
    }
}

fn public(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary).problems(&[ProblemCode::TooMany, ProblemCode::TryLater])
}

fn provider(endpoint: Oidc, method: &str) -> Operation {
    let posted = method == "POST";
    match endpoint {
        Oidc::Discovery => Operation::new(
            "discovery",
            "Provider metadata (OpenID Connect Discovery 1.0; RFC 8414)",
        )
        .answers::<Metadata>(200, "The metadata."),
        Oidc::Jwks => {
            Operation::new("jwks", "The keys that check tokens and consents").answers::<JwkSet>(200, "The keys.")
        }
        Oidc::Par => Operation::new("pushAuthorizationRequest", "Push an authorization request (RFC 9126)")
            .described("The one way to say whose session it is: no IIN may stand in an address.")
            .secured(&[CLIENT])
            .body::<PushedForm>(FORM, MOST_BYTES)
            .answers::<PushedRequest>(201, "The request is kept for the first browser that brings its name.")
            .answers::<FailureBody>(400, "The request is not what it must be.")
            .answers::<FailureBody>(401, "The client is not the one that it says it is.")
            .problems(&[
                ProblemCode::TooLarge,
                ProblemCode::MalformedRequest,
                ProblemCode::TooMany,
                ProblemCode::TryLater,
            ]),
        Oidc::Authorize => {
            let operation = if posted {
                Operation::new("authorizeByForm", "Where a browser begins, by form")
                    .body::<AuthorizationForm>(FORM, MOST_BYTES)
            } else {
                Operation::new("authorize", "Where a browser begins").query::<AuthorizationForm>(
                    "request",
                    "With `client_id` and `request_uri`, or with the whole request. Each property is a parameter.",
                )
            };
            operation
                .redirects(
                    "To the session's page; where the request is wrong, back to its `redirect_uri` with `error`. What was posted is \
                     brought again by a GET. A problem sends whoever asks for HTML to the page that explains it.",
                )
                .answers::<FailureBody>(400, "It is not known where to send the browser back to.")
                .problems(&[
                    ProblemCode::SessionUnknown,
                    ProblemCode::TooLarge,
                    ProblemCode::MalformedRequest,
                    ProblemCode::TooMany,
                    ProblemCode::TryLater,
                ])
        }
        Oidc::Token => Operation::new("token", "Exchange a code for tokens (RFC 6749, section 4.1.3)")
            .secured(&[CLIENT])
            .body::<TokenForm>(FORM, MOST_BYTES)
            .answers::<Tokens>(200, "The citizen is identified.")
            .answers::<FailureBody>(400, "The request or the code is wrong.")
            .answers::<FailureBody>(401, "The client is not the one that it says it is.")
            .problems(&[
                ProblemCode::TooLarge,
                ProblemCode::MalformedRequest,
                ProblemCode::TooMany,
                ProblemCode::TryLater,
            ]),
        Oidc::UserInfo => Operation::new(
            if posted { "userInfoByPost" } else { "userInfo" },
            "Claims for an access token (OpenID Connect Core 1.0, section 5.3)",
        )
        .secured(&[TOKEN])
        .answers::<UserInfo>(200, "The subject.")
        .answers::<FailureBody>(401, "The access token is wrong or too old.")
        .problems(&[ProblemCode::TooMany, ProblemCode::TryLater]),
    }
}
