//! What stands where nothing is known: why, and what would change that.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};

use crate::top::app::{App, View};
use crate::top::draw::bold;

/// Draws it in the place of a list of such things.
pub(super) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect, block: Block<'_>, things: &str) {
    let live = app.live();
    let mut lines = Vec::new();
    if live.folds() == 0 {
        lines.push(Line::raw("nothing has been told yet"));
    } else if !app.filter.is_empty() && matches!(app.view, View::Tasks | View::Resources) {
        lines.push(Line::raw(
            "nothing has all words of the filter; Esc takes it away",
        ));
    } else {
        lines.push(Line::raw(format!("n/a: this program tells of no {things}")));
        lines.extend(live.gaps().iter().map(|gap| {
            Line::from(vec![
                bold(format!("{}: ", gap.missing)),
                Span::raw(gap.remedy.clone()),
            ])
        }));
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(text.block(block), area);
}
