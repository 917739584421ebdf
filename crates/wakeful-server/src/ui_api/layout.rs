//! The rows of a trace: its tree in pre-order, with parents that are missing as rows of their own.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use wakeful_model::{SpanId, StatusCode};
use wakeful_query::{Children, Parent, Parents, Timed, critical_path};
use wakeful_store::{Marks, Skeleton, SkeletonSpan};

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// A span.
    Span(&'a SkeletonSpan),
    /// A span that others name as their parent, but which is not stored.
    Missing(&'a Missing),
}

/// A parent that is not stored; it covers its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) id: SpanId,
    pub(super) start_unix_nanos: u64,
    pub(super) end_unix_nanos: u64,
}

/// A part of a row that is on the critical path, Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CriticalPart {
    pub(super) row: u32,
    pub(super) start_unix_nanos: u64,
    pub(super) end_unix_nanos: u64,
}

/// The rows of a trace, with what is said about all of them. Spans are those of the skeleton that it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    /// What each row shows: the index of a span, or, counting on behind them, of a missing parent.
    nodes: Vec<u32>,
    /// Row of each row's parent, always an earlier one; [`NO_ROW`] for a root.
    parents: Vec<u32>,
    missing: Vec<Missing>,
    /// Parts of the critical path, by row, then time.
    pub(super) critical: Vec<CriticalPart>,
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

/// The parent of a root.
pub(super) const NO_ROW: u32 = u32::MAX;

impl Layout {
    /// Lays out a trace whose spans stand by start, then id. Nothing here recurses: a chain may be as deep as the
    /// trace is large.
    pub(super) fn of(skeleton: &Skeleton, parents: &Parents) -> Self {
        let spans = &skeleton.spans;
        let nodes = Nodes::of(spans, parents);
        let children = Children::of(nodes.parents.len() as u32, |node| nodes.parent(node));
        let count = |is: fn(&SkeletonSpan) -> bool| spans.iter().filter(|span| is(span)).count() as u32;
        let mut layout = Self {
            nodes: Vec::with_capacity(nodes.parents.len()),
            parents: Vec::with_capacity(nodes.parents.len()),
            start_unix_nanos: spans.first().map_or(0, |span| span.start_unix_nanos),
            end_unix_nanos: spans
                .iter()
                .map(|span| span.end_unix_nanos)
                .max()
                .unwrap_or_default(),
            errors: count(|span| span.status == StatusCode::Error),
            warnings: count(|span| span.marks.contains(Marks::WARNINGS)),
            ..Self::default()
        };
        let mut placed = vec![false; nodes.parents.len()];
        // After the roots come spans that are each other's ancestors and so hang on none: the earliest of them
        // serves as one.
        for root in nodes.roots(spans).into_iter().chain(0..spans.len() as u32) {
            layout.place(root, &nodes, &children, &mut placed);
        }
        drop(placed);
        layout.find_critical(spans, &children);
        layout.missing = nodes.missing;
        layout
    }

    /// Adds the rows of `root` and all below it that have none yet.
    fn place(&mut self, root: u32, nodes: &Nodes, children: &Children, placed: &mut [bool]) {
        let mut stack = vec![(root, NO_ROW, 0)];
        while let Some((node, parent, level)) = stack.pop() {
            if std::mem::replace(&mut placed[node as usize], true) {
                continue;
            }
            let level = if nodes.is_missing(node) { level } else { level + 1 };
            self.depth = self.depth.max(level);
            let is_orphan = self
                .nodes
                .get(parent as usize)
                .is_some_and(|node| nodes.is_missing(*node));
            self.orphans += u32::from(is_orphan);
            let row = self.nodes.len() as u32;
            self.nodes.push(node);
            self.parents.push(parent);
            let below = children.of_node(node).iter().rev();
            stack.extend(below.map(|child| (*child, row, level)));
        }
    }

