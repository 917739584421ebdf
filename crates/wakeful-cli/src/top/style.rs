//! Colours by role, and signs that the terminal can show.

use ratatui::style::{Color, Modifier, Style};
use wakeful_live::TaskState;

use super::durations::Unit;
use crate::args::Palette;

/// What the terminal can show, and what the user wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Styles {
    pub(crate) palette: Palette,
    pub(crate) utf8: bool,
    /// Durations by unit.
    pub(crate) durations: bool,
    /// What is gone.
    pub(crate) terminated: bool,
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Good,
    Warning,
    Error,
    Running,
    Scheduled,
    Title,
    Key,
    Value,
    Unit(Unit),
}

impl Styles {
    /// The style of a role. Without colours, weight tells what matters.
    pub(crate) fn role(&self, role: Role) -> Style {
        let Some(color) = self.color(role) else {
            return match role {
                Role::Error | Role::Warning | Role::Title => Style::new().add_modifier(Modifier::BOLD),
                Role::Key => Style::new().add_modifier(Modifier::DIM),
                _ => Style::new(),
            };
        };
        let style = Style::new().fg(color);
        match role {
            Role::Error | Role::Good => style.add_modifier(Modifier::BOLD),
            _ => style,
        }
    }

    fn color(&self, role: Role) -> Option<Color> {
        if matches!(role, Role::Unit(_)) && !self.durations {
            return None;
        }
        // The terminal's own eight are readable on its ground; richer palettes have their own.
        let (basic, indexed, rgb) = match role {
            Role::Good | Role::Running => (Color::Green, 71, (0x4c, 0xa8, 0x5a)),
            Role::Warning => (Color::Yellow, 178, (0xd0, 0x9a, 0x1e)),
            Role::Error => (Color::Red, 167, (0xd9, 0x4f, 0x4f)),
            Role::Scheduled => (Color::Magenta, 133, (0xb0, 0x62, 0xb8)),
            Role::Title => (Color::Cyan, 73, (0x4f, 0xa3, 0xa8)),
            Role::Key => (Color::Blue, 74, (0x5a, 0x9b, 0xd4)),
            Role::Value => (Color::Yellow, 179, (0xc9, 0xa2, 0x4f)),
            Role::Unit(Unit::Days | Unit::Hours) => (Color::Magenta, 133, (0xb0, 0x62, 0xb8)),
            Role::Unit(Unit::Minutes) => (Color::Red, 167, (0xd9, 0x4f, 0x4f)),
            Role::Unit(Unit::Seconds) => (Color::Yellow, 178, (0xd0, 0x9a, 0x1e)),
            Role::Unit(Unit::Millis) => (Color::Green, 71, (0x4c, 0xa8, 0x5a)),
            Role::Unit(Unit::Micros) => (Color::Cyan, 73, (0x4f, 0xa3, 0xa8)),
            Role::Unit(Unit::Nanos) => (Color::Blue, 74, (0x5a, 0x9b, 0xd4)),
        };
        match self.palette {
            Palette::Off => None,
            Palette::Eight => Some(basic),
            Palette::Sixteen => Some(bright(basic)),
            Palette::Indexed => Some(Color::Indexed(indexed)),
            Palette::All => Some(Color::Rgb(rgb.0, rgb.1, rgb.2)),
        }
    }

    /// What is gone.
    pub(crate) fn gone(&self) -> Style {
        match self.terminated {
            true => Style::new().add_modifier(Modifier::DIM),
            false => Style::new(),
        }
    }

    /// The selected row: `>>` stands before it too.
    pub(crate) fn selected(&self) -> Style {
        match self.palette {
            Palette::Off => Style::new().add_modifier(Modifier::REVERSED),
            _ => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
        }
    }

    /// One sign or the other.
    pub(crate) fn sign<'a>(&self, utf8: &'a str, ascii: &'a str) -> &'a str {
        if self.utf8 { utf8 } else { ascii }
    }

    /// The sign of a warning.
    pub(crate) fn warning_sign(&self) -> &'static str {
        self.sign("⚠", "/!\\")
    }

    /// The sign of a state, and the role of its colour.
    pub(crate) fn state_sign(&self, state: TaskState) -> (&'static str, Style) {
        match state {
            TaskState::Running => (self.sign("▶", "BUSY"), self.role(Role::Running)),
            TaskState::Scheduled => (self.sign("⏫", "SCHED"), self.role(Role::Scheduled)),
            TaskState::Idle => (self.sign("⏸", "IDLE"), Style::new()),
            TaskState::Done => (self.sign("⏹", "DONE"), Style::new()),
        }
    }
}

fn bright(color: Color) -> Color {
    match color {
        Color::Red => Color::LightRed,
        Color::Green => Color::LightGreen,
        Color::Yellow => Color::LightYellow,
        Color::Blue => Color::LightBlue,
        Color::Magenta => Color::LightMagenta,
        Color::Cyan => Color::LightCyan,
        other => other,
    }
}
