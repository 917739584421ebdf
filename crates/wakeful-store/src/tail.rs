//! Reading the tail: what was received and is not in a segment yet.

use rustc_hash::FxHashMap;
use wakeful_model::TraceId;
use wakeful_wire::otlp::{Batch, Row, SpanView, decode_resource, decode_scope};

use crate::SpanKey;
use crate::assembly::Assembly;
use crate::filter::{Predicate, SpanFilter, any_is};
use crate::segment::Hit;
use crate::trace_attributes::key_of;

/// Reads the spans of the wanted traces.
pub(crate) fn read_spans(batch: &Batch, into: &mut Assembly) {
    read_spans_if(batch, into, |_| true);
}

/// Reads those spans of the wanted traces that are wanted themselves.
pub(crate) fn read_spans_if(batch: &Batch, into: &mut Assembly, is_wanted: impl Fn(&Row) -> bool) {
    // A resource may be large, and each trace has numbers of its own for them.
    let mut shared: FxHashMap<(TraceId, u32), (u32, u32)> = FxHashMap::default();
    for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
        let Some(assembled) = into.of(*trace).filter(|_| is_wanted(row)) else {
            continue;
        };
        let group = batch.operations()[row.operation as usize].group;
        let (resource, scope) = *shared.entry((*trace, group)).or_insert_with(|| {
            let group = &batch.groups()[group as usize];
            (
                assembled.resource(&batch.encoded_resource(group)),
                assembled.scope(&batch.encoded_scope(group)),
            )
        });
        assembled
            .batch
            .spans
            .extend(batch.view(row).to_model(resource, scope));
    }
}

/// Earliest start of a span of a trace here.
pub(crate) fn trace_start(batch: &Batch, trace: TraceId) -> Option<u64> {
    let of_trace = batch
        .trace_ids()
        .iter()
        .zip(batch.rows())
        .filter(|(id, _)| **id == trace);
    of_trace.map(|(_, row)| row.start_unix_nanos).min()
}

/// Finds traces of which a span meets the filter.
pub(crate) fn scan<'a>(batches: impl Iterator<Item = &'a Batch> + Clone, filter: &SpanFilter) -> Vec<Hit> {
    let mut starts: FxHashMap<TraceId, u64> = FxHashMap::default();
    for batch in batches.clone() {
        if !may_match(batch, filter) {
            continue;
        }
        let mut scan = Scan::new(batch, filter);
        for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
            if scan.matches(row) {
                starts.insert(*trace, u64::MAX);
            }
        }
    }
    if starts.is_empty() {
        return Vec::new();
    }
    // A trace began with its earliest span, which need not be the one that was found.
    for batch in batches {
        for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
            if let Some(start) = starts.get_mut(trace) {
                *start = row.start_unix_nanos.min(*start);
            }
        }
    }
    starts
        .into_iter()
        .map(|(trace, start)| Hit {
            trace,
            start,
            whole: true,
        })
        .collect()
}

/// Calls `each` with the spans of a trace that meet the filter.
pub(crate) fn each_match(batch: &Batch, trace: TraceId, filter: &SpanFilter, mut each: impl FnMut(SpanKey)) {
    if !may_match(batch, filter) {
        return;
    }
    let mut scan = Scan::new(batch, filter);
    let rows = batch.trace_ids().iter().zip(batch.rows());
    for (_, row) in rows.filter(|(id, _)| **id == trace) {
        if scan.matches(row) {
            each(key_of(row, batch.operations()[row.operation as usize].kind));
        }
    }
}

/// Whether a batch is worth looking through: text that is looked for must stand somewhere in its bytes.
fn may_match(batch: &Batch, filter: &SpanFilter) -> bool {
    filter.clauses.iter().all(|clause| {
        clause.iter().any(|predicate| match predicate {
            // Other types have another form there, and short texts are everywhere.
            Predicate::Attribute { text, .. } if text.len() >= 4 && !could_be_typed(text) => {
                memchr::memmem::find(batch.payload(), text.as_bytes()).is_some()
            }
            _ => true,
        })
    })
}

