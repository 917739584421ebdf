//! TLS against a chain of certificates, with and without a certificate of the client's.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::exporters::builder;
use crate::receiver::{Arrivals, Grpc, Reply, converse};

/// A root that is trusted, and an authority below it that issues: a chain of three, as public servers have.
struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let params = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let key = || KeyPair::generate().unwrap();
        let root = CertifiedIssuer::self_signed(params("root"), key()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(params("intermediate"), key(), &root).unwrap();
        Self { root, intermediate }
    }

    /// A certificate's chain and its key, as PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.intermediate).unwrap();
        (certificate.pem() + &self.intermediate.pem(), key.serialize_pem())
    }
}

fn server(authority: &Authority, mutual: bool) -> (SocketAddr, Arrivals) {
    let (chain, key) = authority.issue("localhost");
    let chain = rustls::pki_types::CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = if mutual {
        let mut roots = RootCertStore::empty();
        roots.add(authority.root.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        config.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        config.with_no_client_auth()
    };
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let arrivals = Arrivals::default();
    let kept = arrivals.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let stream = std::sync::Mutex::new(StreamOwned::new(connection, stream));
            converse(Half(&stream), Half(&stream), &kept, Reply::ok);
        }
    });
    (address, arrivals)
}

/// Reads and writes one stream in turn.
struct Half<'a, S>(&'a std::sync::Mutex<S>);

impl<S: Read> Read for Half<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().read(buffer)
    }
}

impl<S: Write> Write for Half<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

/// Sends a span; returns how many were lost.
fn send(protocol: &str, address: SocketAddr, files: &[(&str, &Path)]) -> u64 {
    let endpoint = format!("https://localhost:{}", address.port());
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
    ];
    variables.extend(files.iter().map(|(name, path)| (*name, path.to_str().unwrap())));
    let (dispatch, guard) = builder(&variables).build().unwrap();
    tracing::dispatcher::with_default(&dispatch, || drop(tracing::info_span!("secret")));
    guard.shutdown_blocking(Duration::from_secs(5)).spans()
}

/// By HTTP and by gRPC in turn: a way to start a receiver, and the protocol's name.
const PROTOCOLS: [(Start, &str); 2] = [(http, "http/protobuf"), (grpc, "grpc")];

type Start = fn(&Authority, bool) -> (SocketAddr, Arrivals, Option<Grpc>);

fn http(authority: &Authority, mutual: bool) -> (SocketAddr, Arrivals, Option<Grpc>) {
    let (address, arrivals) = server(authority, mutual);
    (address, arrivals, None)
}

/// OpenTelemetry's stubs, which go with the third value.
fn grpc(authority: &Authority, mutual: bool) -> (SocketAddr, Arrivals, Option<Grpc>) {
    let (chain, key) = authority.issue("localhost");
    let tls = ServerTlsConfig::new().identity(Identity::from_pem(chain, key));
    let tls = match mutual {
        true => tls.client_ca_root(Certificate::from_pem(authority.root.pem())),
        false => tls,
    };
    let receiver = Grpc::start_tls(tls);
    (receiver.address, receiver.arrivals.clone(), Some(receiver))
}

#[test]
fn certificates_are_checked_on_both_sides() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let trusted = file("ca.pem", &authority.root.pem());
    let (chain, key) = authority.issue("client");
    let (chain, key) = (file("client.pem", &chain), file("client.key", &key));
    let (strange_chain, strange_key) = stranger.issue("client");
    let strange_chain = file("strange.pem", &strange_chain);
    let strange_key = file("strange.key", &strange_key);
    let other = file("other-ca.pem", &stranger.root.pem());
    let ca = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    let certificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
    let client_key = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

    for (start, protocol) in PROTOCOLS {
        let (address, arrivals, _receiver) = start(&authority, false);
        assert_eq!(send(protocol, address, &[(ca, &trusted)]), 0, "{protocol}");
        assert_eq!(arrivals.spans()[0].name, "secret");
        let lost = send(protocol, address, &[(ca, &other)]);
        assert_eq!(lost, 1, "{protocol}: a stranger's authority");
        assert_eq!(arrivals.spans().len(), 1);

        let (address, arrivals, _receiver) = start(&authority, true);
        let mine = [(ca, &*trusted), (certificate, &*chain), (client_key, &*key)];
        assert_eq!(send(protocol, address, &mine), 0, "{protocol}");
        assert_eq!(arrivals.spans().len(), 1);
        let lost = send(protocol, address, &[(ca, &trusted)]);
        assert_eq!(lost, 1, "{protocol}: no certificate of the client's");
        let strange = [
            (ca, &*trusted),
            (certificate, &*strange_chain),
            (client_key, &*strange_key),
        ];
        let lost = send(protocol, address, &strange);
        assert_eq!(lost, 1, "{protocol}: a certificate of another authority");
        assert_eq!(arrivals.spans().len(), 1);
    }
}
