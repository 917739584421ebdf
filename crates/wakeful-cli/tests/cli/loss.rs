//! A program whose rings are too small tells the server what it lost: the same count on both sides, also after a restart.

use std::time::Duration;

use tempfile::TempDir;
use tracing::dispatcher;
use wakeful::LogFormat;

use crate::process::Running;

/// Traces faster than a ring of 4 KiB is read, and returns how many spans that lost.
fn flood(server: &Running) -> u64 {
    let endpoint = format!("http://{}", server.address("otlp-grpc"));
    let variables = move |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
        // Many ring-loads of spans may wait there, so the ring alone loses some.
        "OTEL_BSP_MAX_QUEUE_SIZE" => Some("1000000".to_owned()),
        _ => None,
    };
    let (program, guard) = wakeful::builder()
        .variables(variables)
        .service_name("flooded")
        .log_format(LogFormat::None)
        .recorder(|settings| {
            settings.ring_bytes_min = 4096;
            settings.ring_bytes_max = 4096;
        })
        .build()
        .unwrap();
    let traced = || {
        dispatcher::with_default(&program, || {
            let root = tracing::info_span!("flood").entered();
            for number in 0..50_000 {
                tracing::info_span!("drop", number).in_scope(|| {});
            }
            drop(root);
        });
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("flood".to_owned());
        thread.spawn_scoped(scope, traced).unwrap();
    });
    let patience = Duration::from_secs(60);
    let lost = guard.flush_blocking(patience);
    // Carries the news, should the last losses have come too late for all others.
    dispatcher::with_default(&program, || drop(tracing::info_span!("after")));
    let all = guard.shutdown_blocking(patience);
    assert_eq!(all, lost);
    assert!(
        all.by_cause().all(|(cause, _)| cause.name() == "ring_full"),
        "{all}"
    );
    all.spans()
}

#[test]
fn what_a_full_ring_lost_is_shown_by_the_server() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--data-dir", folder.path().to_str().unwrap()];
    let mut server = Running::start("serve", &arguments);
    let lost = flood(&server);
    assert!(lost > 0, "the ring was read in time");
    for signal in ["KILL", "TERM", "KILL"] {
        let answer = server.await_get("/api/ui/loss", |answer| answer["lost"] == lost);
        let [cause] = answer["causes"].as_array().unwrap().as_slice() else {
            panic!("before {signal}: {answer}")
        };
        assert_eq!(cause["cause"], "a thread's ring was full");
        assert_eq!(cause["source"], "flooded");
        let thread = cause["thread"].as_str().unwrap();
        assert!(thread.starts_with("flood ("), "{thread}");
        server.signal(signal);
        server.end();
        server = Running::start("serve", &arguments);
    }
}
