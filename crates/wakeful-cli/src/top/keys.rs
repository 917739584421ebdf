//! What keys do: tokio-console's, and ours.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Command, View};
use super::order;
use super::past::{LEAP_NANOS, STEP_NANOS};

impl App {
    /// Obeys a key.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Option<Command> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Some(Command::Quit);
        }
        if self.filter_edited {
            self.edit_filter(key.code);
            return None;
        }
        match key.code {
            KeyCode::Char('?') => self.help = !self.help,
            KeyCode::Esc if self.help => self.help = false,
            KeyCode::Char('q') => return Some(Command::Quit),
            KeyCode::Char(' ') => self.toggle_pause(),
            KeyCode::Char('t') => self.open(View::Tasks),
            KeyCode::Char('r') => self.open(View::Resources),
            KeyCode::Char('u') => self.open(View::Runtime),
            KeyCode::Char('s') => self.open(View::Spans),
            KeyCode::Char('x') => self.open(View::Traces),
            KeyCode::Char('p') if self.programs.is_some() => self.open(View::Programs),
            KeyCode::Char('[') => self.back(STEP_NANOS),
            KeyCode::Char(']') => self.on(STEP_NANOS),
            KeyCode::Char('{') => self.back(LEAP_NANOS),
            KeyCode::Char('}') => self.on(LEAP_NANOS),
            KeyCode::Char('0') => self.wanted.at_unix_nanos = None,
            KeyCode::Char('w') => self.wide = !self.wide,
            KeyCode::Char('o') => self.grouped = !self.grouped,
            KeyCode::Char('/') if self.is_list() => self.filter_edited = true,
            KeyCode::Char('y') => return self.copied().map(Command::Copy),
            KeyCode::Esc => self.close(),
            KeyCode::Enter => self.enter(),
            code => self.list_key(code),
        }
        None
    }

    fn is_list(&self) -> bool {
        matches!(self.view, View::Tasks | View::Resources)
    }

    fn edit_filter(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => self.filter_edited = false,
            KeyCode::Esc => {
                self.filter.clear();
                self.filter_edited = false;
            }
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Char(letter) => self.filter.push(letter),
            _ => {}
        }
    }

    fn close(&mut self) {
        match self.view {
            View::Task(_) => self.open(View::Tasks),
            View::Resource(_) => self.open(View::Resources),
            View::Trace(_) => self.open(View::Traces),
            View::Programs if self.wanted.program.is_some() => self.open(View::Tasks),
            _ => self.filter.clear(),
        }
    }

    fn enter(&mut self) {
        match self.view {
            View::Tasks if self.grouped => {
                // One location's tasks.
                if let Some(filter) = order::selected_group(self) {
                    self.filter = filter;
                    self.grouped = false;
                }
            }
            View::Programs => {
                if let Some(program) = self.program_rows.selected() {
                    self.show_program(program);
                }
            }
            _ => {
                if let Some(view) = self.selected() {
                    self.open(view);
                }
            }
        }
    }

    /// The screen of what is selected.
    fn selected(&self) -> Option<View> {
        match self.view {
            View::Tasks => self.tasks.selected().map(View::Task),
            View::Resources => self.resources.selected().map(View::Resource),
            View::Resource(_) => {
                let op = self.live().async_op(self.async_ops.selected()?)?;
                op.op.task.map(View::Task)
            }
            View::Traces => self.traces.rows.selected().map(View::Trace),
            View::Task(_) | View::Runtime | View::Programs | View::Spans | View::Trace(_) => None,
        }
    }

    /// Moves in the list that is shown, or sorts it.
    fn list_key(&mut self, code: KeyCode) {
        match self.view {
            View::Tasks => {
                let keys = order::tasks(self);
                self.tasks.key(code, &keys, order::TASK_COLUMNS.len());
            }
            View::Resources => {
                let keys = order::resources(self);
                self.resources.key(code, &keys, order::RESOURCE_COLUMNS.len());
            }
            View::Resource(resource) => {
                let keys = order::async_ops(self, resource);
                self.async_ops.key(code, &keys, order::OP_COLUMNS.len());
            }
            View::Programs => {
                let keys = self.program_ids();
                self.program_rows.key(code, &keys, 1);
            }
            View::Traces => {
                let keys = self.trace_ids();
                self.traces.rows.key(code, &keys, 1);
            }
            View::Trace(id) => {
                let keys = self.span_ids(id);
                self.traces.span_rows.key(code, &keys, 1);
            }
            View::Task(_) | View::Runtime | View::Spans => {}
        }
    }

    /// What `y` copies: the id of what is selected or shown.
    fn copied(&self) -> Option<String> {
        match self.view {
            View::Tasks => self.tasks.selected().map(|id| id.to_string()),
            View::Task(id) => Some(id.to_string()),
            View::Resources => self.resources.selected().map(|id| id.to_string()),
            View::Resource(id) => Some(id.to_string()),
            View::Runtime | View::Spans => None,
            View::Traces => self.traces.rows.selected().map(|id| id.to_string()),
            View::Trace(id) => Some(id.to_string()),
            View::Programs => self.program_rows.selected().map(|id| id.to_string()),
        }
    }
}
