//! Columns that leave when it gets narrow, and one of locations that takes what the others leave.

use ratatui::text::Line;
use wakeful_model::runtime::Location;

use super::list::List;
use crate::top::draw;
use crate::top::style::Styles;
use crate::top::table::{self, Selection};

/// What a column of locations has at least.
pub(super) const LOCATION_MIN: usize = 14;
const LOCATION_MAX: usize = 48;

/// The columns of a list of tasks or resources.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) titles: &'static [&'static str],
    pub(super) widths: Vec<usize>,
    /// Those that are shown.
    shown: Vec<usize>,
}

impl Columns {
    /// Columns of these widths.
    pub(super) fn new<const N: usize>(titles: &'static [&'static str; N], widths: [usize; N]) -> Self {
        Self {
            titles,
            widths: widths.to_vec(),
            shown: Vec::new(),
        }
    }

    /// Lets those leave that have no room, first the first of `leaving`; the column of locations, the longest of which has so many
    /// characters, takes what is left, as far as it needs it.
    pub(super) fn fit(mut self, room: usize, leaving: &[usize], location: usize, longest: usize) -> Self {
        self.shown = table::fitting(&mut self.widths, leaving, room);
        let needed: usize = self.shown.iter().map(|column| self.widths[*column] + 1).sum();
        let most = LOCATION_MIN + (room + 1).saturating_sub(needed);
        let is_last = self.shown.last() == Some(&location);
        self.widths[location] = if is_last { most } else { longest.min(most) };
        self
    }

    /// A row, cell by cell: `cell` is told column and width.
    pub(super) fn row<'a>(&self, cell: impl Fn(usize, usize) -> Line<'a>) -> Vec<Line<'a>> {
        let cells = self
            .shown
            .iter()
            .map(|column| cell(*column, self.widths[*column]));
        cells.collect()
    }

    /// The list of these rows, sorted as is chosen.
    pub(super) fn list<'a, K>(
        &self,
        chosen: &Selection<K>,
        rows: Vec<(Vec<Line<'a>>, bool)>,
        selected: Option<usize>,
    ) -> List<'a> {
        let sorted = self.shown.iter().position(|column| *column == chosen.column);
        List {
            columns: self
                .shown
                .iter()
                .map(|column| (self.titles[*column], self.widths[*column]))
                .collect(),
            sorted: sorted.map(|at| (at, chosen.descending)),
            rows,
            selected,
        }
    }
}

/// The most characters that any row has, within bounds.
pub(super) fn longest<T>(rows: &[&T], min: usize, max: usize, text: impl Fn(&T) -> usize) -> usize {
    rows.iter()
        .map(|row| text(row))
        .max()
        .unwrap_or(0)
        .clamp(min, max)
}

/// The same of locations, which are shown whole if that is wished.
pub(super) fn longest_location<T>(rows: &[&T], whole: bool, place: fn(&T) -> Option<&Location>) -> usize {
    let max = if whole { usize::MAX } else { LOCATION_MAX };
    longest(rows, LOCATION_MIN, max, |row| {
        place(row).map_or(0, |it| draw::location(it).chars().count())
    })
}

/// A location in its column.
pub(super) fn location(styles: &Styles, location: Option<&Location>, width: usize) -> Line<'static> {
    let text = location.map_or_else(|| draw::UNKNOWN.to_owned(), draw::location);
    Line::raw(draw::location_within(styles, &text, width))
}
