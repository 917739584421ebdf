//! What is known of a callsite before it is ever reached, and the append-only table of all of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_core::{Level, Metadata};

/// A place in the program that makes spans or events. Lives as long as the program.
#[derive(Clone, Copy)]
pub struct Callsite {
    /// Numbers from zero, without gaps, in the order in which callsites were first reached; good for a table of what an
    /// exporter keeps for each.
    pub id: u32,
    /// Name, target, level and place in the source.
    pub metadata: &'static Metadata<'static>,
    pub(crate) schema: &'static Schema,
}

impl fmt::Debug for Callsite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callsite({} {:?})", self.id, self.metadata.name())
    }
}

/// A callsite's fields, looked at once.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) fields: Vec<FieldSchema>,
    /// Some field has a role beside being an attribute.
    pub(crate) has_roles: bool,
    /// Two fields have one name, so the later one wins.
    pub(crate) has_duplicates: bool,
    /// Makes records of the `log` crate: target and place are among the fields.
    pub(crate) is_log: bool,
}

#[derive(Debug)]
pub(crate) struct FieldSchema {
    pub(crate) name: &'static str,
    /// What the sources of an error in this field are called.
    pub(crate) chain_name: String,
    pub(crate) role: Role,
    /// The index of the first field of that name.
    pub(crate) canonical: u16,
}

/// What a field means beside being an attribute (tracing-opentelemetry's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Attribute,
    /// `otel.name`: the name of the span.
    Name,
    /// `otel.kind`
    Kind,
    /// `otel.status_code`
    StatusCode,
    /// `otel.status_message`, or `otel.status_description` as newer versions call it.
    StatusMessage,
    /// `message`: the text of an event.
    Message,
    /// `error` of an event without a message: what `#[instrument(err)]` writes.
    Error,
    /// `log.*`: where a record of the `log` crate comes from.
    Log(LogRole),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogRole {
    Target,
    ModulePath,
    File,
    Line,
}

impl Schema {
    fn new(metadata: &'static Metadata<'static>) -> Self {
        let is_log = metadata.is_event() && metadata.name() == "log event" && metadata.target() == "log";
        let names: Vec<_> = metadata.fields().iter().map(|field| field.name()).collect();
        let fields: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, name)| FieldSchema {
                name,
                chain_name: format!("{name}.chain"),
                role: Role::new(name, metadata.is_span(), is_log),
                canonical: names.iter().position(|other| other == name).unwrap_or(index) as u16,
            })
            .collect();
        Self {
            has_roles: fields.iter().any(|field| field.role != Role::Attribute),
            has_duplicates: fields
                .iter()
                .enumerate()
                .any(|(index, field)| usize::from(field.canonical) != index),
            is_log,
            fields,
        }
    }
}

impl Role {
    fn new(name: &str, of_span: bool, is_log: bool) -> Self {
        match name {
            "otel.name" if of_span => Self::Name,
            "otel.kind" if of_span => Self::Kind,
            "otel.status_code" if of_span => Self::StatusCode,
            "otel.status_message" | "otel.status_description" if of_span => Self::StatusMessage,
            "message" if !of_span => Self::Message,
            "error" if !of_span => Self::Error,
            "log.target" if is_log => Self::Log(LogRole::Target),
            "log.module_path" if is_log => Self::Log(LogRole::ModulePath),
            "log.file" if is_log => Self::Log(LogRole::File),
            "log.line" if is_log => Self::Log(LogRole::Line),
            _ => Self::Attribute,
        }
    }
}

/// The table: ids are given once and never taken back, in one table for all recorders of the process.
#[derive(Default)]
struct Table {
    ids: HashMap<usize, u32>,
    callsites: Vec<&'static Callsite>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

thread_local! {
    /// The table's lock, while this thread forks.
    static HELD: RefCell<Option<MutexGuard<'static, Option<Table>>>> = const { RefCell::new(None) };
}

/// Before a fork: no other thread may have the table's lock, since that thread is not there in the child to let go of it.
pub(crate) fn hold_table() {
    let _ = HELD.try_with(|held| {
        if let Ok(mut held) = held.try_borrow_mut() {
            *held = Some(TABLE.lock().unwrap_or_else(PoisonError::into_inner));
        }
    });
}

/// After it, in the parent and in the child.
pub(crate) fn let_go_of_table() {
    let _ = HELD.try_with(|held| held.try_borrow_mut().map(|mut held| held.take()));
}

impl Callsite {
    /// The callsite with this metadata; new ones get the next id.
    pub(crate) fn of(metadata: &'static Metadata<'static>) -> &'static Self {
        let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        let table = table.get_or_insert_default();
        let address = std::ptr::from_ref(metadata) as usize;
        if let Some(&id) = table.ids.get(&address) {
            return table.callsites[id as usize];
        }
        // As long-lived as the metadata, and one for each callsite in the program's text.
        let callsite: &'static Self = Box::leak(Box::new(Self {
            id: table.callsites.len() as u32,
            metadata,
            schema: Box::leak(Box::new(Schema::new(metadata))),
        }));
        table.ids.insert(address, callsite.id);
        table.callsites.push(callsite);
        callsite
    }

    /// Appends to `known` the callsites that have come since.
    pub(crate) fn catch_up(known: &mut Vec<&'static Self>) {
        let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = table.as_ref() {
            known.extend_from_slice(&table.callsites[known.len()..]);
        }
    }

    /// How severe it is.
    pub fn level(&self) -> Level {
        *self.metadata.level()
    }
}

/// A callsite for tests that need any.
#[cfg(test)]
pub(crate) fn of_tests() -> &'static Callsite {
    struct Nowhere;
    impl tracing_core::Callsite for Nowhere {
        fn set_interest(&self, _interest: tracing_core::Interest) {}
        fn metadata(&self) -> &Metadata<'_> {
            &METADATA
        }
    }
    static NOWHERE: Nowhere = Nowhere;
    static METADATA: Metadata<'static> = tracing_core::metadata! {
        name: "test",
        target: "test",
        level: Level::INFO,
        fields: &[],
        callsite: &NOWHERE,
        kind: tracing_core::metadata::Kind::SPAN,
    };
    Callsite::of(&METADATA)
}
