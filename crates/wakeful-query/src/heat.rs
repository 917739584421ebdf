//! How many traces began when and took how long: counts over all matches, for the plot behind a list.

use wakeful_store::{Detail, Outline, Progress, ReadError, SpanFilter};

use crate::engine::{filter, sentences};
use crate::{Engine, QueryError, TraceBox, TraceQuery};

/// Traces that are kept until it is known between which durations they lie; beyond, they are looked at twice.
const POINTS_MAX: usize = 1 << 20;

/// The grid of a [`Heat`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeatGrid {
    /// Columns of time.
    pub columns: u16,
    /// Rows of duration.
    pub rows: u16,
}

/// Counts of traces over time and duration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heat {
    /// The columns divide `start_unix_nanos..end_unix_nanos` evenly; traces that began before or behind are in the first
    /// or last.
    pub start_unix_nanos: u64,
    /// Excluded.
    pub end_unix_nanos: u64,
    /// The rows divide durations from this …
    pub min_nanos: u64,
    /// … to this evenly in the logarithm. (What took no time counts as a nanosecond.)
    pub max_nanos: u64,
    /// How many traces match.
    pub traces: u64,
    /// Cells with a trace, by column, then row.
    pub cells: Vec<HeatCell>,
    /// Whether it was stopped before all traces were counted.
    pub stopped: bool,
    /// What could not be read, in sentences; the rest is counted.
    pub problems: Vec<String>,
}

/// A cell of a [`Heat`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeatCell {
    /// Column of time.
    pub x: u16,
    /// Row of duration.
    pub y: u16,
    /// Traces.
    pub count: u32,
    /// Traces with a span that failed.
    pub errors: u32,
}

/// A trace in the plot.
#[derive(Debug, Clone, Copy)]
struct Point {
    start: u64,
    nanos: u64,
    failed: bool,
}

impl Point {
    fn of(outline: &Outline) -> Self {
        Self {
            start: outline.start_unix_nanos,
            nanos: outline.duration_nanos().max(1),
            failed: outline.errors > 0,
        }
    }
}

/// Between what the points lie.
#[derive(Debug, Clone, Copy)]
struct Extent {
    start: (u64, u64),
    nanos: (u64, u64),
}

impl Engine {
    /// Counts all traces that match. `watch` is told of the progress, and stops by returning `false`.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn heat(
        &self,
        query: &TraceQuery,
        within: Option<&TraceBox>,
        grid: HeatGrid,
        mut watch: impl FnMut(&Progress) -> bool,
    ) -> Result<Heat, QueryError> {
        let mut filter = filter(query);
        if let Some(within) = within {
            within.narrow(&mut filter);
        }
        let mut heat = Heat::default();
        let mut extent: Option<Extent> = None;
        let mut points = Some(Vec::new());
        let problems = self.each_point(&filter, within, &mut watch, &mut heat, |point| {
            let Extent { start, nanos } = extent.get_or_insert(Extent {
                start: (point.start, point.start),
                nanos: (point.nanos, point.nanos),
            });
            *start = (start.0.min(point.start), start.1.max(point.start));
            *nanos = (nanos.0.min(point.nanos), nanos.1.max(point.nanos));
            points.as_mut().into_iter().for_each(|points| points.push(point));
            if points.as_ref().is_some_and(|points| points.len() > POINTS_MAX) {
                points = None;
            }
        });
        if let (Some(problem), None) = (problems.first(), extent) {
            return Err(problem.clone().into());
        }
        heat.problems = sentences(&problems);
        let asked = query.started_within.clone().unwrap_or(0..=u64::MAX);
        let (first, last) = extent.map_or((0, 0), |extent| extent.start);
        let given = |bound: u64, open: u64| Some(bound).filter(|bound| *bound != open);
        heat.start_unix_nanos = given(*asked.start(), 0).unwrap_or(first);
        let behind = given(*asked.end(), u64::MAX).unwrap_or_else(|| last.saturating_add(1));
        heat.end_unix_nanos = behind.max(heat.start_unix_nanos.saturating_add(1));
        (heat.min_nanos, heat.max_nanos) = extent.map_or((0, 0), |extent| extent.nanos);

        let mut counts = Counts::new(grid, &heat);
        match points {
            Some(points) => points.into_iter().for_each(|point| counts.add(point)),
            None => {
                let mut again = Heat::default();
                let problems =
                    self.each_point(&filter, within, &mut watch, &mut again, |point| counts.add(point));
                heat.problems = sentences(&problems);
                heat.stopped |= again.stopped;
            }
        }
        heat.traces = counts.traces;
        heat.cells = counts.cells();
        Ok(heat)
    }

    fn each_point(
        &self,
        filter: &SpanFilter,
        within: Option<&TraceBox>,
        watch: &mut impl FnMut(&Progress) -> bool,
        heat: &mut Heat,
        mut each: impl FnMut(Point),
    ) -> Vec<ReadError> {
        let surveyed = self.store().survey(filter, Detail::Numbers, watch, |outline| {
            if within.is_none_or(|within| within.has(&outline)) {
                each(Point::of(&outline));
            }
        });
        heat.stopped |= surveyed.stopped;
        surveyed.problems
    }
}

/// The cells of a grid, being counted.
struct Counts {
    grid: HeatGrid,
    start: u64,
    width: u64,
    min_log: f64,
    height_log: f64,
    /// Traces, and those with errors, by column, then row.
    cells: Vec<(u32, u32)>,
    traces: u64,
}

impl Counts {
    fn new(grid: HeatGrid, heat: &Heat) -> Self {
        let min_log = (heat.min_nanos.max(1) as f64).ln();
        Self {
            grid,
            start: heat.start_unix_nanos,
            width: heat.end_unix_nanos - heat.start_unix_nanos,
            min_log,
            height_log: (heat.max_nanos.max(1) as f64).ln() - min_log,
            cells: vec![(0, 0); usize::from(grid.columns) * usize::from(grid.rows)],
            traces: 0,
        }
    }

    fn add(&mut self, point: Point) {
        let along = u128::from(point.start.saturating_sub(self.start)) * u128::from(self.grid.columns);
        let column = (along / u128::from(self.width)).min(u128::from(self.grid.columns) - 1) as usize;
        let up = ((point.nanos as f64).ln() - self.min_log) / self.height_log;
        // All durations may be the same: then that is no number, and the row is the lowest.
        let row = ((up * f64::from(self.grid.rows)) as usize).min(usize::from(self.grid.rows) - 1);
        let (count, errors) = &mut self.cells[column * usize::from(self.grid.rows) + row];
        *count += 1;
        *errors += u32::from(point.failed);
        self.traces += 1;
    }

    fn cells(&self) -> Vec<HeatCell> {
        let rows = usize::from(self.grid.rows);
        let cells = self.cells.iter().enumerate();
        cells
            .filter(|(_, (count, _))| *count > 0)
            .map(|(index, (count, errors))| HeatCell {
                x: (index / rows) as u16,
                y: (index % rows) as u16,
                count: *count,
                errors: *errors,
            })
            .collect()
    }
}
