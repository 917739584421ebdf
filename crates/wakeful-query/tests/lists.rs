//! Orders, pages and densities over generated traces, against a model that looks at all spans.

// Helpers of tests are not in functions marked as tests, but fail them all the same.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use wakeful_model::{Attribute, Kind, Resource, Scope, Span, SpanBatch, SpanId, Status, StatusCode, TraceId};
use wakeful_query::{Condition, Engine, Heat, HeatCell, HeatGrid, Page, Sort, TraceBox, TraceQuery};
use wakeful_store::{Backend, Store, StoreOptions};
use wakeful_wire::otlp::Batch;

const BASE: u64 = 1_768_471_200_000_000_000;
const SERVICES: [&str; 3] = ["cart", "shop", "till"];
const NAMES: [&str; 4] = ["GET /", "pay", "pick", "query"];

/// A small generator of numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Requests: spans of a trace come in one or in several of them, whole traces without a root in one.
fn requests(seed: u64, traces: u128) -> Vec<SpanBatch> {
    let mut random = Random(seed);
    let mut requests: Vec<SpanBatch> = (0..12).map(|_| empty()).collect();
    for number in 1..=traces {
        let trace_id = TraceId::new(number << 64 | u128::from(random.below(u64::MAX))).unwrap();
        let started = BASE + random.below(3_600) * 1_000_000_000;
        let has_root = random.below(8) > 0;
        let home = random.below(12) as usize;
        let is_split = has_root && random.below(3) == 0;
        let spans = 1 + random.below(6);
        for id in 1..=spans {
            let parent = match (id, has_root) {
                (1, true) => None,
                (1, false) => SpanId::new(99),
                _ => SpanId::new(1 + random.below(id - 1)),
            };
            let start = started + random.below(4) * 1_000_000;
            let failed = random.below(5) == 0;
            let place = if is_split { random.below(12) as usize } else { home };
            requests[place].spans.push(Span {
                trace_id,
                span_id: SpanId::new(id).unwrap(),
                parent_span_id: parent,
                trace_state: String::new(),
                flags: 0,
                name: NAMES[random.below(4) as usize].to_owned(),
                kind: Kind::Internal,
                start_unix_nanos: start,
                end_unix_nanos: start + random.below(6) * random.below(50) * 100_000,
                attributes: vec![Attribute::new("n", random.below(4) as i64)],
                dropped_attributes_count: 0,
                events: Vec::new(),
                dropped_events_count: 0,
                links: Vec::new(),
                dropped_links_count: 0,
                status: Status {
                    code: if failed {
                        StatusCode::Error
                    } else {
                        StatusCode::Unset
                    },
                    message: String::new(),
                },
                resource: random.below(3) as u32,
                scope: 0,
            });
        }
    }
    requests
}

fn empty() -> SpanBatch {
    let resource = |name: &str| Resource {
        attributes: vec![Attribute::new("service.name", name)],
        ..Resource::default()
    };
    SpanBatch {
        spans: Vec::new(),
        resources: SERVICES.iter().map(|name| resource(name)).collect(),
        scopes: vec![Scope::default()],
    }
}

/// What the model knows of a trace.
#[derive(Debug, Clone)]
struct Known {
    id: TraceId,
    start: u64,
    end: u64,
    spans: usize,
    errors: usize,
    name: String,
}

/// All traces of which a span meets the query, and which lie in the box.
fn matches(spans: &[Span], query: &TraceQuery, within: Option<&TraceBox>) -> Vec<Known> {
    let mut traces: BTreeMap<TraceId, Vec<&Span>> = BTreeMap::new();
    spans
        .iter()
        .for_each(|span| traces.entry(span.trace_id).or_default().push(span));
    let meets = |span: &&Span| {
        let service = SERVICES[span.resource as usize];
        let duration = span.duration_nanos();
        query.service.as_deref().is_none_or(|wanted| wanted == service)
            && query.operation.as_ref().is_none_or(|wanted| *wanted == span.name)
            && query.tags.iter().all(|(key, value)| {
                span.attribute(key)
                    .is_some_and(|found| wakeful_model::canonical_text(found) == value.as_str())
            })
            && query
                .started_within
                .as_ref()
                .is_none_or(|range| range.contains(&span.start_unix_nanos))
            && query.min_duration_nanos.is_none_or(|least| duration >= least)
            && query.max_duration_nanos.is_none_or(|most| duration <= most)
    };
    let known = traces.into_iter().filter(|(_, spans)| spans.iter().any(meets));
    let known = known.map(|(id, spans)| {
        let roots = spans.iter().filter(|span| span.parent_span_id.is_none());
        let ids: Vec<_> = spans.iter().map(|span| Some(span.span_id)).collect();
        let orphans = spans
            .iter()
            .filter(|span| span.parent_span_id.is_some() && !ids.contains(&span.parent_span_id));
        let earliest = |span: &&&Span| (span.start_unix_nanos, span.span_id);
        let root = roots.min_by_key(earliest).or(orphans.min_by_key(earliest));
        let failed = spans.iter().filter(|span| span.status.code == StatusCode::Error);
        Known {
            id,
            start: spans.iter().map(|span| span.start_unix_nanos).min().unwrap(),
            end: spans.iter().map(|span| span.end_unix_nanos).max().unwrap(),
            spans: spans.len(),
            errors: failed.count(),
            name: root.map_or_else(String::new, |root| {
                format!("{}\0{}", SERVICES[root.resource as usize], root.name)
            }),
        }
    });
    known
        .filter(|trace| {
            within.is_none_or(|within| {
                within.started_within.contains(&trace.start)
                    && within.duration.contains(&(trace.end - trace.start))
            })
        })
        .collect()
}

