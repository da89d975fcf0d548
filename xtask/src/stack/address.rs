//! Where citizens reach Tanu, and what has to be true before it listens there.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};

/// The public side of an instance. Its default is loopback without TLS; everything else behind the edge is loopback always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicAddress {
    /// The address to listen on: `TANU_HOST`.
    host: IpAddr,
    /// The origin that browsers see: `TANU_ORIGIN`.
    origin: Option<String>,
    /// Private key and certificate chain, PEM: `TANU_TLS_KEY`, `TANU_TLS_CERTIFICATE`.
    tls: Option<Tls>,
}

/// The files that TLS needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// The private key, PEM.
    pub(crate) key: PathBuf,
    /// The certificate chain, leaf first, PEM.
    pub(crate) certificate: PathBuf,
}

impl PublicAddress {
    /// Reads the address from the environment. Outside loopback nothing starts without TLS (BNK-15).
    pub(crate) fn read(variable: &dyn Fn(&str) -> Option<String>, root: &Path) -> Outcome<Self> {
        let host = match variable("TANU_HOST") {
            None => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(text) => text.parse().map_err(|error| {
                Failure::new(
                    format!("TANU_HOST is `{text}`"),
                    error,
                    "give an IP address, such as 127.0.0.1 or 0.0.0.0",
                )
            })?,
        };
        let file = |name: &str| variable(name).map(|path| root.join(path));
        let tls = match (file("TANU_TLS_KEY"), file("TANU_TLS_CERTIFICATE")) {
            (Some(key), Some(certificate)) => Some(Tls { key, certificate }),
            (None, None) => None,
            _ => {
                return Err(Failure::new(
                    "TLS needs a key and a certificate",
                    "only one of TANU_TLS_KEY and TANU_TLS_CERTIFICATE is set",
                    "set both to files in PEM",
                ));
            }
        };
        let origin = variable("TANU_ORIGIN");
        let plain = tls.is_none() || origin.as_ref().is_some_and(|origin| !origin.starts_with("https://"));
        if !host.is_loopback() && plain {
            return Err(Failure::new(
                format!("Tanu does not listen on {host} without TLS (BNK-15)"),
                "every channel that leaves the machine has to be encrypted",
                "set TANU_TLS_KEY and TANU_TLS_CERTIFICATE to files in PEM, and TANU_ORIGIN to the https address",
            ));
        }
        if tls.is_none() && origin.as_ref().is_some_and(|origin| origin.starts_with("https://")) {
            return Err(Failure::new(
                "An https address needs TLS (BNK-15)",
                "TANU_ORIGIN is https, and under such an origin nothing answers over plain http, not even on loopback",
                "set TANU_TLS_KEY and TANU_TLS_CERTIFICATE to files in PEM, or unset TANU_ORIGIN",
            ));
        }
        if let (Some(_), Some(origin)) = (&tls, origin.as_ref().filter(|origin| !origin.starts_with("https://"))) {
            return Err(Failure::new(
                "TLS and a plain origin do not go together",
                format!(
                    "TANU_ORIGIN is {origin}, but with TANU_TLS_KEY and TANU_TLS_CERTIFICATE nothing answers over plain http"
                ),
                "set TANU_ORIGIN to the https address, or unset the two files",
            ));
        }
        if !host.is_loopback() && origin.is_none() {
            return Err(Failure::new(
                "Tanu has to know the address under which citizens reach it",
                format!("TANU_HOST is {host}, and TANU_ORIGIN is not set"),
                "set TANU_ORIGIN, such as https://tanu.example",
            ));
        }
        Ok(Self { host, origin, tls })
    }

    /// Loopback without TLS, whatever the environment says.
    pub(crate) fn loopback() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            origin: None,
            tls: None,
        }
    }

    /// The origin that browsers see.
    pub(crate) fn origin(&self, port: u16) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.origin
            .clone()
            .unwrap_or_else(|| format!("{scheme}://localhost:{port}"))
    }

    /// Where this machine asks whether the edge is healthy.
    pub(crate) fn probe(&self, port: u16) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let host = if self.host.is_unspecified() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            self.host
        };
        format!("{scheme}://{}/healthz", std::net::SocketAddr::new(host, port))
    }

    /// The address to listen on, as workerd writes it.
    pub(crate) fn listen(&self, port: u16) -> String {
        std::net::SocketAddr::new(self.host, port).to_string()
    }

    /// The files that TLS needs, where it is on.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Refuses any other address than loopback.
    pub(crate) fn require_loopback(&self) -> Outcome {
        if self.host.is_loopback() {
            return Ok(());
        }
        Err(Failure::new(
            "A development instance listens on loopback only",
            format!("TANU_HOST is {}", self.host),
            "unset TANU_HOST, or run `npm run serve`",
        ))
    }
}

