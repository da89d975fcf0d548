//! The files of the web build, from the binding `ASSETS`.

use tanu_protocol::problem::ProblemCode;
use worker::{EncodeBody, Env, Request, Response};

use crate::pages::{IMMUTABLE, REVALIDATED, accepts_brotli, media_type};

/// The service binding is what leads to the files; this only names it.
const ORIGIN: &str = "http://assets";

/// A file of `/assets/`, compressed where the browser takes it and the build made it.
pub(super) async fn asset(env: &Env, request: &Request, path: &str) -> worker::Result<Response> {
    if accepts_brotli(request.headers().get("accept-encoding")?.as_deref())
        && let Some(mut file) = fetch(env, &format!("{path}.br")).await?
    {
        describe(&mut file, path, IMMUTABLE)?;
        file.headers_mut().set("content-encoding", "br")?;
        return Ok(file.with_encode_body(EncodeBody::Manual));
    }
    match fetch(env, path).await? {
        Some(mut file) => {
            describe(&mut file, path, IMMUTABLE)?;
            Ok(file)
        }
        None => super::body::response(ProblemCode::NotFound.into()),
    }
}

/// The page.
pub(super) async fn page(env: &Env) -> worker::Result<Response> {
    match fetch(env, "/index.html").await? {
        Some(mut page) => {
            describe(&mut page, "/index.html", REVALIDATED)?;
            Ok(page)
        }
        None => super::body::response(ProblemCode::NotFound.into()),
    }
}

async fn fetch(env: &Env, path: &str) -> worker::Result<Option<Response>> {
    let file = env.service("ASSETS")?.fetch(format!("{ORIGIN}{path}"), None).await?;
    Ok((file.status_code() == 200).then_some(file))
}

fn describe(file: &mut Response, path: &str, caching: &str) -> worker::Result<()> {
    // A response of a service can't be changed; headers of our own are put in place of its.
    let headers = worker::Headers::new();
    headers.set("content-type", media_type(path))?;
    headers.set("cache-control", caching)?;
    headers.set("vary", "accept-encoding")?;
    *file.headers_mut() = headers;
    Ok(())
}
