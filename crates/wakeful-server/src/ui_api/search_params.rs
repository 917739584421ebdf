//! The parameters of a search, which are those of the page's own URL.

use std::time::{SystemTime, UNIX_EPOCH};

use wakeful_model::TraceId;
use wakeful_query::TraceQuery;

use super::error::ApiError;
use super::trace::parse_id;
use super::{Parameters, duration, tags};

/// How many traces are listed unless the page asks for another number.
const LIMIT_DEFAULT: usize = 20;

/// The most that may be asked for.
const LIMIT_MAX: usize = 1500;

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Search {
    /// Traces that match.
    Query(TraceQuery),
    /// Exactly these.
    Ids(Vec<TraceId>),
}

impl Search {
    /// Reads the parameters. Those that are not known are the page's own business.
    pub(super) fn parse(parameters: &Parameters) -> Result<Self, ApiError> {
        let parameters = Named(parameters);
        let limit = parameters.limit()?;
        let ids = parameters
            .all("traceID")
            .map(parse_id)
            .collect::<Result<Vec<_>, _>>()?;
        if !ids.is_empty() {
            return Ok(Self::Ids(ids.into_iter().take(limit).collect()));
        }
        Ok(Self::Query(TraceQuery {
            service: parameters.choice("service", &["__all_services__"]),
            operation: parameters.choice("operation", &["__all_operations__", "all"]),
            tags: parameters.tags()?,
            started_within: parameters.started_within()?,
            min_duration_nanos: parameters.duration_nanos("minDuration")?,
            max_duration_nanos: parameters.duration_nanos("maxDuration")?,
            limit,
        }))
    }
}

struct Named<'a>(&'a Parameters);

impl<'a> Named<'a> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value that is not empty: an empty field of a form asks for nothing.
    fn one(&self, name: &'static str) -> Option<&'a str> {
        self.all(name).find(|value| !value.is_empty())
    }

    fn choice(&self, name: &'static str, any: &[&str]) -> Option<String> {
        self.one(name)
            .filter(|value| !any.contains(value))
            .map(str::to_owned)
    }

    fn limit(&self) -> Result<usize, ApiError> {
        let Some(text) = self.one("limit") else {
            return Ok(LIMIT_DEFAULT);
        };
        match text.parse() {
            Ok(limit @ 1..=LIMIT_MAX) => Ok(limit),
            _ => Err(ApiError::parameter(
                "limit",
                format!("{text:?} is not a number from 1 to {LIMIT_MAX}"),
            )),
        }
    }

    fn tags(&self) -> Result<Vec<(String, String)>, ApiError> {
        let mut list = Vec::new();
        for text in self.all("tags") {
            list.extend(tags::parse(text).map_err(|error| ApiError::parameter("tags", error))?);
        }
        for text in self.all("tag") {
            list.push(tags::parse_pair(text).map_err(|error| ApiError::parameter("tag", error))?);
        }
        Ok(list)
    }

    fn duration_nanos(&self, name: &'static str) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.one(name) else {
            return Ok(None);
        };
        let duration = duration::parse(text).map_err(|error| ApiError::parameter(name, error))?;
        Ok(Some(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    fn started_within(&self) -> Result<Option<std::ops::RangeInclusive<u64>>, ApiError> {
        let (start, end) = (self.micros("start")?, self.micros("end")?);
        if start.is_some() || end.is_some() {
            return Ok(Some(start.unwrap_or(0)..=end.unwrap_or(u64::MAX)));
        }
        let Some(lookback) = self.one("lookback").filter(|text| *text != "custom") else {
            return Ok(None);
        };
        let lookback =
            duration::parse_lookback(lookback).map_err(|error| ApiError::parameter("lookback", error))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let first = now.saturating_sub(lookback).as_nanos();
        Ok(Some(u64::try_from(first).unwrap_or(u64::MAX)..=u64::MAX))
    }

    /// Unix microseconds, as nanoseconds; 0 is absent.
    fn micros(&self, name: &'static str) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.one(name) else {
            return Ok(None);
        };
        let micros: u64 = text
            .parse()
            .map_err(|_| ApiError::parameter(name, format!("{text:?} is not a time in Unix microseconds")))?;
        Ok((micros > 0).then(|| micros.saturating_mul(1000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parameters: &[(&str, &str)], expected: TraceQuery) {
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(Search::parse(&parameters.collect()), Ok(Search::Query(expected)));
    }

    #[test]
    fn every_parameter_is_read() {
        check(
            &[
                ("service", "shop"),
                ("operation", "GET /"),
                ("tags", r#"{"a":"b"}"#),
                ("tag", "c:d:e"),
                ("start", "1000"),
                ("end", "2000"),
                ("minDuration", "1.5ms"),
                ("maxDuration", ""),
                ("limit", "5"),
                ("lookback", "1h"),
                ("uiFind", "x"),
            ],
            TraceQuery {
                service: Some("shop".to_owned()),
                operation: Some("GET /".to_owned()),
                tags: vec![
                    ("a".to_owned(), "b".to_owned()),
                    ("c".to_owned(), "d:e".to_owned()),
                ],
                started_within: Some(1_000_000..=2_000_000),
                min_duration_nanos: Some(1_500_000),
                max_duration_nanos: None,
                limit: 5,
            },
        );
    }

    #[test]
    fn all_is_no_condition() {
        let nothing = TraceQuery {
            limit: 20,
            ..TraceQuery::default()
        };
        check(
            &[
                ("service", "__all_services__"),
                ("operation", "all"),
                ("start", "0"),
            ],
            nothing,
        );
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        for (name, value) in [
            ("limit", "0"),
            ("limit", "1501"),
            ("tags", "x"),
            ("tag", "x"),
            ("start", "-1"),
            ("minDuration", "7"),
        ] {
            let error = Search::parse(&vec![(name.to_owned(), value.to_owned())]).unwrap_err();
            let text = format!("{error:?}");
            assert!(text.contains(&format!("parameter: Some({name:?})")), "{text}");
        }
    }
}
