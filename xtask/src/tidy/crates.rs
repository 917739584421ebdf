//! Arrows between crates point down only, and each crate does without what it must not know.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::check;
use crate::shell;

/// A crate's place: which of the workspace's crates it may use, and which other crates it must not.
struct Place {
    name: &'static str,
    uses: &'static [&'static str],
    not: &'static [&'static str],
}

/// What brings sockets and HTTP.
const NETWORK: &[&str] = &["axum", "hyper", "hyper-util", "tonic", "reqwest", "tower-http"];

/// `docs` of the map: see ARCHITECTURE.md.
const PLACES: &[Place] = &[
    Place {
        name: "wakeful-trace",
        uses: &[],
        not: &["tokio", "tracing", "prost", "serde", "bytes"],
    },
    Place {
        name: "wakeful-model",
        uses: &["wakeful-trace"],
        not: &["tokio", "tracing", "prost", "serde", "serde_json"],
    },
    Place {
        name: "wakeful-wire",
        uses: &["wakeful-trace", "wakeful-model"],
        not: &["tokio", "parquet", "axum", "hyper"],
    },
    Place {
        name: "wakeful-subscriber",
        uses: &["wakeful-trace", "wakeful-model"],
        not: &["tokio", "prost", "serde", "hyper", "wakeful-wire"],
    },
    Place {
        name: "wakeful-export",
        uses: &[
            "wakeful-trace",
            "wakeful-model",
            "wakeful-wire",
            "wakeful-subscriber",
        ],
        not: &["axum", "tonic", "reqwest", "prost", "wakeful-store"],
    },
    Place {
        name: "wakeful-tokio",
        uses: &["wakeful-model", "wakeful-subscriber"],
        not: &["hyper", "tonic", "prost", "wakeful-wire", "wakeful-store"],
    },
    Place {
        name: "wakeful-macros",
        uses: &[],
        not: &["tokio", "tracing"],
    },
    Place {
        name: "wakeful",
        uses: &[
            "wakeful-trace",
            "wakeful-subscriber",
            "wakeful-export",
            "wakeful-tokio",
            "wakeful-macros",
            "wakeful-console",
        ],
        not: NETWORK,
    },
    Place {
        name: "wakeful-tower",
        uses: &["wakeful-trace"],
        not: &["tokio", "axum", "hyper", "wakeful-wire"],
    },
    Place {
        name: "wakeful-live",
        uses: &["wakeful-trace", "wakeful-model"],
        not: &["tokio", "hyper", "ratatui", "wakeful-wire"],
    },
    Place {
        name: "wakeful-console",
        uses: &["wakeful-model", "wakeful-wire", "wakeful-live"],
        not: &["axum", "tonic", "prost", "wakeful-store"],
    },
    Place {
        name: "wakeful-store",
        uses: &["wakeful-trace", "wakeful-model", "wakeful-live", "wakeful-wire"],
        not: NETWORK,
    },
    Place {
        name: "wakeful-query",
        uses: &[
            "wakeful-trace",
            "wakeful-model",
            "wakeful-live",
            "wakeful-wire",
            "wakeful-store",
        ],
        not: NETWORK,
    },
    Place {
        name: "wakeful-server",
        uses: &[
            "wakeful-trace",
            "wakeful-model",
            "wakeful-live",
            "wakeful-wire",
            "wakeful-store",
            "wakeful-query",
        ],
        not: &["clap", "parquet", "wakeful-ui"],
    },
    Place {
        name: "wakeful-ui",
        uses: &[],
        not: NETWORK,
    },
    Place {
        name: "wakeful-cli",
        uses: &[
            "wakeful-trace",
            "wakeful-model",
            "wakeful-wire",
            "wakeful-live",
            "wakeful-console",
            "wakeful-store",
            "wakeful-query",
            "wakeful-server",
            "wakeful-ui",
            "wakeful-shop",
            "wakeful",
        ],
        not: &["parquet", "arrow-array"],
    },
    // The demo's program is a client: nothing of the backend is in it.
    Place {
        name: "wakeful-shop",
        uses: &["wakeful-trace", "wakeful-tower", "wakeful"],
        not: &[
            "opentelemetry",
            "opentelemetry_sdk",
            "opentelemetry-otlp",
            "tracing-opentelemetry",
        ],
    },
    Place {
        name: "wakeful-iox-service",
        uses: &["wakeful-trace", "wakeful-tower", "wakeful"],
        not: &[
            "opentelemetry",
            "opentelemetry_sdk",
            "opentelemetry-otlp",
            "tracing-opentelemetry",
        ],
    },
    Place {
        name: "wakeful-clerks",
        uses: &["wakeful"],
        not: &["console-subscriber"],
    },
    Place {
        name: "wakeful-testkit",
        uses: &["wakeful-trace", "wakeful-model"],
        not: &[],
    },
    Place {
        name: "xtask",
        uses: &["wakeful-testkit"],
        not: &["tokio", "hyper", "clap"],
    },
];

#[test]
fn arrows_point_down() {
    let workspace = dependencies();
    let mut complaints = Vec::new();
    for (name, dependencies) in &workspace {
        let Some(place) = PLACES.iter().find(|place| place.name == name) else {
            complaints.push(format!(
                "{name} has no place yet; give it one in xtask/src/tidy/crates.rs"
            ));
            continue;
        };
        for dependency in dependencies {
            let ours = workspace.contains_key(dependency);
            if ours && !place.uses.contains(&dependency.as_str()) {
                complaints.push(format!(
                    "{name} may not use {dependency}; move the code, or the arrow in tidy"
                ));
            }
            if place.not.contains(&dependency.as_str()) {
                complaints.push(format!("{name} must not know {dependency}"));
            }
        }
    }
    check("directions between crates", &complaints);
}

/// What an application compiles with a crate, itself included; who passes context on by value should not notice it.
#[test]
fn few_crates_come_along() {
    let mut complaints = Vec::new();
    let all = tree("wakeful-trace");
    if all.len() > 6 {
        complaints.push(format!(
            "wakeful-trace brings {} crates, more than 6: {all:?}",
            all.len()
        ));
    }
    let of_tracing = tree("tracing");
    let of_wakeful: Vec<_> = tree("wakeful")
        .into_iter()
        .filter(|it| !of_tracing.contains(it))
        .collect();
    if of_wakeful.len() > 60 {
        complaints.push(format!(
            "wakeful brings {} crates beside those of tracing, more than 60: {of_wakeful:?}",
            of_wakeful.len()
        ));
    }
    for dependency in tree("wakeful-tower") {
        if [
            "wakeful-wire",
            "wakeful-export",
            "prost",
            "tonic",
            "thrift",
            "protobuf",
        ]
        .contains(&dependency.as_str())
        {
            complaints.push(format!(
                "wakeful-tower compiles {dependency}; layers know no wire format"
            ));
        }
    }
    check("what crates bring along", &complaints);
}

/// The names of a crate and of everything that it depends on, but for its tests.
fn tree(name: &str) -> BTreeSet<String> {
    let arguments = [
        "tree",
        "--package",
        name,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--offline",
    ];
    let tree = shell::read(&mut shell::cargo(&arguments)).expect("cargo prints the tree");
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// What each of the workspace's crates depends on; tests may use what they like.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let metadata = shell::read(&mut shell::cargo(&arguments)).expect("cargo describes the workspace");
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let of = |package: &Value| {
        let all = list(&package["dependencies"]);
        all.iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(name)
            .collect()
    };
    list(&metadata["packages"])
        .iter()
        .map(|package| (name(package), of(package)))
        .collect()
}
