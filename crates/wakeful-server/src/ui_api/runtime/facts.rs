//! Things that several answers say in the same words.

use serde::Serialize;
use wakeful_live::{Finding, Live, TaskState};
use wakeful_model::runtime::{Gap, Insight, TaskId};
use wakeful_query::runtime::PastFinding;

/// How deep a program can look, and what would show more.
#[derive(Debug, Clone, Serialize)]
pub(super) struct InsightFacts {
    depth: &'static str,
    missing: Vec<Missing>,
}

#[derive(Debug, Clone, Serialize)]
struct Missing {
    what: String,
    add: String,
}

impl InsightFacts {
    pub(super) fn of(insight: Insight, gaps: &[Gap]) -> Self {
        let missing = gaps.iter().map(|gap| Missing {
            what: gap.missing.clone(),
            add: gap.remedy.clone(),
        });
        Self {
            depth: insight.name(),
            missing: missing.collect(),
        }
    }

    pub(super) fn of_program(live: &Live) -> Self {
        Self::of(live.insight(), live.gaps())
    }

    pub(super) fn json(&self) -> String {
        // It holds nothing that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindingFacts {
    pub(super) name: &'static str,
    pub(super) message: String,
    pub(super) since_unix_nanos: String,
    /// When it was found last, where a range was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_unix_nanos: Option<String>,
    pub(super) tasks: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) location: Option<String>,
    pub(super) remedy: &'static str,
}

impl FindingFacts {
    pub(super) fn of(finding: &Finding) -> Self {
        Self {
            name: finding.lint.name(),
            message: finding.text.clone(),
            since_unix_nanos: finding.since_unix_nanos.to_string(),
            last_unix_nanos: None,
            tasks: finding.tasks.iter().map(ToString::to_string).collect(),
            resources: finding.resources.iter().map(ToString::to_string).collect(),
            location: finding.location.as_ref().map(ToString::to_string),
            remedy: finding.remedy,
        }
    }

    pub(super) fn of_past(past: &PastFinding) -> Self {
        Self {
            last_unix_nanos: Some(past.last_unix_nanos.to_string()),
            ..Self::of(&past.finding)
        }
    }
}

/// A task in another's answer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskFacts {
    pub(super) id: String,
    name: String,
    location: Option<String>,
    state: Option<&'static str>,
    ended: Option<&'static str>,
}

impl TaskFacts {
    /// A task that may not be known any more.
    pub(super) fn of(live: &Live, id: TaskId) -> Self {
        let task = live.task(id);
        Self {
            id: id.to_string(),
            name: task.map_or_else(String::new, |task| task.start.name.clone()),
            location: task
                .and_then(|task| task.location.as_ref())
                .map(ToString::to_string),
            state: task.and_then(wakeful_live::Task::state).map(TaskState::name),
            ended: task.and_then(|task| task.end.as_ref()).map(|end| end.kind.name()),
        }
    }
}
