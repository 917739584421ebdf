//! The parameters of `/api/v3/traces` and `/api/v3/trace-summaries`.

use wakeful_query::TraceQuery;

use super::error::ApiError;
use super::params::Params;
use super::{go, search};

/// Names of a parameter: the protocol's, then the older one with underscores.
type Names = [&'static str; 2];

const SERVICE: Names = ["query.serviceName", "query.service_name"];
const OPERATION: Names = ["query.operationName", "query.operation_name"];
const START_MIN: Names = ["query.startTimeMin", "query.start_time_min"];
const START_MAX: Names = ["query.startTimeMax", "query.start_time_max"];
const DURATION_MIN: Names = ["query.durationMin", "query.duration_min"];
const DURATION_MAX: Names = ["query.durationMax", "query.duration_max"];
const DEPTH: [&str; 3] = ["query.searchDepth", "query.search_depth", "query.num_traces"];
const RAW: Names = ["query.rawTraces", "query.raw_traces"];

/// What is looked for, and whether it is wanted raw. The first bad parameter in Jaeger's order is refused.
pub(super) fn search(params: &Params) -> Result<(TraceQuery, bool), ApiError> {
    let tags = match params.get("query.attributes") {
        "" => Vec::new(),
        text => {
            let tags = go::parse_string_map(text).map_err(|why| malformed("query.attributes", &why))?;
            tags.into_iter().collect()
        }
    };
    if [START_MIN, START_MAX]
        .iter()
        .any(|&names| params.get_any(names).0.is_empty())
    {
        return Err(ApiError::bad_request(format!(
            "{} and {} are required",
            START_MIN[0], START_MAX[0]
        )));
    }
    let start = read(params, START_MIN, go::parse_time)?.unwrap_or_default();
    let end = read(params, START_MAX, go::parse_time)?.unwrap_or_default();
    if start >= end {
        return Err(ApiError::bad_request(format!(
            "{} must be before {}",
            START_MIN[0], START_MAX[0]
        )));
    }
    let depth = read(params, DEPTH, go::parse_int)?.unwrap_or(search::TRACES_DEFAULT as i64);
    let min = read(params, DURATION_MIN, go::parse_duration)?.unwrap_or_default();
    let max = read(params, DURATION_MAX, go::parse_duration)?.unwrap_or_default();
    let raw = read(params, RAW, go::parse_bool)?.unwrap_or_default();

    let (min_duration_nanos, max_duration_nanos) = search::duration_bounds(min, max);
    let text = |names| Some(params.get_any::<2>(names).0.to_owned()).filter(|text| !text.is_empty());
    let query = TraceQuery {
        service: text(SERVICE),
        operation: text(OPERATION),
        tags,
        started_within: Some(search::range(start, end)),
        min_duration_nanos,
        max_duration_nanos,
        limit: search::trace_limit(depth)?,
    };
    Ok((query, raw))
}

/// The parameters of `/api/v3/traces/{id}`: whether the trace is wanted raw. Times are read but do not matter: the
/// store finds a trace without them.
pub(super) fn by_id(params: &Params) -> Result<bool, ApiError> {
    read(params, ["startTime", "start_time"], go::parse_time)?;
    read(params, ["endTime", "end_time"], go::parse_time)?;
    Ok(read(params, ["rawTraces", "raw_traces"], go::parse_bool)?.unwrap_or_default())
}

fn read<const N: usize, T>(
    params: &Params,
    names: [&'static str; N],
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, ApiError> {
    match params.get_any(names) {
        ("", _) => Ok(None),
        (text, name) => read(text).map(Some).map_err(|why| malformed(name, &why)),
    }
}

/// The refusal of a parameter.
pub(super) fn malformed(name: &str, why: &str) -> ApiError {
    ApiError::bad_request(format!("malformed parameter {name}: {why}"))
}
