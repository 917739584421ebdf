//! The twenty services that the generated spans come from, with their operations and processes.

use crate::message::{Message, Value};

/// How many services there are.
pub(crate) const SERVICES: usize = 20;
/// How many operations each has.
pub(crate) const OPERATIONS: usize = 10;
/// How many processes each runs in.
pub(crate) const PROCESSES: usize = 3;

const NAMES: [&str; SERVICES] = [
    "frontend",
    "accounts",
    "carts",
    "catalogue",
    "checkout",
    "currency",
    "delivery",
    "discounts",
    "email",
    "fraud",
    "images",
    "inventory",
    "ledger",
    "orders",
    "payment",
    "pricing",
    "ratings",
    "search",
    "sessions",
    "warehouse",
];

const OPERATION_NAMES: [&str; OPERATIONS] = [
    "GET /v1/items/{id}",
    "POST /v1/items",
    "PUT /v1/items/{id}",
    "GET /v1/search",
    "select rows",
    "insert row",
    "load from cache",
    "publish change",
    "validate input",
    "render answer",
];

/// The name of a service.
pub(crate) fn service(service: usize) -> &'static str {
    NAMES[service % SERVICES]
}

/// The name of an operation of a service.
pub(crate) fn operation(service: usize, operation: usize) -> String {
    format!(
        "{} {}",
        NAMES[service % SERVICES],
        OPERATION_NAMES[operation % OPERATIONS]
    )
}

/// An OTLP `Resource` of six attributes.
pub(crate) fn resource(service: usize, process: usize) -> Message {
    let name = self::service(service);
    let mut resource = Message::default();
    let host = format!("node-{:02}.cluster.example", (service * PROCESSES + process) % 12);
    let instance = format!("{name}-7d4b9c6f5-{process:05}");
    for (key, text) in [
        ("service.name", name),
        ("service.version", "1.42.0"),
        ("service.instance.id", &instance),
        ("host.name", &host),
        ("deployment.environment.name", "production"),
        ("telemetry.sdk.language", "rust"),
    ] {
        resource.attribute(1, key, &Value::Text(text));
    }
    resource
}
