//! Resources that are large, and shared by so many spans that there is no room for one each.

use wakeful_model::{Attribute, Resource, SpanBatch, SpanId};
use wakeful_store::Store;
use wakeful_wire::otlp::Batch;

use crate::support::{folder, runtime};
use crate::traces::{flush, open_with, part, trace_id};

const RESOURCE_BYTES: usize = 1 << 20;

/// So many that arrays of their resources would have more than 2 GiB.
const SPANS: u64 = 2100;

/// A trace whose spans are of two resources in turn.
fn crowd() -> Batch {
    let mut batch: SpanBatch = part(1, [0], 8).to_model();
    batch.resources.clear();
    for letter in ["a", "b"] {
        batch.intern_resource(Resource {
            attributes: vec![
                Attribute::new("service.name", letter),
                Attribute::new("ballast", letter.repeat(RESOURCE_BYTES).as_str()),
            ],
            ..Resource::default()
        });
    }
    let first = batch.spans.remove(0);
    batch.spans = (0..SPANS)
        .map(|number| {
            let mut span = first.clone();
            span.span_id = SpanId::new(number + 1).unwrap();
            span.start_unix_nanos += number;
            span.end_unix_nanos += number;
            span.resource = (number % 2) as u32;
            span
        })
        .collect();
    Batch::encode(&batch).unwrap()
}

/// Checks that every span is there with its own resource.
fn check(store: &Store, when: &str) {
    let (traces, problems) = store.traces(&[trace_id(1)]);
    assert_eq!(problems, [], "{when}");
    let batch = &traces[0].batch;
    assert_eq!(
        (batch.spans.len() as u64, batch.resources.len()),
        (SPANS, 2),
        "{when}"
    );
    for span in &batch.spans {
        let expected = if span.span_id.get() % 2 == 1 { "a" } else { "b" };
        assert_eq!(batch.resource(span).service_name(), expected, "{when}");
    }
}

#[test]
fn large_resources_rest_once_and_are_read_once() {
    let folder = folder();
    let store = open_with(folder.path(), 4 << 20);
    runtime().block_on(store.append(crowd())).unwrap();
    check(&store, "in the tail");
    flush(&store);
    check(&store, "in a segment");
    let bytes = std::fs::metadata(folder.path().join(format!("{:016x}.parquet", 1)));
    let bytes = bytes.unwrap().len();
    assert!(bytes < 3 * RESOURCE_BYTES as u64, "{bytes} bytes");
}
