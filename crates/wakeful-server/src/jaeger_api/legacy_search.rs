//! The parameters of `/api/traces` and `/api/dependencies`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use wakeful_query::TraceQuery;

use super::error::ApiError;
use super::params::Params;
use super::{go, ids, search};

const MICROSECOND: i128 = 1_000;
const MILLISECOND: i128 = 1_000_000;
const DAY: i128 = 86_400_000_000_000;

/// How far back a search looks that does not say.
const SEARCH_LOOKBACK: i128 = 2 * DAY;

/// What is looked for.
#[derive(Debug, PartialEq)]
pub(super) enum Search {
    /// Those traces, whatever else is asked.
    ByIds(Vec<u128>),
    /// Traces that match.
    Matching(TraceQuery),
}

/// Reads the parameters, and refuses the first bad one in the order in which Jaeger looks at them.
pub(super) fn search(params: &Params) -> Result<Search, ApiError> {
    let now = search::now_unix_nanos();
    let start = params
        .read("start", go::parse_i64)?
        .map_or(now - SEARCH_LOOKBACK, |t| i128::from(t) * MICROSECOND);
    let end = params
        .read("end", go::parse_i64)?
        .map_or(now, |t| i128::from(t) * MICROSECOND);
    let tags = tags(params)?;
    let limit = match params.get("limit") {
        "" => search::TRACES_DEFAULT as i64,
        text => go::parse_i32(text).map_err(ApiError::bad_request)?.into(),
    };
    let min = params.read("minDuration", go::parse_duration)?.unwrap_or(0);
    let max = params.read("maxDuration", go::parse_duration)?.unwrap_or(0);
    let ids = params
        .all("traceID")
        .map(|id| {
            ids::parse_hex(id)
                .map_err(|why| ApiError::bad_request(format!("cannot parse traceID param: {why}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    params.raw()?;
    if ids.is_empty() && params.get("service").is_empty() {
        return Err(ApiError::bad_request("parameter 'service' is required"));
    }
    if min != 0 && max != 0 && max < min {
        return Err(ApiError::bad_request(
            "'maxDuration' should be greater than 'minDuration'",
        ));
    }
    if !ids.is_empty() {
        return Ok(Search::ByIds(ids));
    }

    let (min_duration_nanos, max_duration_nanos) = search::duration_bounds(min, max);
    Ok(Search::Matching(TraceQuery {
        service: Some(params.get("service").to_owned()),
        operation: Some(params.get("operation").to_owned()).filter(|name| !name.is_empty()),
        tags: tags.into_iter().collect(),
        started_within: Some(search::range(start, end)),
        min_duration_nanos,
        max_duration_nanos,
        limit: search::trace_limit(limit)?,
    }))
}

/// `tag=key:value`, where the value may have colons, and `tags={"key":"value"}`; the last of a key counts.
fn tags(params: &Params) -> Result<BTreeMap<String, String>, ApiError> {
    let mut tags = BTreeMap::new();
    for tag in params.all("tag") {
        let Some((key, value)) = tag.split_once(':') else {
            return Err(ApiError::bad_request(format!(
                "malformed 'tag' parameter, expecting key:value, received: {tag}"
            )));
        };
        tags.insert(key.to_owned(), value.to_owned());
    }
    for object in params.all("tags") {
        tags.extend(go::parse_string_map(object).map_err(|why| {
            ApiError::bad_request(format!(
                "malformed 'tags' parameter, cannot unmarshal JSON: {why}"
            ))
        })?);
    }
    Ok(tags)
}

/// The time that dependencies are asked for.
pub(super) fn dependencies(params: &Params) -> Result<RangeInclusive<u64>, ApiError> {
    let end = params
        .read("endTs", go::parse_i64)?
        .map_or_else(search::now_unix_nanos, |t| i128::from(t) * MILLISECOND);
    let lookback = params
        .read("lookback", go::parse_i64)?
        .map_or(DAY, |t| i128::from(t) * MILLISECOND);
    if lookback < 0 {
        return Err(ApiError::new(
            http::StatusCode::INTERNAL_SERVER_ERROR,
            "end time must be greater than start time",
        ));
    }
    Ok(search::range(end - lookback, end))
}
