//! Figures side by side, with their ratio.

use std::fmt;

/// One figure: its name with the unit, and its value if there is one.
pub(crate) type Figure = (String, Option<f64>);

/// One column a server.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Vec<Figure>)>,
}

impl Table {
    /// Adds a server's figures.
    pub(crate) fn add(&mut self, server: &'static str, figures: Vec<Figure>) {
        self.columns.push((server, figures));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, first)) = self.columns.first() else {
            return Ok(());
        };
        write!(f, "{:44}", "")?;
        for (server, _) in &self.columns {
            write!(f, "{server:>14}")?;
        }
        writeln!(f, "{:>10}", if self.columns.len() == 2 { "ratio" } else { "" })?;
        for (row, (name, _)) in first.iter().enumerate() {
            let values: Vec<_> = self
                .columns
                .iter()
                .map(|(_, figures)| figures.get(row).and_then(|(_, value)| *value))
                .collect();
            write!(f, "{name:44}")?;
            for value in &values {
                match value {
                    Some(value) => write!(f, "{:>14}", format_figure(*value))?,
                    None => write!(f, "{:>14}", "–")?,
                }
            }
            if let [Some(ours), Some(theirs)] = values[..]
                && theirs != 0.0
            {
                write!(f, "{:>10.2}", ours / theirs)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Whole numbers where a fraction says nothing.
fn format_figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_have_a_ratio_and_what_is_missing_has_none() {
        let mut table = Table::default();
        let figures = |speed, size| vec![("spans/s".to_owned(), Some(speed)), ("bytes".to_owned(), size)];
        table.add("wakeful", figures(250_000.0, Some(1.5)));
        table.add("jaeger", figures(125_000.0, None));
        let text = table.to_string();
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            rows,
            [
                vec!["wakeful", "jaeger", "ratio"],
                vec!["spans/s", "250000", "125000", "2.00"],
                vec!["bytes", "1.50", "–"],
            ]
        );
    }
}
