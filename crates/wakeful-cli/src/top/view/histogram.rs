//! Durations as percentiles and as a picture.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use wakeful_model::runtime::{Bucket, DurationHistogram};

use crate::top::draw::{bold, boxed, duration};
use crate::top::durations;
use crate::top::style::Styles;

/// tokio-console's percentiles.
const PERCENTILES: [u32; 7] = [10, 25, 50, 75, 90, 95, 99];
/// What percentiles take, with their borders.
const PERCENTILES_WIDTH: u16 = 16;
/// A narrower picture says nothing.
const PICTURE_MIN: u16 = 22;

/// How much room it takes.
pub(super) const HEIGHT: u16 = 9;

/// Draws the percentiles, and the picture beside them if there is room.
pub(super) fn draw(
    styles: &Styles,
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    histogram: &DurationHistogram,
) {
    let beside = area.width >= PERCENTILES_WIDTH + PICTURE_MIN;
    let [left, right] = match beside {
        true => Layout::horizontal([Constraint::Length(PERCENTILES_WIDTH), Constraint::Fill(1)]).areas(area),
        false => [area, Rect::default()],
    };
    let lines: Vec<Line<'_>> = match histogram.count() {
        0 => vec![Line::raw("n/a")],
        _ => PERCENTILES
            .iter()
            .map(|percent| {
                let nanos = histogram.quantile_nanos(f64::from(*percent) / 100.0);
                Line::from(vec![bold(format!("p{percent}: ")), duration(styles, nanos)])
            })
            .collect(),
    };
    let (percentiles_title, picture_title) = match beside {
        true => ("Percentiles".to_owned(), title.to_owned()),
        false => (title.to_owned(), String::new()),
    };
    frame.render_widget(
        Paragraph::new(lines).block(boxed(styles, percentiles_title)),
        left,
    );
    if beside {
        let block = boxed(styles, picture_title);
        let inner = block.inner(right);
        frame.render_widget(block, right);
        let lines = picture(
            styles,
            histogram,
            usize::from(inner.width),
            usize::from(inner.height),
        );
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

/// Bars over a line with the shortest and the longest duration, on a logarithmic scale.
fn picture(
    styles: &Styles,
    histogram: &DurationHistogram,
    width: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let (Some(first), Some(last)) = (histogram.buckets.first(), histogram.buckets.last()) else {
        return vec![Line::raw("no durations are known yet")];
    };
    let Some(bars_height) = height.checked_sub(1).filter(|height| *height > 0) else {
        return Vec::new();
    };
    let bars = columns(histogram, first.index, last.index, width);
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    let levels: &[char] = match styles.utf8 {
        true => &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        false => &[' ', '.', '=', '#'],
    };
    let full = levels.len() - 1;
    let mut lines: Vec<Line<'static>> = (0..bars_height)
        .map(|row| {
            let below = (bars_height - 1 - row) * full;
            let text: String = bars
                .iter()
                .map(|count| {
                    let steps = (count * (bars_height * full) as u64).div_ceil(most) as usize;
                    levels[steps.saturating_sub(below).min(full)]
                })
                .collect();
            Line::raw(text)
        })
        .collect();
    let (shortest, _) = durations::short(Bucket::start_nanos(first.index), styles.utf8);
    let (longest, _) = durations::short(histogram.max_nanos, styles.utf8);
    let gap = width.saturating_sub(shortest.chars().count() + longest.chars().count());
    lines.push(Line::from(vec![
        Span::raw(shortest),
        Span::raw(" ".repeat(gap)),
        Span::raw(longest),
    ]));
    lines
}

/// Counts, in as many columns as there is room for.
fn columns(histogram: &DurationHistogram, first: u32, last: u32, width: usize) -> Vec<u64> {
    let buckets = (last - first) as usize + 1;
    let mut bars = vec![0_u64; width];
    for bucket in &histogram.buckets {
        let at = (bucket.index - first) as usize;
        // A bucket is as wide as the room for it.
        let (start, end) = (at * width / buckets, (at + 1) * width / buckets);
        for bar in &mut bars[start..end.max(start + 1).min(width)] {
            *bar += bucket.count;
        }
    }
    bars
}
