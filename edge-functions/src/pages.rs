//! The web build as it is served: types, compression, caching, and the headers that keep pages to themselves.

/// Headers of every answer.
#[must_use]
pub fn common_headers(https: bool) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", PERMISSIONS_POLICY),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ];
    if https {
        headers.push(("strict-transport-security", "max-age=63072000; includeSubDomains"));
    }
    headers
}

/// Scripts, styles, fonts and connections are our own; the engine is WebAssembly; nobody frames our pages.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
     connect-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; font-src 'self'; \
     manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The camera is for our own pages; nothing else is used.
const PERMISSIONS_POLICY: &str = "camera=(self), microphone=(), geolocation=(), display-capture=()";

/// How long a file of `/assets/` may be kept: its name says its contents.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The page itself is asked for each time.
pub const REVALIDATED: &str = "no-cache";

/// The media type of a file, by its name's ending.
#[must_use]
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpg" | "jpeg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Whether an `Accept-Encoding` header takes Brotli.
#[must_use]
pub fn accepts_brotli(header: Option<&str>) -> bool {
    header.unwrap_or_default().split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        assert!(accepts_brotli(Some("gzip, deflate, br, zstd")));
        assert!(accepts_brotli(Some("br;q=0.5")));
        for header in [None, Some("gzip"), Some("br;q=0"), Some("brotli")] {
            assert!(!accepts_brotli(header), "{header:?}");
        }
    }

    #[test]
    fn pages_run_no_foreign_script_and_are_framed_by_nobody() {
        let headers = common_headers(true);
        let policy = headers
            .iter()
            .find(|(name, _)| *name == "content-security-policy")
            .unwrap()
            .1;
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("http"));
    }

    #[test]
    fn bnk_15_browsers_are_told_to_stay_with_https() {
        let tells = |https| {
            common_headers(https)
                .iter()
                .any(|(name, _)| *name == "strict-transport-security")
        };
        assert!(tells(true) && !tells(false));
    }

    #[test]
    fn a_file_without_a_known_ending_is_no_script() {
        assert_eq!(media_type("/assets/models/a.onnx"), "application/octet-stream");
        assert_eq!(media_type("/assets/web.1.js"), "text/javascript; charset=utf-8");
        assert_eq!(media_type("/assets/web.1.wasm"), "application/wasm");
    }
}
