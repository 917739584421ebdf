//! Which of a server's programs is shown, and at what time.

use std::cmp::Reverse;
use std::time::{SystemTime, UNIX_EPOCH};

use super::app::{App, View};
use super::server::{Program, ProgramId};
use super::traces::Traces;

/// How far `[` and `]` go.
pub(crate) const STEP_NANOS: u64 = 10_000_000_000;
/// How far `{` and `}` go.
pub(crate) const LEAP_NANOS: u64 = 600_000_000_000;

impl App {
    /// Takes in which programs there are. One that is meant is shown at once, or the only one of which something came of late; the user
    /// chooses among several.
    pub(super) fn choose(&mut self, mut programs: Vec<Program>) {
        // The server's order changes with each report.
        programs.sort_by_key(|it| (!it.live, Reverse(it.from_unix_nanos), it.id));
        if self.wanted.program.is_none() {
            let meant = match &self.settings.program {
                Some(text) => programs.iter().find(|program| program.is(text)),
                None => {
                    only(programs.iter().filter(|program| program.live)).or_else(|| only(programs.iter()))
                }
            };
            match meant {
                Some(program) => {
                    self.wanted.program = Some(program.id);
                    self.wanted.service.clone_from(&program.service);
                    self.wanted.at_unix_nanos = self
                        .settings
                        .back
                        .map(|back| now_unix_nanos().saturating_sub(back));
                }
                None => self.open(View::Programs),
            }
        }
        self.programs = Some(programs);
    }

    /// Shows a program of the list.
    pub(super) fn show_program(&mut self, id: ProgramId) {
        self.wanted.program = Some(id);
        self.wanted.service = self.program().map(|it| it.service.clone()).unwrap_or_default();
        self.wanted.at_unix_nanos = None;
        self.traces = Traces::default();
        self.open(View::Tasks);
    }

    /// The program that is shown, if a server tells of it.
    pub(crate) fn program(&self) -> Option<&Program> {
        let id = self.wanted.program?;
        self.programs.iter().flatten().find(|program| program.id == id)
    }

    /// The rows of the list of programs.
    pub(crate) fn program_ids(&self) -> Vec<ProgramId> {
        self.programs.iter().flatten().map(|program| program.id).collect()
    }

    /// Goes back so far in what the server keeps, to its beginning at most.
    pub(super) fn back(&mut self, nanos: u64) {
        if let Some((program, at)) = self.program().zip(self.shown_at()) {
            let earliest = program.from_unix_nanos;
            self.wanted.at_unix_nanos = Some(at.saturating_sub(nanos).max(earliest));
        }
    }

    /// Goes on so far, to the present at most.
    pub(super) fn on(&mut self, nanos: u64) {
        if let Some((program, at)) = self.program().zip(self.wanted.at_unix_nanos) {
            let next = at.saturating_add(nanos);
            self.wanted.at_unix_nanos = Some(next).filter(|next| *next < program.to_unix_nanos);
        }
    }

    /// The time that is shown.
    fn shown_at(&self) -> Option<u64> {
        let latest = self.program()?.to_unix_nanos;
        Some(self.wanted.at_unix_nanos.unwrap_or(latest))
    }

    /// Why nothing can be printed of a server before the user has said more.
    pub(crate) fn why_not_printed(&self) -> Option<String> {
        let programs = self.programs.as_ref().filter(|_| self.wanted.program.is_none())?;
        if programs.is_empty() {
            return Some("no program has told this server anything of its tasks yet".to_owned());
        }
        let titles: Vec<String> = programs
            .iter()
            .map(|program| format!("{} ({})", program.id, program.title()))
            .collect();
        Some(format!(
            "choose one of the server's programs with --program: {}",
            titles.join(", ")
        ))
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// This machine's time.
pub(crate) fn now_unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
