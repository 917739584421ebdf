//! Lists: what is selected, how they are sorted, how their columns share the width.

use ratatui::crossterm::event::KeyCode;

/// Rows that a page key moves by.
const PAGE: usize = 20;

/// What is selected in a list, and how it is sorted.
#[derive(Debug, Clone)]
pub(crate) struct Selection<K> {
    selected: Option<K>,
    /// Where the selected row was, for when it is gone.
    at: usize,
    /// The first row that is shown.
    offset: usize,
    pub(crate) column: usize,
    pub(crate) descending: bool,
    /// `g` was typed, and waits for another.
    half_top: bool,
}

impl<K: Copy + PartialEq> Selection<K> {
    pub(crate) fn sorted_by(column: usize, descending: bool) -> Self {
        Self {
            selected: None,
            at: 0,
            offset: 0,
            column,
            descending,
            half_top: false,
        }
    }

    pub(crate) fn selected(&self) -> Option<K> {
        self.selected
    }

    /// Obeys a key, in a list of these rows.
    pub(crate) fn key(&mut self, code: KeyCode, rows: &[K], columns: usize) {
        let half_top = std::mem::take(&mut self.half_top);
        let at = self.position(rows);
        let last = rows.len().saturating_sub(1);
        let next = match code {
            KeyCode::Left | KeyCode::Char('h') => {
                self.column = (self.column + columns - 1) % columns;
                return;
            }
            KeyCode::Right | KeyCode::Char('l') => {
                self.column = (self.column + 1) % columns;
                return;
            }
            KeyCode::Char('i') => {
                self.descending = !self.descending;
                return;
            }
            KeyCode::Char('g') if !half_top => {
                self.half_top = true;
                return;
            }
            KeyCode::Char('g') | KeyCode::Home => 0,
            KeyCode::Char('G') | KeyCode::End => last,
            // Round and round, as in tokio-console.
            KeyCode::Down | KeyCode::Char('j') => at.map_or(0, |at| if at == last { 0 } else { at + 1 }),
            KeyCode::Up | KeyCode::Char('k') => at.map_or(last, |at| at.checked_sub(1).unwrap_or(last)),
            KeyCode::PageDown => at.map_or(0, |at| (at + PAGE).min(last)),
            KeyCode::PageUp => at.map_or(0, |at| at.saturating_sub(PAGE)),
            _ => return,
        };
        self.at = next;
        self.selected = rows.get(next).copied();
    }

    /// Where the selected row is now.
    fn position(&self, rows: &[K]) -> Option<usize> {
        let selected = self.selected?;
        rows.iter().position(|key| *key == selected)
    }

    /// Which rows are shown when there is room for `room`, and which of them is selected. A selected row that is gone hands over to the
    /// one in its place.
    pub(crate) fn window(&mut self, rows: &[K], room: usize) -> (std::ops::Range<usize>, Option<usize>) {
        let mut at = self.position(rows);
        if at.is_none() && self.selected.is_some() {
            at = rows.len().checked_sub(1).map(|last| self.at.min(last));
            self.selected = at.and_then(|at| rows.get(at).copied());
        }
        if let Some(at) = at {
            self.at = at;
            self.offset = self.offset.min(at).max((at + 1).saturating_sub(room));
        }
        self.offset = self.offset.min(rows.len().saturating_sub(room));
        let end = (self.offset + room).min(rows.len());
        (self.offset..end, at.map(|at| at - self.offset))
    }
}

/// Columns that fit: those that may leave go, first the first named, until the rest has room.
pub(crate) fn fitting(widths: &mut [usize], leaving: &[usize], room: usize) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..widths.len()).collect();
    let needed =
        |shown: &[usize], widths: &[usize]| -> usize { shown.iter().map(|column| widths[*column] + 1).sum() };
    for column in leaving {
        if needed(&shown, widths) <= room + 1 {
            break;
        }
        shown.retain(|other| other != column);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_round_and_round() {
        let rows = [7, 8, 9];
        let mut selection = Selection::sorted_by(0, false);
        let mut check = |code, expected| {
            selection.key(code, &rows, 3);
            assert_eq!(selection.selected(), expected, "{code:?}");
        };
        check(KeyCode::Up, Some(9));
        check(KeyCode::Char('j'), Some(7));
        check(KeyCode::Down, Some(8));
        check(KeyCode::Char('G'), Some(9));
        check(KeyCode::Char('g'), Some(9));
        check(KeyCode::Char('g'), Some(7));
        check(KeyCode::PageDown, Some(9));
    }

    #[test]
    fn columns_are_chosen_round_and_round() {
        let mut selection = Selection::<u8>::sorted_by(0, false);
        let mut check = |code, expected| {
            selection.key(code, &[], 3);
            assert_eq!((selection.column, selection.descending), expected, "{code:?}");
        };
        check(KeyCode::Left, (2, false));
        check(KeyCode::Char('l'), (0, false));
        check(KeyCode::Char('i'), (0, true));
    }

    #[test]
    fn a_row_that_goes_hands_over_to_the_one_in_its_place() {
        let mut selection = Selection::sorted_by(0, false);
        selection.key(KeyCode::Char('j'), &[7, 8, 9], 1);
        selection.key(KeyCode::Char('j'), &[7, 8, 9], 1);
        assert_eq!(selection.window(&[7, 8, 9], 2), (0..2, Some(1)));
        assert_eq!(selection.window(&[7, 9], 2), (0..2, Some(1)));
        assert_eq!(selection.selected(), Some(9));
        assert_eq!(selection.window(&[], 2), (0..0, None));
    }

    #[test]
    fn columns_leave_in_their_order() {
        let check = |room, expected: &[usize]| assert_eq!(fitting(&mut [5, 5, 5], &[2, 0], room), expected);
        check(17, &[0, 1, 2]);
        check(16, &[0, 1]);
        check(10, &[1]);
        check(1, &[1]);
    }
}
