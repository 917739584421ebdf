//! The rows of a trace: its tree in pre-order, with parents that are missing as rows of their own.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use wakeful_model::{Span, SpanId, StatusCode, Trace};

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The span of that index.
    Span(u32),
    /// A span that others name as their parent, but which is not stored.
    Missing(SpanId),
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) shown: Shown,
    /// Row of the parent; always an earlier one.
    pub(super) parent: Option<u32>,
    pub(super) start_unix_nanos: u64,
    pub(super) end_unix_nanos: u64,
    /// Whether it is a span whose parent is missing.
    pub(super) orphan: bool,
}

/// The rows of a trace, with what is said about all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    pub(super) rows: Vec<Row>,
    pub(super) start_unix_nanos: u64,
    pub(super) end_unix_nanos: u64,
    /// Levels of the tree; a parent that is missing is none.
    pub(super) depth: u32,
    /// Spans that failed.
    pub(super) errors: u32,
    /// Spans whose parent is missing.
    pub(super) orphans: u32,
    /// Spans with warnings.
    pub(super) warnings: u32,
}

impl Layout {
    /// Lays out a trace. Nothing here recurses: a chain may be as deep as the trace is large.
    pub(super) fn of(trace: &Trace) -> Self {
        let spans = &trace.batch.spans;
        let nodes = Nodes::of(spans);
        let children = Children::of(&nodes);
        let mut layout = Self {
            rows: Vec::with_capacity(nodes.list.len()),
            start_unix_nanos: spans
                .iter()
                .map(|span| span.start_unix_nanos)
                .min()
                .unwrap_or_default(),
            end_unix_nanos: spans
                .iter()
                .map(|span| span.end_unix_nanos)
                .max()
                .unwrap_or_default(),
            errors: spans
                .iter()
                .filter(|span| span.status.code == StatusCode::Error)
                .count() as u32,
            warnings: spans
                .iter()
                .filter(|span| span.warnings().next().is_some())
                .count() as u32,
            ..Self::default()
        };
        let mut placed = vec![false; nodes.list.len()];
        let roots = children
            .order
            .iter()
            .filter(|node| nodes.list[**node as usize].parent.is_none());
        // After the roots come spans that are each other's ancestors and so hang on none: the earliest of them
        // serves as one.
        for &root in roots.chain(&children.order) {
            layout.place(root, &nodes, &children, &mut placed);
        }
        layout
    }

    /// Adds the rows of `root` and all below it that have none yet.
    fn place(&mut self, root: u32, nodes: &Nodes, children: &Children, placed: &mut [bool]) {
        let mut stack = vec![(root, None, 0)];
        while let Some((index, parent, level)) = stack.pop() {
            if std::mem::replace(&mut placed[index as usize], true) {
                continue;
            }
            let node = &nodes.list[index as usize];
            let missing = matches!(node.shown, Shown::Missing(_));
            let level = if missing { level } else { level + 1 };
            let orphan = !missing && parent.is_some_and(|row: u32| self.is_missing(row));
            self.depth = self.depth.max(level);
            self.orphans += u32::from(orphan);
            let row = self.rows.len() as u32;
            self.rows.push(Row {
                shown: node.shown,
                parent,
                start_unix_nanos: node.start_unix_nanos,
                end_unix_nanos: node.end_unix_nanos,
                orphan,
            });
            stack.extend(
                children
                    .of_node(index)
                    .iter()
                    .rev()
                    .map(|child| (*child, Some(row), level)),
            );
        }
    }

    fn is_missing(&self, row: u32) -> bool {
        matches!(self.rows[row as usize].shown, Shown::Missing(_))
    }

    /// Changes when rows do.
    pub(super) fn rev(&self) -> String {
        let mut hasher = FxHasher::default();
        for row in &self.rows {
            hasher.write_u64(row.start_unix_nanos);
            hasher.write_u64(row.end_unix_nanos);
            hasher.write_u32(row.parent.unwrap_or(u32::MAX));
        }
        format!("{:016x}", hasher.finish())
    }
}

/// A span, or a parent that is missing.
#[derive(Debug)]
struct Node {
    shown: Shown,
    id: SpanId,
    parent: Option<u32>,
    start_unix_nanos: u64,
    end_unix_nanos: u64,
}

/// Spans at their own index, then the parents that are missing, which cover their children.
#[derive(Debug)]
struct Nodes {
    list: Vec<Node>,
}

impl Nodes {
    fn of(spans: &[Span]) -> Self {
        let mut list: Vec<Node> = Vec::with_capacity(spans.len());
        list.extend(spans.iter().enumerate().map(|(index, span)| Node {
            shown: Shown::Span(index as u32),
            id: span.span_id,
            parent: None,
            start_unix_nanos: span.start_unix_nanos,
            end_unix_nanos: span.end_unix_nanos,
        }));
        let mut known: FxHashMap<SpanId, u32> = FxHashMap::default();
        known.reserve(spans.len());
        for (index, span) in spans.iter().enumerate() {
            known.entry(span.span_id).or_insert(index as u32);
        }
        for (index, span) in spans.iter().enumerate() {
            let Some(parent_id) = span.parent_span_id else {
                continue;
            };
            let parent = *known.entry(parent_id).or_insert_with(|| {
                list.push(Node {
                    shown: Shown::Missing(parent_id),
                    id: parent_id,
                    parent: None,
                    start_unix_nanos: u64::MAX,
                    end_unix_nanos: 0,
                });
                list.len() as u32 - 1
            });
            if let Node {
                shown: Shown::Missing(_),
                start_unix_nanos,
                end_unix_nanos,
                ..
            } = &mut list[parent as usize]
            {
                *start_unix_nanos = span.start_unix_nanos.min(*start_unix_nanos);
                *end_unix_nanos = span.end_unix_nanos.max(*end_unix_nanos);
            }
            if parent != index as u32 {
                list[index].parent = Some(parent);
            }
        }
        Self { list }
    }
}

/// The children of every node, in one list.
#[derive(Debug)]
struct Children {
    /// All nodes by start, then id.
    order: Vec<u32>,
    /// Those with a parent, grouped by it, each group in that order.
    grouped: Vec<u32>,
    /// Where each node's group begins; one more at the end.
    begins: Vec<u32>,
}

impl Children {
    fn of(nodes: &Nodes) -> Self {
        let list = &nodes.list;
        let mut order: Vec<u32> = (0..list.len() as u32).collect();
        order.sort_unstable_by_key(|node| {
            let Node {
                start_unix_nanos, id, ..
            } = &list[*node as usize];
            (*start_unix_nanos, *id, *node)
        });
        let mut begins = vec![0; list.len() + 1];
        for parent in list.iter().filter_map(|node| node.parent) {
            begins[parent as usize + 1] += 1;
        }
        for node in 0..list.len() {
            begins[node + 1] += begins[node];
        }
        let mut next = begins.clone();
        let mut grouped = vec![0; begins[list.len()] as usize];
        for &node in &order {
            if let Some(parent) = list[node as usize].parent {
                grouped[next[parent as usize] as usize] = node;
                next[parent as usize] += 1;
            }
        }
        Self {
            order,
            grouped,
            begins,
        }
    }

    fn of_node(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.grouped[self.begins[node] as usize..self.begins[node + 1] as usize]
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
