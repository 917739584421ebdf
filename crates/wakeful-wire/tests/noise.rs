//! No bytes take a decoder down: random ones, and captured ones with faults.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

mod support;

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use support::Noise;
use wakeful_model::{Attribute, Span, SpanBatch};
use wakeful_wire::inflate::{Encoding, inflate};
use wakeful_wire::jaeger::{Protocol, decode_agent, decode_batch};
use wakeful_wire::otlp::decode_json;

const ROUNDS: usize = 10_000;

/// Decodes random bytes behind each of `prefixes`, and mutations of the payloads in `parts`.
///
/// `decode` says how many bytes of memory its result takes, or `None` if it refused.
fn check(parts: &[&str], prefixes: &[&[u8]], decode: impl Fn(&[u8]) -> Option<usize>) {
    let payloads = support::payloads(parts);
    let mut noise = Noise(0x5eed);
    let mut decoded = 0;
    for round in 0..ROUNDS {
        let prefix = prefixes[round % prefixes.len()];
        let len = noise.below(256);
        let random = [prefix, &noise.bytes(len)].concat();
        let mutated = noise.mutate(&payloads[round % payloads.len()].1);
        for input in [random, mutated] {
            if let Some(memory) = decode(&input) {
                assert!(
                    memory <= 32 * input.len() + 4096,
                    "{memory} bytes of memory for {}",
                    input.len()
                );
                decoded += 1;
            }
        }
    }
    assert!(
        decoded > 100,
        "only {decoded} were decoded: the faults are too many to reach far"
    );
}

fn memory<R, E>(decoded: Result<(SpanBatch, R), E>) -> Option<usize> {
    let (batch, _) = decoded.ok()?;
    let attributes: usize = batch.spans.iter().map(|span| span.attributes.capacity()).sum();
    Some(batch.spans.capacity() * size_of::<Span>() + attributes * size_of::<Attribute>())
}

#[test]
fn thrift_compact() {
    let begun = b"\x82\x81\x01\x09emitBatch\x1c\x1c\x18\x01s\x00\x19";
    check(&["udp-compact"], &[b"", b"\x82\x81", begun], |input| {
        memory(decode_agent(input, Protocol::Compact))
    });
}

#[test]
fn thrift_binary() {
    let begun = b"\x80\x01\x00\x04\x00\x00\x00\x09emitBatch\x00\x00\x00\x00\x0c\x00\x01";
    check(&["udp-binary"], &[b"", b"\x80\x01\x00\x04", begun], |input| {
        memory(decode_agent(input, Protocol::Binary))
    });
}

#[test]
fn thrift_over_http() {
    check(&["http-thrift"], &[b"", b"\x0c\x00\x01"], |input| {
        memory(decode_batch(input))
    });
}

#[test]
fn json() {
    let begun = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"#;
    check(
        &["rust-shop/http-json/001", "node-shop/http-json/001"],
        &[b"", b"{", begun],
        |input| memory(decode_json(input)),
    );
}

#[test]
fn compressed() {
    const LIMIT: usize = 100_000;
    let plain = &support::payloads(&["rust-shop/http-json/001"])[0].1[..9_000];
    for encoding in [Encoding::Gzip, Encoding::Zstd, Encoding::Zlib] {
        let whole = deflate(encoding, plain);
        let mut noise = Noise(0x5eed);
        for _ in 0..ROUNDS {
            if let Ok(inflated) = inflate(encoding, Bytes::from(noise.mutate(&whole)), LIMIT) {
                assert!(inflated.len() <= LIMIT);
            }
        }
    }
}

fn deflate(encoding: Encoding, plain: &[u8]) -> Vec<u8> {
    let fast = Compression::fast();
    match encoding {
        Encoding::Identity => plain.to_vec(),
        Encoding::Zstd => zstd::stream::encode_all(plain, 1).unwrap(),
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), fast);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        Encoding::Zlib => {
            let mut encoder = ZlibEncoder::new(Vec::new(), fast);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
    }
}
