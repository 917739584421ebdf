//! Which span hangs on which.

use rustc_hash::FxHashMap;
use wakeful_model::{Kind, Span, SpanId};
use wakeful_store::SkeletonSpan;

/// What a span needs to have a place in a tree.
pub trait TreeSpan {
    /// Its own id.
    fn span_id(&self) -> SpanId;
    /// The id of the span that it was part of.
    fn parent_span_id(&self) -> Option<SpanId>;
    /// Its role towards other spans.
    fn kind(&self) -> Kind;
    /// When it began, Unix time.
    fn start_unix_nanos(&self) -> u64;
    /// When it ended, Unix time.
    fn end_unix_nanos(&self) -> u64;
    /// Index of what produced it.
    fn resource(&self) -> u32;
    /// Gives it an id of its own, below a span whose id it had until now.
    fn rename(&mut self, own: SpanId, parent: SpanId);
    /// Hangs it on another span.
    fn set_parent(&mut self, parent: SpanId);
}

impl TreeSpan for Span {
    fn span_id(&self) -> SpanId {
        self.span_id
    }
    fn parent_span_id(&self) -> Option<SpanId> {
        self.parent_span_id
    }
    fn kind(&self) -> Kind {
        self.kind
    }
    fn start_unix_nanos(&self) -> u64 {
        self.start_unix_nanos
    }
    fn end_unix_nanos(&self) -> u64 {
        self.end_unix_nanos
    }
    fn resource(&self) -> u32 {
        self.resource
    }
    fn rename(&mut self, own: SpanId, parent: SpanId) {
        self.span_id = own;
        self.parent_span_id = Some(parent);
    }
    fn set_parent(&mut self, parent: SpanId) {
        self.parent_span_id = Some(parent);
    }
}

impl TreeSpan for SkeletonSpan {
    fn span_id(&self) -> SpanId {
        self.span_id
    }
    fn parent_span_id(&self) -> Option<SpanId> {
        self.parent_span_id
    }
    fn kind(&self) -> Kind {
        self.kind
    }
    fn start_unix_nanos(&self) -> u64 {
        self.start_unix_nanos
    }
    fn end_unix_nanos(&self) -> u64 {
        self.end_unix_nanos
    }
    fn resource(&self) -> u32 {
        self.resource
    }
    fn rename(&mut self, own: SpanId, parent: SpanId) {
        self.span_id = own;
        self.parent_span_id = Some(parent);
        self.marks.set(wakeful_store::Marks::RENAMED, true);
    }
    fn set_parent(&mut self, parent: SpanId) {
        self.parent_span_id = Some(parent);
    }
}

/// The parent of a span, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// It has none.
    None,
    /// Index of the span; a span may name itself.
    Span(u32),
    /// It names one that is not there.
    Missing,
}

/// The parents of spans, found once. An id that several spans have means the first of them.
#[derive(Debug)]
pub struct Parents {
    /// Index, or one of the two numbers below.
    of: Vec<u32>,
    /// Spans whose id an earlier span has, ascending.
    repeated: Vec<u32>,
}

/// Numbers that no span has: a trace is cut far below.
const NONE: u32 = u32::MAX;
const MISSING: u32 = u32::MAX - 1;

impl Parents {
    /// Finds the parents of all spans.
    pub fn of<S: TreeSpan>(spans: &[S]) -> Self {
        let mut known: FxHashMap<SpanId, u32> = FxHashMap::default();
        known.reserve(spans.len());
        let mut repeated = Vec::new();
        for (index, span) in (0..).zip(spans) {
            if *known.entry(span.span_id()).or_insert(index) != index {
                repeated.push(index);
            }
        }
        let parent = |span: &S| match span.parent_span_id() {
            None => NONE,
            Some(id) => known.get(&id).copied().unwrap_or(MISSING),
        };
        Self {
            of: spans.iter().map(parent).collect(),
            repeated,
        }
    }

    /// The parent of a span.
    pub fn parent(&self, span: u32) -> Parent {
        match self.of.get(span as usize) {
            None | Some(&NONE) => Parent::None,
            Some(&MISSING) => Parent::Missing,
            Some(&index) => Parent::Span(index),
        }
    }

    /// How many spans there are.
    pub fn len(&self) -> u32 {
        self.of.len() as u32
    }

    /// Whether there are no spans.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Spans whose id an earlier span has, ascending.
    pub(crate) fn repeated(&self) -> &[u32] {
        &self.repeated
    }
}

/// The children of every node of a forest, in one list.
#[derive(Debug)]
pub struct Children {
    grouped: Vec<u32>,
    /// Where each node's group begins; one more at the end.
    begins: Vec<u32>,
}

impl Children {
    /// Groups the nodes from 0 to `nodes` by their parent. Each group is in the order of the numbers.
    pub fn of(nodes: u32, parent: impl Fn(u32) -> Option<u32>) -> Self {
        let mut begins = vec![0; nodes as usize + 2];
        for parent in (0..nodes).filter_map(&parent) {
            begins[parent as usize + 2] += 1;
        }
        for node in 2..begins.len() {
            begins[node] += begins[node - 1];
        }
        // Filling a group moves its begin to its end, which is the begin of the next one.
        let mut grouped = vec![0; begins.last().map_or(0, |end| *end as usize)];
        for node in 0..nodes {
            if let Some(parent) = parent(node) {
                let next = &mut begins[parent as usize + 1];
                grouped[*next as usize] = node;
                *next += 1;
            }
        }
        Self { grouped, begins }
    }

    /// The children of a node.
    pub fn of_node(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.grouped[self.begins[node] as usize..self.begins[node + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_grouped_in_their_order() {
        let parents = [None, Some(0), Some(3), Some(0), Some(3), None];
        let children = Children::of(6, |node| parents[node as usize]);
        assert_eq!(children.of_node(0), [1, 3]);
        assert_eq!(children.of_node(3), [2, 4]);
        for childless in [1, 2, 4, 5] {
            assert!(children.of_node(childless).is_empty());
        }
        assert!(Children::of(0, |_| None).grouped.is_empty());
    }
}