fn sorted(mut traces: Vec<Known>, sort: Sort) -> Vec<TraceId> {
    let duration = |trace: &Known| trace.end - trace.start;
    match sort {
        Sort::Newest => traces.sort_by_key(|trace| (Reverse(trace.start), trace.id)),
        Sort::Oldest => traces.sort_by_key(|trace| (trace.start, trace.id)),
        Sort::Longest => traces.sort_by_key(|trace| (Reverse(duration(trace)), trace.id)),
        Sort::Shortest => traces.sort_by_key(|trace| (duration(trace), trace.id)),
        Sort::MostSpans => traces.sort_by_key(|trace| (Reverse(trace.spans), trace.id)),
        Sort::LeastSpans => traces.sort_by_key(|trace| (trace.spans, trace.id)),
        Sort::MostErrors => traces.sort_by_key(|trace| (Reverse(trace.errors), trace.id)),
        Sort::LeastErrors => traces.sort_by_key(|trace| (trace.errors, trace.id)),
        Sort::Name => traces.sort_by_key(|trace| (trace.name.clone(), trace.id)),
        Sort::NameDescending => traces.sort_by_key(|trace| (Reverse(trace.name.clone()), trace.id)),
    }
    traces.into_iter().map(|trace| trace.id).collect()
}

/// The grid by the definition of the page's API.
fn heat(traces: &[Known], query: &TraceQuery, grid: HeatGrid) -> Heat {
    let nanos = |trace: &Known| (trace.end - trace.start).max(1);
    let least = traces.iter().map(nanos).min().unwrap_or(0);
    let most = traces.iter().map(nanos).max().unwrap_or(0);
    let (start, end) = match &query.started_within {
        Some(range) => (*range.start(), *range.end()),
        None => (
            traces.iter().map(|trace| trace.start).min().unwrap_or(0),
            traces.iter().map(|trace| trace.start).max().unwrap_or(0) + 1,
        ),
    };
    let mut cells: BTreeMap<(u16, u16), (u32, u32)> = BTreeMap::new();
    for trace in traces {
        let x = u128::from(trace.start.saturating_sub(start)) * u128::from(grid.columns)
            / u128::from(end - start);
        let log = |nanos: u64| (nanos as f64).ln();
        let y = (log(nanos(trace)) - log(least)) / (log(most) - log(least)) * f64::from(grid.rows);
        let x = x.min(u128::from(grid.columns) - 1) as u16;
        let cell = cells.entry((x, (y as u16).min(grid.rows - 1))).or_default();
        cell.0 += 1;
        cell.1 += u32::from(trace.errors > 0);
    }
    let cells = cells
        .into_iter()
        .map(|((x, y), (count, errors))| HeatCell { x, y, count, errors });
    Heat {
        start_unix_nanos: start,
        end_unix_nanos: end,
        min_nanos: least,
        max_nanos: most,
        traces: traces.len() as u64,
        cells: cells.collect(),
        ..Heat::default()
    }
}

fn queries() -> Vec<(TraceQuery, Option<TraceBox>)> {
    let any = TraceQuery {
        limit: 7,
        ..TraceQuery::default()
    };
    let minute = 60_000_000_000;
    let shop = TraceQuery {
        service: Some("shop".to_owned()),
        ..any.clone()
    };
    let narrow = TraceQuery {
        operation: Some("pay".to_owned()),
        started_within: Some(BASE + 10 * minute..=BASE + 40 * minute),
        min_duration_nanos: Some(1_000_000),
        ..shop.clone()
    };
    let tagged = TraceQuery {
        tags: vec![("n".to_owned(), "3".to_owned())],
        max_duration_nanos: Some(2_000_000),
        ..any.clone()
    };
    let nothing = TraceQuery {
        service: Some("nobody".to_owned()),
        ..any.clone()
    };
    let within = TraceBox {
        started_within: BASE + 20 * minute..=BASE + 50 * minute,
        duration: 1_500_000..=9_000_000,
    };
    vec![
        (any, None),
        (shop.clone(), None),
        (shop, Some(within)),
        (narrow, None),
        (tagged, None),
        (nothing, None),
    ]
}

