//! What is said when the server is ready.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use serde::Serialize;
use wakeful_server::Listener;

/// A server that is ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready<'a> {
    pub(crate) addresses: &'a [(Listener, SocketAddr)],
    pub(crate) base_path: &'a str,
    /// `None`: in memory.
    pub(crate) data_dir: Option<&'a Path>,
}

impl Ready<'_> {
    /// Says it on stdout: for people, or in one line for programs.
    pub(crate) fn say(&self, json: bool) -> io::Result<()> {
        let mut text = if json { self.json()? } else { self.text() };
        text.push('\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Where the page is, if it is served; it ends with a slash, so that paths of the page go behind it.
    pub(crate) fn url(&self) -> Option<String> {
        let address = self.address(Listener::Query)?;
        let base_path = self.base_path.trim_end_matches('/');
        Some(format!("http://{}{base_path}/", reachable(address)))
    }

    /// Where a listener is.
    pub(crate) fn address(&self, listener: Listener) -> Option<SocketAddr> {
        self.addresses
            .iter()
            .find(|(found, _)| *found == listener)
            .map(|(_, address)| *address)
    }

    fn text(&self) -> String {
        let mut text = format!("wakeful {} is ready\n", env!("CARGO_PKG_VERSION"));
        // Writing to a string cannot fail.
        if let Some(url) = self.url() {
            let _ = writeln!(text, "  {:24} {url}", Listener::Query.title());
        }
        for (listener, address) in self
            .addresses
            .iter()
            .filter(|(listener, _)| *listener != Listener::Query)
        {
            let kind = if listener.is_udp() { " udp" } else { "" };
            let _ = writeln!(text, "  {:24} {address}{kind}", listener.title());
        }
        let data = self
            .data_dir
            .map_or_else(|| "in memory".to_owned(), |folder| folder.display().to_string());
        let _ = write!(text, "  {:24} {data}", "data");
        text
    }

    fn json(&self) -> io::Result<String> {
        let line = ReadyLine {
            ready: true,
            version: env!("CARGO_PKG_VERSION"),
            url: self.url(),
            listeners: self
                .addresses
                .iter()
                .map(|(listener, address)| (listener.key(), *address))
                .collect(),
            data_dir: self.data_dir,
        };
        Ok(serde_json::to_string(&line)?)
    }
}

/// An address that a browser on this machine can open: "any" is nowhere in particular.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let host = if address.ip().is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        address.ip()
    };
    SocketAddr::new(host, address.port())
}

#[derive(Serialize)]
struct ReadyLine<'a> {
    ready: bool,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    listeners: BTreeMap<&'static str, SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<&'a Path>,
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_page_is_a_folder() {
        let check = |base_path: &str, expected: &str| {
            let ready = Ready {
                addresses: &[(Listener::Query, SocketAddr::from(([127, 0, 0, 1], 80)))],
                base_path,
                data_dir: None,
            };
            assert_eq!(ready.url().as_deref(), Some(expected));
        };
        check("/", "http://127.0.0.1:80/");
        check("/jaeger", "http://127.0.0.1:80/jaeger/");
        check("/jaeger/", "http://127.0.0.1:80/jaeger/");
    }

    #[test]
    fn every_port_is_named() {
        let at = |port| SocketAddr::from(([0, 0, 0, 0], port));
        let addresses = [
            (Listener::OtlpGrpc, at(4317)),
            (Listener::JaegerCompact, at(6831)),
            (Listener::Query, at(16686)),
        ];
        let ready = Ready {
            addresses: &addresses,
            base_path: "/",
            data_dir: Some(Path::new("/data")),
        };
        let text = ready.text().replace(env!("CARGO_PKG_VERSION"), "VERSION");
        expect![[r#"
            wakeful VERSION is ready
              web page and API         http://127.0.0.1:16686/
              OTLP gRPC                0.0.0.0:4317
              Jaeger agent (compact)   0.0.0.0:6831 udp
              data                     /data"#]]
        .assert_eq(&text);
        let json = ready
            .json()
            .unwrap()
            .replace(env!("CARGO_PKG_VERSION"), "VERSION");
        expect![[r#"{"ready":true,"version":"VERSION","url":"http://127.0.0.1:16686/","listeners":{"jaeger-compact":"0.0.0.0:6831","otlp-grpc":"0.0.0.0:4317","query":"0.0.0.0:16686"},"data_dir":"/data"}"#]]
        .assert_eq(&json);
    }
}
