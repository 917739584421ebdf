//! What `top` shows, and how keys change it.

use std::collections::HashMap;
use std::time::Duration;

use wakeful_live::{Finding, Lint, Live};
use wakeful_model::runtime::{AsyncOpId, ResourceId, TaskId};

use super::config::Settings;
use super::source::News;
use super::style::Styles;
use super::table::Selection;
use crate::args::FirstView;

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Tasks,
    Task(TaskId),
    Resources,
    Resource(ResourceId),
    Runtime,
}

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    Connecting,
    Connected,
    Waiting { said: String, again_after: Duration },
}

/// What is wanted from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The details of a task, or of none.
    Details(Option<TaskId>),
}

/// What a key asks of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Quit,
    Copy(String),
    Wish(Wish),
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
    live: Live,
    /// What is shown while the screen is paused.
    paused: Option<Box<Live>>,
    findings: Vec<Finding>,
    by_task: HashMap<TaskId, Vec<usize>>,
}

impl App {
    pub(crate) fn new(settings: Settings, view: FirstView) -> Self {
        Self {
            settings,
            connection: Connection::Connecting,
            view: match view {
                FirstView::Tasks => View::Tasks,
                FirstView::Resources => View::Resources,
                FirstView::Runtime => View::Runtime,
            },
            help: false,
            filter: String::new(),
            filter_edited: false,
            wide: false,
            grouped: false,
            // Total, the longest first.
            tasks: Selection::sorted_by(4, true),
            resources: Selection::sorted_by(0, false),
            async_ops: Selection::sorted_by(0, false),
            live: Live::default(),
            paused: None,
            findings: Vec::new(),
            by_task: HashMap::new(),
        }
    }

    /// Takes in what the source tells.
    pub(crate) fn hear(&mut self, news: News) {
        match news {
            News::Connection(connection) => self.connection = connection,
            News::Anew => self.live = Live::default(),
            News::Batch(batch) => {
                self.live.fold(&batch);
                self.live.forget(self.settings.retain_for.0);
                if self.paused.is_none() {
                    self.look();
                }
            }
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
    pub(crate) fn open(&mut self, view: View) -> Option<Command> {
        let task = |view| match view {
            View::Task(task) => Some(task),
            _ => None,
        };
        let (former, next) = (task(self.view), task(view));
        self.view = view;
        (former != next).then_some(Command::Wish(Wish::Details(next)))
    }
}