fn check(engine: &Engine, spans: &[Span], state: &str) {
    let grid = HeatGrid { columns: 9, rows: 5 };
    for (number, (query, within)) in queries().into_iter().enumerate() {
        let known = matches(spans, &query, within.as_ref());
        for sort in Sort::ALL {
            let what = format!("{state}, query {number}, {sort:?}");
            let mut page = Page {
                sort,
                after: None,
                within: within.clone(),
            };
            let mut found = Vec::new();
            loop {
                let list = engine.list(&query, &page, |_| true).unwrap();
                assert_eq!(list.problems, [""; 0], "{what}");
                assert!(
                    list.matches.is_none_or(|matches| matches == known.len() as u64),
                    "{what}"
                );
                assert_eq!(
                    list.matches.is_none(),
                    sort == Sort::Newest && within.is_none(),
                    "{what}"
                );
                found.extend(list.items.iter().map(|trace| trace.id));
                assert_eq!(list.truncated, list.next.is_some(), "{what}");
                // A cursor goes through an address.
                page.after = list.next.map(|place| place.to_string().parse().unwrap());
                if page.after.is_none() {
                    break;
                }
            }
            assert_eq!(found, sorted(known.clone(), sort), "{what}");
        }
        let counted = engine.heat(&query, within.as_ref(), grid, |_| true).unwrap();
        assert_eq!(counted, heat(&known, &query, grid), "{state}, query {number}");
    }
}

#[test]
fn every_order_every_page_and_every_cell_is_right_wherever_spans_rest() {
    for seed in [1, 2, 3] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let store = Store::open(StoreOptions {
            flush_interval: Duration::from_secs(3600),
            ..StoreOptions::new(Backend::Memory)
        })
        .unwrap();
        let engine = Engine::new(store.clone());
        let mut spans = Vec::new();
        let append = |batch: &SpanBatch| {
            let batch = Batch::encode(batch).unwrap();
            runtime.block_on(store.append(batch)).unwrap();
        };
        let requests = requests(seed, 150);
        let (first, rest) = requests.split_at(4);
        for request in first {
            append(request);
            spans.extend(request.spans.iter().cloned());
        }
        check(&engine, &spans, "in the tail");
        runtime.block_on(store.flush()).unwrap();
        check(&engine, &spans, "in a segment");
        for request in &rest[..4] {
            append(request);
            spans.extend(request.spans.iter().cloned());
        }
        check(&engine, &spans, "in a segment and the tail");
        runtime.block_on(store.flush()).unwrap();
        for request in &rest[4..] {
            append(request);
            spans.extend(request.spans.iter().cloned());
        }
        check(&engine, &spans, "in two segments and the tail");
        runtime.block_on(store.flush()).unwrap();
        check(&engine, &spans, "in three segments");
        store.close();
    }
}

#[test]
fn a_search_in_vain_is_explained() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
    let engine = Engine::new(store.clone());
    let mut spans = Vec::new();
    for request in requests(4, 60) {
        let batch = Batch::encode(&request).unwrap();
        runtime.block_on(store.append(batch)).unwrap();
        spans.extend(request.spans);
    }
    let query = TraceQuery {
        service: Some("shop".to_owned()),
        tags: vec![("n".to_owned(), "17".to_owned())],
        limit: 20,
        ..TraceQuery::default()
    };
    let without_tag = TraceQuery {
        tags: Vec::new(),
        ..query.clone()
    };
    let expected = matches(&spans, &without_tag, None).len();
    let explained = engine.explain(&query, &Page::default(), |_| true).unwrap();
    assert_eq!(explained, [(Condition::Tag("n".to_owned()), expected)]);

    // Two conditions of which each alone keeps everything out: no single one helps.
    let query = TraceQuery {
        operation: Some("nothing".to_owned()),
        ..query
    };
    assert_eq!(engine.explain(&query, &Page::default(), |_| true), Ok(Vec::new()));
    store.close();
}

/// A trace that takes more memory than a line of a list is worth has the same line as any other.
#[test]
fn a_trace_that_is_too_large_to_be_held_is_listed_all_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut all = requests(3, 40);
    let mut counts: BTreeMap<TraceId, usize> = BTreeMap::new();
    for span in all.iter().flat_map(|request| &request.spans) {
        *counts.entry(span.trace_id).or_default() += 1;
    }
    let (id, spans) = counts.into_iter().max_by_key(|(_, spans)| *spans).unwrap();
    all.iter_mut()
        .for_each(|request| request.spans.retain(|span| span.trace_id == id));
    let line = |ballast_bytes: usize| {
        let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
        for request in &all {
            let mut request = request.clone();
            for span in &mut request.spans {
                let ballast = "x".repeat(ballast_bytes / spans);
                span.attributes.push(Attribute::new("ballast", ballast));
            }
            let batch = Batch::encode(&request).unwrap();
            runtime.block_on(store.append(batch)).unwrap();
        }
        let query = TraceQuery {
            limit: 10,
            ..TraceQuery::default()
        };
        let list = Engine::new(store)
            .list(&query, &Page::default(), |_| true)
            .unwrap();
        assert_eq!(list.problems, [] as [String; 0]);
        list.items
    };
    let lines = line(0);
    assert_eq!((lines.len(), lines[0].spans as usize), (1, spans));
    assert_eq!(line(18 << 20), lines);
}