/// Checks that nothing else listens where the instance will.
pub(crate) fn require_free(environment: &Environment) -> Outcome {
    let (ports, loopback) = (environment.ports, IpAddr::V4(Ipv4Addr::LOCALHOST));
    let wanted = [
        ("TANU_PORT_EDGE", environment.public.host, ports.edge),
        ("TANU_PORT_MATCHER", loopback, ports.matcher),
        ("TANU_PORT_SANDBOX", loopback, ports.sandbox),
    ];
    for (variable, host, port) in wanted {
        // It is closed again at once; the part itself opens it a moment later.
        TcpListener::bind((host, port)).map_err(|error| {
            Failure::new(
                format!("Port {port} cannot be listened on"),
                error,
                format!(
                    "stop what listens there, or set {variable} to another port; where it is another instance that shall go \
                     on, set all of TANU_PORT_EDGE, TANU_PORT_MATCHER, TANU_PORT_SANDBOX and TANU_HOME"
                ),
            )
        })?;
    }
    Ok(())
}

/// Three ports of which nothing listens on any.
pub(crate) fn free_ports() -> Outcome<[u16; 3]> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let ports = || -> std::io::Result<[u16; 3]> {
        // All three are held until all are known, so that they differ.
        let (a, b, c) = (listen()?, listen()?, listen()?);
        Ok([a.local_addr()?.port(), b.local_addr()?.port(), c.local_addr()?.port()])
    };
    ports().map_err(|error| Failure::new("There are no free ports", error, "check what listens on this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Outcome<PublicAddress> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        PublicAddress::read(&variable, Path::new("/repo"))
    }

    #[test]
    fn bnk_15_outside_loopback_nothing_starts_without_tls() {
        let plain = read(&[("TANU_HOST", "0.0.0.0"), ("TANU_ORIGIN", "https://tanu.example")]).unwrap_err();
        assert!(plain.to_string().contains("BNK-15"), "{plain}");
        let tls = [
            ("TANU_HOST", "0.0.0.0"),
            ("TANU_TLS_KEY", "k.pem"),
            ("TANU_TLS_CERTIFICATE", "c.pem"),
        ];
        let with = |origin| read(&[tls.as_slice(), &[("TANU_ORIGIN", origin)]].concat());
        assert!(with("http://tanu.example").unwrap_err().to_string().contains("BNK-15"));
        let public = with("https://tanu.example").unwrap();
        assert_eq!(public.origin(443), "https://tanu.example");
        assert_eq!(public.listen(443), "0.0.0.0:443");
        assert_eq!(public.probe(443), "https://127.0.0.1:443/healthz");
        assert!(public.require_loopback().is_err());
    }

    #[test]
    fn bnk_15_half_of_what_tls_needs_is_refused() {
        assert!(
            read(&[("TANU_TLS_KEY", "k.pem")])
                .unwrap_err()
                .to_string()
                .contains("TANU_TLS_CERTIFICATE")
        );
    }

    #[test]
    fn bnk_15_an_https_origin_without_tls_is_refused_on_loopback_too() {
        let plain = read(&[("TANU_ORIGIN", "https://tanu.example")]).unwrap_err();
        assert!(plain.to_string().contains("BNK-15"), "{plain}");
        let tls = [("TANU_TLS_KEY", "k.pem"), ("TANU_TLS_CERTIFICATE", "c.pem")];
        assert!(read(&[tls.as_slice(), &[("TANU_ORIGIN", "https://tanu.example")]].concat()).is_ok());
    }

    #[test]
    fn bnk_15_a_plain_origin_with_tls_is_refused_on_loopback_too() {
        let tls = [("TANU_TLS_KEY", "k.pem"), ("TANU_TLS_CERTIFICATE", "c.pem")];
        let with = |origin| read(&[tls.as_slice(), &[("TANU_ORIGIN", origin)]].concat());
        let refused = with("http://localhost:8787").unwrap_err().to_string();
        assert!(
            refused.contains("TANU_ORIGIN") && refused.contains("TANU_TLS_KEY"),
            "{refused}"
        );
        assert!(with("https://localhost:8787").is_ok());
    }

    #[test]
    fn by_default_it_is_loopback() {
        let public = read(&[]).unwrap();
        assert_eq!(public.origin(8787), "http://localhost:8787");
        assert_eq!(public.listen(8787), "127.0.0.1:8787");
        public.require_loopback().unwrap();
    }

    #[test]
    fn free_ports_differ() {
        let [a, b, c] = free_ports().unwrap();
        assert!(a != b && b != c && a != c);
    }
}
