//! What all lists have in common.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Row, Table, TableState};

use crate::top::style::{Role, Styles};

/// A list, as much of it as there is room for.
#[derive(Debug)]
pub(super) struct List<'a> {
    /// Titles and widths of the columns that are shown; the last takes what is left.
    pub(super) columns: Vec<(&'a str, usize)>,
    /// By which of them it is sorted, and whether the greatest comes first.
    pub(super) sorted: Option<(usize, bool)>,
    /// The rows that are shown: their cells, and whether they are of something that is gone.
    pub(super) rows: Vec<(Vec<Line<'a>>, bool)>,
    /// Which of them is selected.
    pub(super) selected: Option<usize>,
}

/// How many rows there is room for, in a box with a header.
pub(super) fn room(styles: &Styles, area: Rect) -> usize {
    let borders = if styles.utf8 { 2 } else { 1 };
    usize::from(area.height).saturating_sub(borders + 1)
}

/// How many characters a row has, between the borders and behind the mark of the selected one.
pub(super) fn width(styles: &Styles, area: Rect) -> usize {
    let borders = if styles.utf8 { 2 } else { 0 };
    usize::from(area.width).saturating_sub(borders + MARK.len())
}

const MARK: &str = ">> ";

impl List<'_> {
    pub(super) fn draw(self, styles: &Styles, frame: &mut Frame<'_>, area: Rect, block: Block<'_>) {
        let titles = self.columns.iter().enumerate().map(|(at, (title, _))| {
            let mark = match self.sorted {
                Some((column, true)) if column == at => styles.sign("▿", "-"),
                Some((column, false)) if column == at => styles.sign("▵", "+"),
                _ => "",
            };
            Line::raw(format!("{title}{mark}"))
        });
        let header = Row::new(titles).style(styles.role(Role::Title).add_modifier(Modifier::BOLD));
        let last = self.columns.len().saturating_sub(1);
        let widths = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (_, width))| match at == last {
                true => Constraint::Fill(1),
                false => Constraint::Length(*width as u16),
            });
        let rows = self.rows.into_iter().map(|(cells, gone)| {
            let style = if gone { styles.gone() } else { Style::new() };
            Row::new(cells).style(style)
        });
        let table = Table::new(rows, widths)
            .header(header)
            .block(block)
            .highlight_symbol(MARK)
            .highlight_spacing(ratatui::widgets::HighlightSpacing::Always)
            .row_highlight_style(styles.selected());
        let mut state = TableState::new().with_selected(self.selected);
        frame.render_stateful_widget(table, area, &mut state);
    }
}
