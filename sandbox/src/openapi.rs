//! The OpenAPI document of the ports that the test environment plays: one operation for each [`Port`]. The pages of the demo bank
//! are for people and not in it.

use tanu_protocol::channel::{LIFETIME_SECONDS, REQUEST_HEADER, RESPONSE_HEADER};
use tanu_protocol::openapi::{Ambiguous, Document, Operation};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::state_database::{ReferenceAnswer, ReferenceQuery};

use crate::server::HEALTH;
use crate::state_database::{MOST_QUERY_BYTES, Port};

const MATCHER: &str = "matcher";

const DESCRIPTION: &str = "\
The ports of the state databases, as the test environment plays them. The matcher alone may ask, for one citizen at a time: there is \
no list, and no search by face. Errors are problem details (RFC 9457) with a stable `code`.";

/// The document.
///
/// # Errors
/// [`Ambiguous`], which a test rules out.
pub fn document() -> Result<serde_json::Value, Ambiguous> {
    let mut document = Document::new("The test environment of Tanu", env!("CARGO_PKG_VERSION"), DESCRIPTION)
        .security_scheme(
            MATCHER,
            serde_json::json!({
                "type": "apiKey",
                "in": "header",
                "name": REQUEST_HEADER,
                "description": format!(
                    "A compact JWS of the matcher over method, path and body: good for {LIFETIME_SECONDS} seconds, and once."
                ),
            }),
        )
        .answer_header(
            RESPONSE_HEADER,
            "A compact JWS of the state database over the request's id, the status and the body. Absent where the request was not \
             the matcher's.",
        );
    let health =
        Operation::new("health", "Whether the sandbox runs").answers_as::<String>(200, "text/plain", "It runs.");
    document.serve("GET", HEALTH, &health)?;
    for port in Port::ALL {
        let (method, operation) = match port {
            Port::Reference => ("POST", reference()),
        };
        document.serve(method, port.path(), &operation)?;
    }
    document.finish()
}

fn reference() -> Operation {
    Operation::new(
        "reference",
        "The reference photo and the identity document of one citizen (NBS-9)",
    )
    .secured(&[MATCHER])
    .json_body::<ReferenceQuery>(MOST_QUERY_BYTES)
    .answers::<ReferenceAnswer>(200, "The citizen, or that nobody has this IIN.")
    .problems(&[
        ProblemCode::MalformedRequest,
        ProblemCode::Unauthenticated,
        ProblemCode::TooLarge,
        ProblemCode::Replayed,
        ProblemCode::Internal,
    ])
}
