//! The filter of the list of tasks: words, and conditions such as `state:idle` and `poll>10ms`.

use rustc_hash::FxHashSet;
use wakeful_live::{Lint, Task, TaskState};
use wakeful_model::runtime::{ParseTaskIdError, TaskId};

use super::task_list::TaskLints;

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TaskFilterError {
    /// What is wrong, and what to write.
    pub message: String,
    /// Where, from 1, in Unicode characters.
    pub column: usize,
}

/// A condition on tasks; the default one is met by all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskFilter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    is_negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// In lower case.
    Text(String),
    State(TaskState),
    /// In lower case.
    Kind(String),
    /// In lower case.
    Location(String),
    Warn(Option<Lint>),
    Span(Served),
    Id(TaskId),
    Measure(Measure, Comparison, u64),
}

/// A part of the names of spans, and the tasks that served some, once somebody has looked.
#[derive(Debug, Clone, PartialEq)]
struct Served {
    /// In lower case.
    text: String,
    tasks: FxHashSet<TaskId>,
}

/// What has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    LongestPoll,
    Busy,
    Scheduled,
    Idle,
    Total,
    Polls,
    Wakes,
}

impl Measure {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "poll" => Self::LongestPoll,
            "busy" => Self::Busy,
            "scheduled" => Self::Scheduled,
            "idle" => Self::Idle,
            "total" => Self::Total,
            "polls" => Self::Polls,
            "wakes" => Self::Wakes,
            _ => return None,
        })
    }

    fn value(self, task: &Task) -> Option<u64> {
        let sums = task.sums.as_ref();
        match self {
            Self::LongestPoll => sums.map(|sums| sums.poll_times.max_nanos),
            Self::Busy => task.busy_nanos(),
            Self::Scheduled => task.scheduled_nanos(),
            Self::Idle => task.scheduled_nanos().and(task.idle_nanos()),
            Self::Total => Some(task.total_nanos()),
            Self::Polls => sums.map(|sums| sums.polls),
            Self::Wakes => sums.and_then(|sums| Some(sums.wakers.as_ref()?.wakes)),
        }
    }

    fn parse(self, text: &str) -> Option<u64> {
        match self {
            Self::Polls | Self::Wakes => text.parse().ok(),
            _ => duration(text),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    More,
    Less,
}

/// A duration as people write it: `10ms`, `1.5s`, `2min`.
fn duration(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 8] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("ms", 1e6),
        ("min", 6e10),
        ("m", 6e10),
        ("h", 3.6e12),
        ("s", 1e9),
    ];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, nanos)| Some((text.strip_suffix(unit)?, nanos)))?;
    let number: f64 = number.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some((number * unit) as u64)
}

impl TaskFilter {
    /// Reads a filter: words that must all be there, no letter's case counting, and `state:` `kind:` `loc:` `warn:` `span:` `id:`, and
    /// `poll` `busy` `scheduled` `idle` `total` `polls` `wakes` with `>` or `<`; `-` before any of them leaves out.
    ///
    /// # Errors
    /// If a word has one of these forms, and is none that is known.
    pub fn parse(text: &str) -> Result<Self, TaskFilterError> {
        let mut terms = Vec::new();
        let mut column = 1;
        for word in text.split(' ') {
            if !word.is_empty() {
                let (is_negated, test) = match word.strip_prefix('-') {
                    Some(rest) if !rest.is_empty() => (true, rest),
                    _ => (false, word),
                };
                let test = parse_test(test).map_err(|message| TaskFilterError { message, column })?;
                terms.push(Term { is_negated, test });
            }
            column += word.chars().count() + 1;
        }
        Ok(Self { terms })
    }

    /// Looks for the tasks that served spans in whose names a text stands (in lower case), for each `span:` of the filter: what a task is
    /// does not say it. Until then no task did.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn find_served<E>(
        &mut self,
        mut find: impl FnMut(&str) -> Result<FxHashSet<TaskId>, E>,
    ) -> Result<(), E> {
        for term in &mut self.terms {
            if let Test::Span(served) = &mut term.test {
                served.tasks = find(&served.text)?;
            }
        }
        Ok(())
    }

    /// Whether a task meets it.
    pub fn matches(&self, task: &Task, lints: TaskLints) -> bool {
        let meets = |term: &Term| term.test.matches(task, lints) != term.is_negated;
        self.terms.iter().all(meets)
    }
}

