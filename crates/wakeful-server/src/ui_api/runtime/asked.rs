//! What every question here names: a program, and a time or a stretch of it.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use wakeful_live::Live;
use wakeful_model::runtime::{ParseTaskIdError, ResourceId, TaskId};
use wakeful_query::Engine;
use wakeful_query::runtime::{Gathered, Window};
use wakeful_store::{ProgramExtent, ProgramId};

use super::super::error::ApiError;
use super::super::{Parameters, search_params};

/// The stretch of time that is shown unless another is asked for.
const WINDOW_NANOS: u64 = 30_000_000_000;

const PIXELS_DEFAULT: u32 = 1_600;
const PIXELS_MAX: u32 = 8_000;

/// How long tasks that are gone are listed unless told otherwise.
pub(super) const RETAIN_NANOS: u64 = 6_000_000_000;

/// The parameters of a question about a program.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) program: ProgramId,
    pub(super) parameters: Parameters,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(parameters) = Query::<Parameters>::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        let program = text(&parameters, "program");
        let program = program
            .ok_or_else(|| ApiError::parameter("program", "name a program, by an id of `programs`"))?
            .parse()
            .map_err(|error: wakeful_store::ParseProgramIdError| {
                ApiError::parameter("program", error.to_string())
            })?;
        Ok(Self { program, parameters })
    }
}

/// A parameter that is not empty.
pub(super) fn text<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let found = parameters.iter().filter(|(found, _)| found == name);
    found
        .map(|(_, value)| value.as_str())
        .find(|value| !value.is_empty())
}

impl Asked {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        text(&self.parameters, name)
    }

    /// A whole number up to a bound.
    pub(super) fn number(&self, name: &'static str, default: u64, most: u64) -> Result<u64, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| ApiError::parameter(name, format!("{text:?} is not a number up to {most}")))
    }

    pub(super) fn at(&self) -> Result<Option<u64>, ApiError> {
        search_params::nanos(&self.parameters, "at")
    }

    pub(super) fn retain_nanos(&self) -> Result<u64, ApiError> {
        let default = RETAIN_NANOS / 1_000_000_000;
        Ok(self
            .number("retain", default, 3_600)?
            .saturating_mul(1_000_000_000))
    }

    pub(super) fn pixels(&self) -> Result<u32, ApiError> {
        let pixels = self.number("px", PIXELS_DEFAULT.into(), PIXELS_MAX.into())?;
        Ok((pixels as u32).max(1))
    }

    /// The range that is asked for, or what comes before `last`.
    pub(super) fn window(&self, first: Option<u64>, last: u64) -> Result<Window, ApiError> {
        window(&self.parameters, first, last)
    }

    /// What is kept of the program.
    pub(super) fn extent(&self, engine: &Engine) -> Result<ProgramExtent, ApiError> {
        let found = engine.store().runtime().program(self.program);
        found.ok_or_else(|| ApiError::not_found(format!("nothing of a program {} is stored", self.program)))
    }

    /// Answers from the program's state at a time.
    pub(super) fn with_program<T>(
        &self,
        engine: &Engine,
        at: Option<u64>,
        retain_nanos: u64,
        answer: impl FnOnce(&Live) -> T,
    ) -> Result<T, ApiError> {
        let runtime = engine.store().runtime();
        let found = runtime.with_program(self.program, at, retain_nanos, answer);
        let Some(found) = found else {
            let extent = self.extent(engine)?;
            return Err(ApiError::not_found(format!(
                "of program {} nothing is stored from before that time; there is from {} to {}",
                self.program, extent.from_unix_nanos, extent.to_unix_nanos
            )));
        };
        Ok(found)
    }

    /// Answers from a state that has what is needed to name what was at a time: the latest, which is at hand, or else that of the time.
    pub(super) fn with_names<T>(
        &self,
        engine: &Engine,
        window: Window,
        has_names: impl FnOnce(&Live) -> bool,
        answer: impl Fn(&Live) -> T,
    ) -> Result<T, ApiError> {
        let runtime = engine.store().runtime();
        let latest = runtime.with_latest(self.program, |live| has_names(live).then(|| answer(live)));
        match latest.flatten() {
            Some(answer) => Ok(answer),
            None => self.with_program(engine, Some(window.to), window.to - window.from, answer),
        }
    }

    /// What is stored of a window.
    pub(super) fn gather(&self, engine: &Engine, window: Window, task: Option<TaskId>) -> Gathered {
        Gathered::read(engine.store().runtime(), self.program, window, task)
    }
}

/// The range between `from` and `to`; where they are not given, from `first`, or 30 s before the end, to `last`.
pub(super) fn window(parameters: &Parameters, first: Option<u64>, last: u64) -> Result<Window, ApiError> {
    let to = search_params::nanos(parameters, "to")?.unwrap_or(last);
    let from = search_params::nanos(parameters, "from")?;
    let from = from.or(first).unwrap_or_else(|| to.saturating_sub(WINDOW_NANOS));
    if from > to {
        return Err(ApiError::parameter("from", "it must not be later than `to`"));
    }
    Ok(Window { from, to })
}

/// A task in a path.
pub(super) fn task_id(text: &str) -> Result<TaskId, ApiError> {
    let id = text.parse();
    id.map_err(|error: ParseTaskIdError| ApiError::not_found(error.to_string()))
}

/// A resource in a path.
pub(super) fn resource_id(text: &str) -> Result<ResourceId, ApiError> {
    let number = text.parse();
    number
        .map(ResourceId)
        .map_err(|_| ApiError::not_found(format!("{text:?} is not the number of a resource")))
}
