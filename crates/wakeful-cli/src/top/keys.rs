//! What keys do: tokio-console's, and ours.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Command, View};
use super::order;

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
            KeyCode::Char('t') => return self.open(View::Tasks),
            KeyCode::Char('r') => return self.open(View::Resources),
            KeyCode::Char('u') => return self.open(View::Runtime),
            KeyCode::Char('w') => self.wide = !self.wide,
            KeyCode::Char('o') => self.grouped = !self.grouped,
            KeyCode::Char('/') if self.is_list() => self.filter_edited = true,
            KeyCode::Char('y') => return self.copied().map(Command::Copy),
            KeyCode::Esc => return self.back(),
            KeyCode::Enter => return self.enter(),
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

    fn back(&mut self) -> Option<Command> {
        match self.view {
            View::Task(_) => self.open(View::Tasks),
            View::Resource(_) => self.open(View::Resources),
            _ => {
                self.filter.clear();
                None
            }
        }
    }

    fn enter(&mut self) -> Option<Command> {
        match self.view {
            View::Tasks if self.grouped => {
                // One location's tasks.
                self.filter = order::selected_group(self)?;
                self.grouped = false;
                None
            }
            View::Tasks => self.tasks.selected().and_then(|task| self.open(View::Task(task))),
            View::Resources => {
                let resource = self.resources.selected()?;
                self.open(View::Resource(resource))
            }
            View::Resource(_) => {
                let op = self.async_ops.selected()?;
                let task = self.live().async_op(op)?.op.task?;
                self.open(View::Task(task))
            }
            View::Task(_) | View::Runtime => None,
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
            View::Task(_) | View::Runtime => {}
        }
    }

    /// What `y` copies: the id of what is selected or shown.
    fn copied(&self) -> Option<String> {
        match self.view {
            View::Tasks => self.tasks.selected().map(|id| id.to_string()),
            View::Task(id) => Some(id.to_string()),
            View::Resources => self.resources.selected().map(|id| id.to_string()),
            View::Resource(id) => Some(id.to_string()),
            View::Runtime => None,
        }
    }
}
