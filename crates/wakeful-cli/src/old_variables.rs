//! Jaeger's variables from version 1 that still stand in many compose files and no longer do anything.

use std::env;

/// Names, or beginnings of names, and what to do instead.
const REMEDIES: [(&str, &str); 14] = [
    ("SPAN_STORAGE_TYPE", "choose with --backend file or memory"),
    (
        "MEMORY_MAX_TRACES",
        "bound the data with --retention-bytes or --retention-time",
    ),
    (
        "BADGER_",
        "choose the folder with --data-dir and bound it with --retention-time",
    ),
    (
        "CASSANDRA_",
        "data is kept in files; choose the folder with --data-dir",
    ),
    ("ES_", "data is kept in files; choose the folder with --data-dir"),
    (
        "COLLECTOR_OTLP_ENABLED",
        "OTLP is always on; turn it off with --otlp-grpc-port off and --otlp-http-port off",
    ),
    (
        "COLLECTOR_OTLP_GRPC_HOST_PORT",
        "use --listen-host and --otlp-grpc-port",
    ),
    (
        "COLLECTOR_OTLP_HTTP_HOST_PORT",
        "use --listen-host and --otlp-http-port",
    ),
    (
        "COLLECTOR_ZIPKIN_HOST_PORT",
        "Zipkin's port is not opened by this version",
    ),
    (
        "COLLECTOR_QUEUE_SIZE",
        "there is no queue: spans are acknowledged when they are safe",
    ),
    ("QUERY_BASE_PATH", "use --base-path"),
    ("SAMPLING_STRATEGIES_FILE", "sampling is decided by the clients"),
    (
        "PROCESSOR_JAEGER_",
        "use --jaeger-compact-port and --jaeger-binary-port",
    ),
    ("LOG_LEVEL", "use RUST_LOG"),
];

/// Says a word on each that is set.
pub(crate) fn warn() {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for (name, remedy) in stale(names) {
        tracing::warn!("{name} is set, but has no effect here; {remedy}");
    }
}

fn stale(names: impl Iterator<Item = String>) -> Vec<(String, &'static str)> {
    let mut found: Vec<_> = names
        .filter_map(|name| remedy(&name).map(|remedy| (name, remedy)))
        .collect();
    found.sort();
    found
}

fn remedy(name: &str) -> Option<&'static str> {
    let applies = |known: &str| {
        if known.ends_with('_') {
            name.starts_with(known)
        } else {
            name == known
        }
    };
    REMEDIES
        .iter()
        .find(|(known, _)| applies(known))
        .map(|(_, remedy)| *remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_found_and_others_left_alone() {
        let names = [
            "PATH",
            "SPAN_STORAGE_TYPE",
            "ES_SERVER_URLS",
            "ESCAPE",
            "JAEGER_LISTEN_HOST",
        ];
        let found = stale(names.into_iter().map(str::to_owned));
        let found: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, ["ES_SERVER_URLS", "SPAN_STORAGE_TYPE"]);
    }
}
