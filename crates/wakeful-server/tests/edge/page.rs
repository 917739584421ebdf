//! The page's files and paths, and the headers that guard them.

use wakeful_server::{Listener, QueryOptions, ServerOptions};

use crate::client;
use crate::server::{TestServer, options};

#[tokio::test]
async fn the_page_answers_to_its_own_paths() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/search",
        "/trace/4bf92f3577b34da6a3ce929d0e0e4736?uiFind=a",
        "/anything",
    ] {
        let answer = server.get(Listener::Query, path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.text().contains("<base href=\"/\">"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert!(
            policy.ends_with("require-trusted-types-for 'script'; trusted-types wakeful"),
            "{policy}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn files_are_compressed_and_kept_by_browsers() {
    let server = TestServer::start().await;
    let address = server.addresses[&Listener::Query];
    let path = "/assets/app-1234.js";
    let plain = server.get(Listener::Query, path).await;
    assert_eq!((plain.text(), plain.header("etag")), ("start();", "\"1234\""));
    assert_eq!(
        plain.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let gzip = client::http(address, "GET", path, &[("accept-encoding", "gzip, br")], b"")
        .await
        .unwrap();
    assert_eq!(
        (gzip.text(), gzip.header("content-encoding")),
        ("(compressed)", "gzip")
    );
    let known = client::http(address, "GET", path, &[("if-none-match", "\"1234\"")], b"")
        .await
        .unwrap();
    assert_eq!((known.status, known.text()), (304, ""));
    let head = client::http(address, "HEAD", path, &[], b"").await.unwrap();
    assert_eq!(
        (head.status, head.text(), head.header("content-length")),
        (200, "", "8")
    );
    assert_eq!(server.get(Listener::Query, "/assets/gone.js").await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn everything_moves_with_the_base_path() {
    let query = QueryOptions {
        base_path: "/tools/traces".to_owned(),
        ..options().query
    };
    let server = TestServer::start_with(ServerOptions { query, ..options() }).await;
    for path in ["/tools/traces", "/tools/traces/", "/tools/traces/search"] {
        let page = server.get(Listener::Query, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.text().contains("<base href=\"/tools/traces/\">"),
            "{path}: {}",
            page.text()
        );
    }
    assert_eq!(
        server
            .get(Listener::Query, "/tools/traces/api/ui/services")
            .await
            .status,
        200
    );
    assert_eq!(
        server
            .get(Listener::Query, "/tools/traces/assets/app-1234.js")
            .await
            .text(),
        "start();"
    );
    assert_eq!(server.get(Listener::Query, "/api/ui/services").await.status, 404);
    server.stop().await;
}
