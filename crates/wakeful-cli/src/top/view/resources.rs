//! The list of resources.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use wakeful_live::Resource;

use super::columns::{self, Columns, LOCATION_MIN, longest, longest_location};
use super::{list, nothing};
use crate::top::app::App;
use crate::top::draw::{self, bold, boxed, duration, within};
use crate::top::order::{self, RESOURCE_COLUMNS};
use crate::top::style::Styles;

/// Which columns leave when it gets narrow: target, parent, kind, waiting, attributes, visibility.
const LEAVING: [usize; 6] = [4, 1, 2, 8, 9, 6];
const LOCATION: usize = 7;

/// Draws the list.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let keys = order::resources(app);
    let styles = *app.styles();
    let (range, selected) = app.resources.window(&keys, list::room(&styles, area));
    let live = app.live();
    let shown: Vec<&Resource> = keys[range].iter().filter_map(|id| live.resource(*id)).collect();

    let id = longest(&shown, 6, 20, |it| draw::number(it.start.id.0).len());
    let target = longest(&shown, 7, 32, |it| it.start.target.chars().count());
    let concrete_type = longest(&shown, 6, 24, |it| type_text(it).chars().count());
    let widths = [id, 7, 6, 7, target, concrete_type, 5, LOCATION_MIN, 8, 20];
    let location = longest_location(&shown, app.wide, |it| it.location.as_deref());
    let columns =
        Columns::new(&RESOURCE_COLUMNS, widths).fit(list::width(&styles, area), &LEAVING, LOCATION, location);
    let row = |it: &&Resource| {
        let cells = columns.row(|column, width| cell(&styles, it, column, width));
        (cells, it.end_unix_nanos.is_some())
    };
    let list = columns.list(&app.resources, shown.iter().map(row).collect(), selected);
    let mut title = format!("Resources ({}) ", keys.len());
    if !app.filter.is_empty() {
        title = format!("{title}/ filter: {} ", app.filter);
    }
    if keys.is_empty() {
        nothing::draw(app, frame, area, boxed(&styles, bold(title)), "locks and timers");
        return;
    }
    list.draw(&styles, frame, area, boxed(&styles, bold(title)));
}

/// The type, and the name if it has one.
pub(super) fn type_text(resource: &Resource) -> String {
    match resource.start.name.is_empty() {
        true => resource.start.concrete_type.clone(),
        false => format!("{} {}", resource.start.concrete_type, resource.start.name),
    }
}

fn cell(styles: &Styles, it: &Resource, column: usize, width: usize) -> Line<'static> {
    match column {
        0 => Line::raw(draw::number(it.start.id.0)),
        1 => Line::raw(
            it.start
                .parent
                .map_or_else(|| "n/a".to_owned(), |id| draw::number(id.0)),
        ),
        2 => Line::raw(it.start.kind.clone()),
        3 => Line::from(duration(styles, it.total_nanos())).right_aligned(),
        4 => Line::raw(within(styles, &it.start.target, width)),
        5 => Line::raw(within(styles, &type_text(it), width)),
        6 => Line::raw(match it.start.is_internal {
            true => styles.sign("🔒", "INT"),
            false => styles.sign("✅", "PUB"),
        }),
        LOCATION => columns::location(styles, it.location.as_deref(), width),
        8 => Line::raw(it.waiters.to_string()).right_aligned(),
        _ => draw::attributes(styles, &it.attributes),
    }
}
