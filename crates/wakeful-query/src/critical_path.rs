//! The critical path: which parts of which spans decided how long a trace took.
//!
//! The meaning is Jaeger's (its page's `CriticalPath`): from the end of a root, time belongs to the child that ended
//! last, and where that child began, to the one that ended last before. A consumer below its producer does not
//! hold it up. Children count only as far as they lie within their parent.

use wakeful_model::Kind;

use crate::tree::Children;

/// What is asked of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    /// When it began, Unix time.
    pub start_unix_nanos: u64,
    /// When it ended, Unix time.
    pub end_unix_nanos: u64,
    /// Its role towards other spans.
    pub kind: Kind,
}

/// A part of a span that is on the critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The span's number.
    pub span: u32,
    /// Where the part begins, Unix time.
    pub start_unix_nanos: u64,
    /// Where it ends, Unix time; later than its start.
    pub end_unix_nanos: u64,
}

/// The critical path below a root, latest section first. Only spans on the path are looked at.
pub fn critical_path(root: u32, span: impl Fn(u32) -> Timed, children: &Children) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut push = |span, start_unix_nanos, end_unix_nanos| {
        if start_unix_nanos != end_unix_nanos {
            sections.push(Section {
                span,
                start_unix_nanos,
                end_unix_nanos,
            });
        }
    };
    let mut path = vec![Visit::of(root, span(root), &span, children)];
    // Where the child that was left last began.
    let mut until = None;
    while let Some(visit) = path.last_mut() {
        let end = until.unwrap_or(visit.timed.end_unix_nanos);
        match visit.last_child_before(until) {
            Some((child, timed)) => {
                push(visit.span, timed.end_unix_nanos, end);
                path.push(Visit::of(child, timed, &span, children));
                until = None;
            }
            None => {
                push(visit.span, visit.timed.start_unix_nanos, end);
                until = Some(visit.timed.start_unix_nanos);
                path.pop();
            }
        }
    }
    sections
}

/// A span that the path goes through.
struct Visit {
    span: u32,
    timed: Timed,
    /// Children within its time that it waits for, the next one to be looked at last.
    children: Vec<(u32, Timed)>,
}

impl Visit {
    fn of(number: u32, timed: Timed, span: impl Fn(u32) -> Timed, children: &Children) -> Self {
        let children = children.of_node(number).iter().rev();
        let within = children.filter_map(|child| Some((*child, within(span(*child), timed)?)));
        let mut children: Vec<_> = within.collect();
        // Of those that end at once the first one counts, which the stable sort leaves last.
        children.sort_by_key(|(_, child)| child.end_unix_nanos);
        Self {
            span: number,
            timed,
            children,
        }
    }

    /// The child that ended last, of those that ended before.
    fn last_child_before(&mut self, until: Option<u64>) -> Option<(u32, Timed)> {
        loop {
            let child = self.children.pop()?;
            if until.is_none_or(|until| child.1.end_unix_nanos < until) {
                return Some(child);
            }
        }
    }
}

/// A child cut to its parent's time; `None` if it lies outside, or if the parent does not wait for it.
fn within(child: Timed, parent: Timed) -> Option<Timed> {
    let waits = !(parent.kind == Kind::Producer && child.kind == Kind::Consumer);
    let before =
        child.start_unix_nanos < parent.start_unix_nanos && child.end_unix_nanos <= parent.start_unix_nanos;
    let after = child.start_unix_nanos >= parent.end_unix_nanos;
    (waits && !before && !after).then(|| Timed {
        start_unix_nanos: child.start_unix_nanos.max(parent.start_unix_nanos),
        end_unix_nanos: child.end_unix_nanos.min(parent.end_unix_nanos),
        kind: child.kind,
    })
}

#[cfg(test)]
#[path = "critical_path_tests.rs"]
mod tests;
