//! How fast questions are answered, after the load, while nothing else runs.

use serde_json::Value;

use super::table::Figure;
use super::{Subject, number};
use crate::shell;

pub(super) fn measure(subject: &Subject<'_>) -> anyhow::Result<Vec<Figure>> {
    let (server, _folder) = subject.start()?;
    let ledger = tempfile::NamedTempFile::new()?;
    subject.send(&server, subject.spans, 8, ledger.path())?;
    server.wait_until_idle()?;
    let mut query = subject.load();
    query
        .args(["query", "--api", &server.api(), "--ledger"])
        .arg(ledger.path());
    let mut figures = Vec::new();
    for line in shell::read(&mut query)?.lines() {
        let report: Value = serde_json::from_str(line)?;
        let question = report["question"].as_str().unwrap_or("question");
        let asked = report["asked"] != 0;
        for (quantile, name) in [("p50_ms", "p50"), ("p99_ms", "p99")] {
            let value = number(&report, quantile)?;
            figures.push((format!("{question}, {name} ms"), asked.then_some(value)));
        }
        figures.push((
            format!("{question}, empty answers"),
            asked.then_some(number(&report, "empty")?),
        ));
        if let Some(reason) = report["refused"].as_str() {
            println!("{question}: {reason}");
        }
    }
    Ok(figures)
}
