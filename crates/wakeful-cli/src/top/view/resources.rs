//! The list of resources.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use wakeful_live::Resource;

use super::list::{self, List};
use crate::top::app::App;
use crate::top::draw::{self, bold, boxed, duration, within};
use crate::top::order::{self, RESOURCE_COLUMNS};
use crate::top::style::Styles;
use crate::top::table;

/// Which columns leave when it gets narrow: target, parent, kind, waiting, attributes, visibility.
const LEAVING: [usize; 6] = [4, 1, 2, 8, 9, 6];
const LOCATION: usize = 7;
const LOCATION_MIN: usize = 14;
const LOCATION_MAX: usize = 48;

/// Draws the list.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let keys = order::resources(app);
    let styles = *app.styles();
    let (range, selected) = app.resources.window(&keys, list::room(&styles, area));
    let shown: Vec<&Resource> = keys[range]
        .iter()
        .filter_map(|id| app.live().resource(*id))
        .collect();
    let room = list::width(&styles, area);
    let longest = |text: &dyn Fn(&Resource) -> usize, min: usize, max: usize| {
        shown.iter().map(|it| text(it)).max().unwrap_or(0).clamp(min, max)
    };
    let target = longest(&|it| it.start.target.chars().count(), 7, 32);
    let concrete_type = longest(&|it| type_text(it).chars().count(), 6, 24);
    let mut widths = [6, 7, 6, 7, target, concrete_type, 5, LOCATION_MIN, 8, 20];
    let columns = table::fitting(&mut widths, &LEAVING, room);
    let needed: usize = columns.iter().map(|column| widths[*column] + 1).sum();
    let free = (room + 1).saturating_sub(needed);
    let location_max = if app.wide { usize::MAX } else { LOCATION_MAX };
    let location = longest(
        &|it| {
            it.location
                .as_deref()
                .map_or(0, |it| draw::location(it).chars().count())
        },
        LOCATION_MIN,
        location_max,
    );
    let last = columns.last() == Some(&LOCATION);
    widths[LOCATION] = if last {
        LOCATION_MIN + free
    } else {
        location.min(LOCATION_MIN + free)
    };
    let row = |it: &&Resource| {
        let cells = columns
            .iter()
            .map(|column| cell(&styles, it, *column, widths[*column]));
        (cells.collect(), it.end_unix_nanos.is_some())
    };
    let list = List {
        columns: columns
            .iter()
            .map(|column| (RESOURCE_COLUMNS[*column], widths[*column]))
            .collect(),
        sorted: columns
            .iter()
            .position(|column| *column == app.resources.column)
            .map(|at| (at, app.resources.descending)),
        rows: shown.iter().map(row).collect(),
        selected,
    };
    let mut title = format!("Resources ({}) ", keys.len());
    if !app.filter.is_empty() {
        title = format!("{title}/ filter: {} ", app.filter);
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
        0 => Line::raw(it.start.id.to_string()),
        1 => Line::raw(
            it.start
                .parent
                .map_or_else(|| "n/a".to_owned(), |id| id.to_string()),
        ),
        2 => Line::raw(it.start.kind.clone()),
        3 => Line::from(duration(styles, it.total_nanos())).right_aligned(),
        4 => Line::raw(within(styles, &it.start.target, width)),
        5 => Line::raw(within(styles, &type_text(it), width)),
        6 => Line::raw(match it.start.is_internal {
            true => styles.sign("🔒", "INT"),
            false => styles.sign("✅", "PUB"),
        }),
        LOCATION => {
            let text = it
                .location
                .as_deref()
                .map_or_else(|| draw::UNKNOWN.to_owned(), draw::location);
            Line::raw(draw::location_within(styles, &text, width))
        }
        8 => Line::raw(it.waiters.to_string()).right_aligned(),
        _ => draw::attributes(styles, &it.attributes),
    }
}