/// Whether a value of a type other than text could have this canonical text.
fn could_be_typed(text: &str) -> bool {
    matches!(text, "true" | "false" | "NaN" | "Infinity" | "-Infinity")
        || text.parse::<f64>().is_ok()
        || text.starts_with(['[', '{'])
        // Bytes are base64.
        || (text.len().is_multiple_of(4) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)))
}

/// Number of the clause, and of the predicate in it.
type Standing = (usize, usize);

/// The filter, as far as it can be decided once for many rows of a batch.
struct Scan<'a> {
    batch: &'a Batch,
    filter: &'a SpanFilter,
    /// Whether service and name of each operation are right.
    operations: Vec<bool>,
    /// Whether a predicate holds of a group's resource and scope, found when it is first asked. A predicate is told
    /// from others by where it stands.
    groups: FxHashMap<(u32, Standing), bool>,
}

impl<'a> Scan<'a> {
    fn new(batch: &'a Batch, filter: &'a SpanFilter) -> Self {
        let right =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let operations = batch.operations().iter().map(|operation| {
            let group = &batch.groups()[operation.group as usize];
            right(&filter.service, batch.service(group)) && right(&filter.name, batch.name(operation))
        });
        Self {
            batch,
            filter,
            operations: operations.collect(),
            groups: FxHashMap::default(),
        }
    }

    fn matches(&mut self, row: &Row) -> bool {
        if !self.operations[row.operation as usize]
            || !self.filter.started_within.contains(&row.start_unix_nanos)
            || !self.filter.duration.contains(&row.duration_nanos)
        {
            return false;
        }
        if self.filter.clauses.is_empty() {
            return true;
        }
        let span = self.batch.view(row);
        let filter = self.filter;
        filter.clauses.iter().enumerate().all(|(clause, predicates)| {
            let mut predicates = predicates.iter().enumerate();
            predicates.any(|(number, predicate)| self.holds(predicate, (clause, number), row, &span))
        })
    }

    fn holds(&mut self, predicate: &Predicate, standing: Standing, row: &Row, span: &SpanView<'_>) -> bool {
        match predicate {
            Predicate::Attribute { key, text } => {
                any_is(span.attributes(), key, text)
                    || span.events().any(|event| any_is(event.attributes(), key, text))
                    || span.links().any(|link| any_is(link.attributes(), key, text))
                    || self.group_holds(standing, row, |batch, group| {
                        let has = |attributes: &[wakeful_model::Attribute]| {
                            attributes.iter().any(|attribute| {
                                attribute.key == *key
                                    && wakeful_model::canonical_text(&attribute.value) == text.as_str()
                            })
                        };
                        let group = &batch.groups()[group as usize];
                        has(&decode_resource(&batch.encoded_resource(group)).attributes)
                            || has(&decode_scope(&batch.encoded_scope(group)).attributes)
                    })
            }
            Predicate::Kind(kind) => span.kind() == *kind,
            Predicate::Status(code) => row.status == *code,
            Predicate::StatusNot(code) => row.status != *code,
            Predicate::StatusMessage(text) => span.status_message == text,
            Predicate::TraceState(text) => span.trace_state == text,
            Predicate::ScopeName(text) => self.group_holds(standing, row, |batch, group| {
                batch.scope(&batch.groups()[group as usize]).name == *text
            }),
            Predicate::ScopeVersion(text) => self.group_holds(standing, row, |batch, group| {
                batch.scope(&batch.groups()[group as usize]).version == *text
            }),
        }
    }

    /// Decides once for each group.
    fn group_holds(
        &mut self,
        standing: Standing,
        row: &Row,
        holds: impl FnOnce(&Batch, u32) -> bool,
    ) -> bool {
        let group = self.batch.operations()[row.operation as usize].group;
        *self
            .groups
            .entry((group, standing))
            .or_insert_with(|| holds(self.batch, group))
    }
}
