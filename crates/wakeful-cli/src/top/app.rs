//! What `top` shows, and how keys change it.

use std::collections::HashMap;
use std::time::Duration;

use wakeful_live::{Finding, Lint, Live};
use wakeful_model::runtime::{AsyncOpId, ResourceId, RuntimeBatch, TaskId};
use wakeful_trace::TraceId;

use super::config::Settings;
use super::server::{Program, ProgramId};
use super::source::{News, Wanted, WantedTraces};
use super::style::Styles;
use super::table::Selection;
use super::traces::Traces;
use crate::args::FirstView;

/// Updates of a console that are worth to be printed.
const UPDATES: u64 = 3;

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Tasks,
    Task(TaskId),
    Resources,
    Resource(ResourceId),
    Runtime,
    /// The programs of a server.
    Programs,
    /// Spans and events as they come.
    Spans,
    /// The latest traces.
    Traces,
    Trace(TraceId),
}

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    Connecting,
    Connected,
    Waiting { said: String, again_after: Duration },
}

/// What a key asks of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Quit,
    Copy(String),
}

/// The state of the screen.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) connection: Connection,
    pub(crate) view: View,
    pub(crate) help: bool,
    /// Words that a row must have.
    pub(crate) filter: String,
    pub(crate) filter_edited: bool,
    /// Locations at full length.
    pub(crate) wide: bool,
    /// One row for each spawn location.
    pub(crate) grouped: bool,
    pub(crate) tasks: Selection<TaskId>,
    pub(crate) resources: Selection<ResourceId>,
    pub(crate) async_ops: Selection<AsyncOpId>,
    /// What the source is to tell.
    pub(crate) wanted: Wanted,
    /// Those of the server; `None` if it is a program's console.
    pub(crate) programs: Option<Vec<Program>>,
    pub(crate) program_rows: Selection<ProgramId>,
    pub(crate) traces: Traces,
    live: Live,
    /// What is shown while the screen is paused.
    paused: Option<Box<Live>>,
    findings: Vec<Finding>,
    by_task: HashMap<TaskId, Vec<usize>>,
}

impl App {
    pub(crate) fn new(settings: Settings, view: FirstView) -> Self {
        let mut app = Self {
            settings,
            connection: Connection::Connecting,
            view: View::Tasks,
            help: false,
            filter: String::new(),
            filter_edited: false,
            wide: false,
            grouped: false,
            // Total, the longest first.
            tasks: Selection::sorted_by(4, true),
            resources: Selection::sorted_by(0, false),
            async_ops: Selection::sorted_by(0, false),
            wanted: Wanted::default(),
            programs: None,
            program_rows: Selection::sorted_by(0, false),
            traces: Traces::default(),
            live: Live::default(),
            paused: None,
            findings: Vec::new(),
            by_task: HashMap::new(),
        };
        app.open(match view {
            FirstView::Tasks => View::Tasks,
            FirstView::Resources => View::Resources,
            FirstView::Runtime => View::Runtime,
            FirstView::Spans => View::Spans,
            FirstView::Traces => View::Traces,
        });
        app
    }

    /// Whether everything has been told that the screen is to show at first.
    pub(crate) fn is_told(&self) -> bool {
        // A console's first update says what there is; lints look at how that goes on. A server tells that at once.
        let updates = if self.programs.is_some() { 1 } else { UPDATES };
        let are_traces_told = match self.wanted.traces {
            WantedTraces::List => self.traces.list.is_some(),
            WantedTraces::Latest => self.traces.latest.is_some(),
            WantedTraces::None | WantedTraces::One(_) => true,
        };
        self.live.folds() >= updates && (are_traces_told || self.programs.is_none())
    }

    /// Takes in what the source tells.
    pub(crate) fn hear(&mut self, news: News) {
        match news {
            News::Connection(connection) => self.connection = connection,
            News::Programs(programs) => self.choose(programs),
            News::Anew(batches) => {
                self.live = Live::default();
                self.take_in(&batches);
            }
            News::Traces(told) => self.traces.take_in(told),
            News::Batch(batch) => self.take_in(&[*batch]),
        }
    }

    fn take_in(&mut self, batches: &[RuntimeBatch]) {
        batches.iter().for_each(|batch| self.live.fold(batch));
        self.live.forget(self.settings.retain_for.0);
        if self.paused.is_none() {
            self.look();
        }
    }

    /// Looks for what is wrong in what is shown.
    fn look(&mut self) {
        self.findings = self.settings.linter.check(self.live());
        self.by_task.clear();
        for (at, finding) in self.findings.iter().enumerate() {
            // Contention concerns a lock; its waiters are not what is wrong.
            if finding.lint == Lint::Contention {
                continue;
            }
            for task in &finding.tasks {
                self.by_task.entry(*task).or_default().push(at);
            }
        }
    }

    /// What is shown.
    pub(crate) fn live(&self) -> &Live {
        self.paused.as_deref().unwrap_or(&self.live)
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Pauses or goes on. The program and its other clients know nothing of it.
    pub(crate) fn toggle_pause(&mut self) {
        self.paused = match self.paused.take() {
            Some(_) => None,
            None => Some(Box::new(self.live.clone())),
        };
        self.look();
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    pub(crate) fn findings_of(&self, task: TaskId) -> impl ExactSizeIterator<Item = &Finding> {
        let places = self.by_task.get(&task).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|at| &self.findings[*at])
    }

    pub(crate) fn styles(&self) -> &Styles {
        &self.settings.styles
    }

    /// Opens a screen.
    pub(crate) fn open(&mut self, view: View) {
        self.view = view;
        self.wanted.details = match view {
            View::Task(task) => Some(task),
            _ => None,
        };
        self.wanted.traces = match view {
            View::Spans => WantedTraces::Latest,
            View::Traces => WantedTraces::List,
            View::Trace(id) if !self.traces.is_too_large(id) => WantedTraces::One(id),
            _ => WantedTraces::None,
        };
    }
}
