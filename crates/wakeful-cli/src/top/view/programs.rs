//! The programs of a server.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::list::{self, List};
use crate::top::app::App;
use crate::top::draw::{bold, boxed, within};
use crate::top::durations;
use crate::top::past::now_unix_nanos;
use crate::top::server::Program;

const COLUMNS: [(&str, usize); 6] = [
    ("Program", 24),
    ("PID", 8),
    ("State", 16),
    ("Tasks", 7),
    ("Insight", 8),
    ("Instance", 16),
];

/// Draws the list: the one that reported last first.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let styles = *app.styles();
    let programs = app.programs.clone().unwrap_or_default();
    let block = boxed(&styles, bold(format!("Programs ({}) ", programs.len())));
    if programs.is_empty() {
        let text = "no program has told this server anything of its tasks yet";
        frame.render_widget(Paragraph::new(text).block(block), area);
        return;
    }
    let rows = app.program_ids();
    let (range, selected) = app.program_rows.window(&rows, list::room(&styles, area));
    let row = |program: &Program| {
        let ago = now_unix_nanos().saturating_sub(program.to_unix_nanos);
        let state = match program.live {
            true => "live".to_owned(),
            false => format!("ended {} ago", durations::short(ago, styles.utf8).0),
        };
        let cells = [
            within(&styles, &program.service, COLUMNS[0].1),
            program.pid.clone().unwrap_or_default(),
            state,
            program.tasks_alive.to_string(),
            program.insight.depth.clone(),
            program.instance.clone().unwrap_or_default(),
        ];
        (cells.into_iter().map(Line::raw).collect(), !program.live)
    };
    let list = List {
        columns: COLUMNS.to_vec(),
        sorted: None,
        rows: programs[range].iter().map(row).collect(),
        selected,
    };
    list.draw(&styles, frame, area, block);
}