fn parse_test(word: &str) -> Result<Test, String> {
    let compared = |sign| {
        word.split_once(sign)
            .and_then(|(name, value)| Some((Measure::of(name)?, value)))
    };
    for (sign, comparison) in [('>', Comparison::More), ('<', Comparison::Less)] {
        if let Some((measure, value)) = compared(sign) {
            let value = measure.parse(value);
            let value = value.ok_or_else(|| {
                format!("{word:?} needs a number behind {sign}, as in poll>10ms or polls>100")
            })?;
            return Ok(Test::Measure(measure, comparison, value));
        }
    }
    let Some((name, value)) = word.split_once(':') else {
        return Ok(Test::Text(word.to_lowercase()));
    };
    match name {
        "state" => {
            let states = [
                TaskState::Idle,
                TaskState::Scheduled,
                TaskState::Running,
                TaskState::Done,
            ];
            let state = states.into_iter().find(|state| state.name() == value);
            let state = state.ok_or("write state:idle, state:scheduled, state:running or state:done")?;
            Ok(Test::State(state))
        }
        "kind" => Ok(Test::Kind(value.to_lowercase())),
        "loc" => Ok(Test::Location(value.to_lowercase())),
        "warn" if value.is_empty() => Ok(Test::Warn(None)),
        "warn" => {
            let lint = value.parse::<Lint>().map_err(|error| error.to_string())?;
            Ok(Test::Warn(Some(lint)))
        }
        "span" if value.is_empty() => Err("write span:checkout, with a part of a span's name".to_owned()),
        "span" => Ok(Test::Span(Served {
            text: value.to_lowercase(),
            tasks: FxHashSet::default(),
        })),
        "id" => {
            let id = value.parse();
            id.map(Test::Id)
                .map_err(|error: ParseTaskIdError| error.to_string())
        }
        // Paths and types have colons too.
        _ => Ok(Test::Text(word.to_lowercase())),
    }
}

impl Test {
    fn matches(&self, task: &Task, lints: TaskLints) -> bool {
        let place = || {
            task.location
                .as_ref()
                .map_or_else(String::new, |place| place.to_string().to_lowercase())
        };
        match self {
            Self::Text(text) => {
                let named = [&task.start.name, &task.start.type_name];
                named.into_iter().any(|name| name.to_lowercase().contains(text)) || place().contains(text)
            }
            Self::State(state) => task.state() == Some(*state),
            Self::Kind(kind) => task.start.kind.name() == kind,
            Self::Location(text) => place().contains(text),
            Self::Warn(None) => lints.any(),
            Self::Warn(Some(lint)) => lints.has(*lint),
            Self::Span(served) => served.tasks.contains(&task.start.id),
            Self::Id(id) => task.start.id == *id,
            Self::Measure(measure, comparison, value) => {
                measure.value(task).is_some_and(|found| match comparison {
                    Comparison::More => found > *value,
                    Comparison::Less => found < *value,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wakeful_live::Live;
    use wakeful_model::runtime::{Location, LocationIndex, RuntimeBatch, TaskStart, TaskSums};

    use super::*;

    fn program() -> Live {
        let mut live = Live::default();
        live.fold(&RuntimeBatch {
            to_unix_nanos: 10_000_000_000,
            locations: vec![Location {
                file: "src/Server.rs".to_owned(),
                line: 90,
                column: 5,
            }],
            task_starts: vec![TaskStart {
                id: TaskId(12),
                start_unix_nanos: 1_000_000_000,
                location: Some(LocationIndex(0)),
                name: "accept".to_owned(),
                ..TaskStart::default()
            }],
            task_sums: vec![TaskSums {
                task: TaskId(12),
                polls: 5,
                busy_nanos: 20_000_000,
                last_poll_start_unix_nanos: Some(2_000_000_000),
                last_poll_end_unix_nanos: Some(2_020_000_000),
                ..TaskSums::default()
            }],
            ..RuntimeBatch::default()
        });
        live
    }

    fn check(filter: &str, expected: bool) {
        let live = program();
        let task = live.task(TaskId(12)).unwrap();
        let lints = TaskLints::default().with(Lint::LongPoll);
        let found = TaskFilter::parse(filter).unwrap().matches(task, lints);
        assert_eq!(found, expected, "{filter}");
    }

    #[test]
    fn words_and_conditions_must_all_be_met() {
        check("", true);
        check("ACC server", true);
        check("accept other", false);
        check("state:idle kind:task loc:server.rs:90", true);
        check("state:running", false);
        check("-state:running", true);
        check("-accept", false);
        check("id:12", true);
        check("id:1", false);
        check("id:w1", false);
        check("busy>10ms polls>4 total>1s", true);
        check("busy>1s", false);
        check("busy<1s", true);
        // What is not known meets nothing.
        check("scheduled>0s", false);
        check("warn:", true);
        check("warn:long-poll", true);
        check("warn:deadlock", false);
    }

    #[test]
    fn tasks_that_served_spans_are_looked_for() {
        let live = program();
        let task = live.task(TaskId(12)).unwrap();
        let meets = |filter: &TaskFilter| filter.matches(task, TaskLints::default());
        let mut filter = TaskFilter::parse("span:Checkout accept").unwrap();
        assert!(!meets(&filter));
        let mut asked = Vec::new();
        let found = filter.find_served(|text| {
            asked.push(text.to_owned());
            Ok::<_, ()>(FxHashSet::from_iter([TaskId(12)]))
        });
        assert_eq!((found, asked), (Ok(()), vec!["checkout".to_owned()]));
        assert!(meets(&filter));
        assert_eq!(filter.find_served(|_| Err("closed")), Err("closed"));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let check = |filter: &str, column, part: &str| {
            let error = TaskFilter::parse(filter).unwrap_err();
            assert_eq!(error.column, column, "{filter}");
            assert!(error.message.contains(part), "{filter}: {error}");
        };
        check("acc state:asleep", 5, "state:idle");
        check("poll>fast", 1, "poll>10ms");
        check("é  warn:nothing", 4, "no lint is called `nothing`");
        check("id:x", 1, "as in 12 or w3");
        check("a span:", 3, "span:checkout");
    }
}
