//! A program that has a logger of the `log` crate before it begins wakeful; in a process of its own, since both are global.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing_log::log;

struct Own;

impl log::Log for Own {
    fn enabled(&self, _metadata: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, _record: &log::Record<'_>) {}
    fn flush(&self) {}
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn it_keeps_its_logger_and_is_traced() {
    log::set_logger(&Own).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.wakeful");
    let written = Written::default();
    let guard = wakeful::builder()
        .variables(|_| None)
        .without_exporters()
        .recording(&path)
        .log_writer(written.clone())
        .try_init()
        .unwrap();
    tracing::info_span!("work").in_scope(|| {});
    assert!(guard.shutdown_blocking(Duration::from_secs(60)).is_nothing());
    assert!(std::fs::metadata(&path).unwrap().len() > 0);
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("go to the logger that the program has already"),
        "{text}"
    );
}