    /// Finds the critical path below every span that has no parent. Those whose parent is missing have none: nobody
    /// knows what waited for them.
    fn find_critical(&mut self, spans: &[SkeletonSpan], children: &Children) {
        let timed = |node: u32| {
            let span = &spans[node as usize];
            Timed {
                start_unix_nanos: span.start_unix_nanos,
                end_unix_nanos: span.end_unix_nanos,
                kind: span.kind,
            }
        };
        let roots = self.nodes.iter().zip(&self.parents).filter(|(node, parent)| {
            let span = spans.get(**node as usize);
            **parent == NO_ROW && span.is_some_and(|span| span.parent_span_id.is_none())
        });
        let mut sections: Vec<_> = roots
            .flat_map(|(root, _)| critical_path(*root, timed, children))
            .collect();
        if sections.is_empty() {
            return;
        }
        sections.sort_unstable_by_key(|section| (section.span, section.start_unix_nanos));
        for (row, node) in (0..).zip(&self.nodes) {
            let first = sections.partition_point(|section| section.span < *node);
            let of_node = sections[first..]
                .iter()
                .take_while(|section| section.span == *node);
            self.critical.extend(of_node.map(|section| CriticalPart {
                row,
                start_unix_nanos: section.start_unix_nanos,
                end_unix_nanos: section.end_unix_nanos,
            }));
        }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// How many rows stand for missing parents.
    pub(super) fn placeholders(&self) -> u32 {
        self.missing.len() as u32
    }

    /// A missing parent, by its number.
    pub(super) fn missing(&self, number: u32) -> Option<&Missing> {
        self.missing.get(number as usize)
    }

    /// What a row shows; `None` past the last one.
    pub(super) fn shown<'a>(&'a self, row: u32, skeleton: &'a Skeleton) -> Option<Shown<'a>> {
        let node = *self.nodes.get(row as usize)? as usize;
        match skeleton.spans.get(node) {
            Some(span) => Some(Shown::Span(span)),
            None => self.missing.get(node - skeleton.spans.len()).map(Shown::Missing),
        }
    }

    /// The index of a row's span, or, counting on behind them, of its missing parent.
    pub(super) fn node(&self, row: u32) -> Option<u32> {
        self.nodes.get(row as usize).copied()
    }

    /// The row of a row's parent, or [`NO_ROW`].
    pub(super) fn parent(&self, row: u32) -> u32 {
        self.parents.get(row as usize).copied().unwrap_or(NO_ROW)
    }

    /// Whether a row is a span whose parent is missing.
    pub(super) fn is_orphan(&self, row: u32, skeleton: &Skeleton) -> bool {
        let parent = self.nodes.get(self.parent(row) as usize);
        parent.is_some_and(|node| *node as usize >= skeleton.spans.len())
    }

    /// The bytes that it takes.
    pub(super) fn size_bytes(&self) -> usize {
        self.nodes.len() * 2 * size_of::<u32>()
            + self.missing.len() * size_of::<Missing>()
            + self.critical.len() * size_of::<CriticalPart>()
    }

    /// Changes when rows do; behind its point is the number of spans that are stored.
    pub(super) fn rev(&self, skeleton: &Skeleton) -> String {
        let mut hasher = FxHasher::default();
        for row in 0..self.rows() {
            let (start, end) = self.shown(row, skeleton).map_or((0, 0), |shown| shown.extent());
            hasher.write_u64(start);
            hasher.write_u64(end);
            hasher.write_u32(self.parent(row));
        }
        format!("{:016x}.{}", hasher.finish(), skeleton.stored)
    }
}

impl Shown<'_> {
    /// Start and end, Unix time.
    pub(super) fn extent(&self) -> (u64, u64) {
        match self {
            Self::Span(span) => (span.start_unix_nanos, span.end_unix_nanos),
            Self::Missing(missing) => (missing.start_unix_nanos, missing.end_unix_nanos),
        }
    }
}

/// Spans at their own index, then the parents that are missing.
#[derive(Debug)]
struct Nodes {
    /// The parent of each node, or [`NO_ROW`].
    parents: Vec<u32>,
    missing: Vec<Missing>,
    spans: u32,
}

impl Nodes {
    fn of(spans: &[SkeletonSpan], parents: &Parents) -> Self {
        let mut nodes = Self {
            parents: Vec::with_capacity(spans.len()),
            missing: Vec::new(),
            spans: spans.len() as u32,
        };
        let mut known: FxHashMap<SpanId, usize> = FxHashMap::default();
        for (index, span) in (0..).zip(spans) {
            let parent = match (parents.parent(index), span.parent_span_id) {
                (Parent::Span(parent), _) if parent != index => parent,
                (Parent::Missing, Some(id)) => {
                    let place = *known.entry(id).or_insert_with(|| {
                        nodes.missing.push(Missing {
                            id,
                            start_unix_nanos: u64::MAX,
                            end_unix_nanos: 0,
                        });
                        nodes.missing.len() - 1
                    });
                    let missing = &mut nodes.missing[place];
                    missing.start_unix_nanos = missing.start_unix_nanos.min(span.start_unix_nanos);
                    missing.end_unix_nanos = missing.end_unix_nanos.max(span.end_unix_nanos);
                    nodes.spans + place as u32
                }
                _ => NO_ROW,
            };
            nodes.parents.push(parent);
        }
        nodes.parents.resize(spans.len() + nodes.missing.len(), NO_ROW);
        nodes
    }

    fn parent(&self, node: u32) -> Option<u32> {
        Some(self.parents[node as usize]).filter(|parent| *parent != NO_ROW)
    }

    fn is_missing(&self, node: u32) -> bool {
        node >= self.spans
    }

    /// Nodes without a parent, by start, then id.
    fn roots(&self, spans: &[SkeletonSpan]) -> Vec<u32> {
        let nodes = 0..self.parents.len() as u32;
        let mut roots: Vec<u32> = nodes.filter(|node| self.parent(*node).is_none()).collect();
        roots.sort_by_key(|node| match spans.get(*node as usize) {
            Some(span) => (span.start_unix_nanos, span.span_id),
            None => {
                let missing = &self.missing[(node - self.spans) as usize];
                (missing.start_unix_nanos, missing.id)
            }
        });
        roots
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
