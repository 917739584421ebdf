//! The parameters of a search, which are those of the page's own URL.

use std::ops::RangeInclusive;
use std::str::FromStr as _;

use wakeful_model::TraceId;
use wakeful_query::{NotAPlace, Page, Place, Sort, TraceBox, TraceQuery};

use super::error::ApiError;
use super::trace::parse_id;
use super::{Parameters, duration, tags, traceql_read};
use crate::clock::now_unix_nanos;

/// How many traces are listed unless the page asks for another number.
const LIMIT_DEFAULT: usize = 20;

/// The most that may be asked for.
pub(super) const LIMIT_MAX: usize = 1500;

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Search {
    /// Traces that match.
    Query(Box<Asked>),
    /// Exactly these.
    Ids(Vec<TraceId>),
}

/// A page of the traces that match.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) query: TraceQuery,
    pub(super) page: Page,
    /// Say why nothing was found.
    pub(super) explain: bool,
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
        let sort = parameters.read("sort", Sort::from_str)?.unwrap_or_default();
        let after = parameters.read("cursor", |text| match Place::from_str(text) {
            Ok(place) if place.is_of(sort) => Ok(place),
            _ => Err(NotAPlace.to_string()),
        })?;
        let page = Page {
            sort,
            after,
            within: parameters.within()?,
        };
        Ok(Self::Query(Box::new(Asked {
            query: parameters.query(limit)?,
            page,
            explain: parameters.one("explain") == Some("1"),
        })))
    }
}

/// The conditions of a search alone, over all that matches.
pub(super) fn conditions(parameters: &Parameters) -> Result<(TraceQuery, Option<TraceBox>), ApiError> {
    let parameters = Named(parameters);
    if parameters.one("traceID").is_some() {
        return Err(ApiError::parameter(
            "traceID",
            "traces by id are no search; leave traceID out to count all that match",
        ));
    }
    Ok((parameters.query(0)?, parameters.within()?))
}

/// A whole number between bounds; `default` if it is not there.
pub(super) fn number(
    parameters: &Parameters,
    name: &'static str,
    bounds: RangeInclusive<u16>,
    default: u16,
) -> Result<u16, ApiError> {
    let number = Named(parameters).read(name, |text| {
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            format!(
                "{text:?} is not a number from {} to {}",
                bounds.start(),
                bounds.end()
            )
        })
    })?;
    Ok(number.unwrap_or(default))
}

/// A time in Unix nanoseconds.
pub(super) fn nanos(parameters: &Parameters, name: &'static str) -> Result<Option<u64>, ApiError> {
    Named(parameters).read(name, |text| {
        text.parse()
            .map_err(|_| format!("{text:?} is not a time in Unix nanoseconds"))
    })
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

    /// Reads the first value that is not empty.
    fn read<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ApiError> {
        let read = self.one(name).map(read).transpose();
        read.map_err(|error| ApiError::parameter(name, error))
    }

    fn query(&self, limit: usize) -> Result<TraceQuery, ApiError> {
        let started_within = self.started_within()?;
        if let Some(text) = self.one("q") {
            let query = traceql_read::read(text).map_err(|fault| fault.of_parameter("q"))?;
            return Ok(TraceQuery {
                started_within,
                limit,
                ..query
            });
        }
        Ok(TraceQuery {
            service: self.choice("service", &["__all_services__"]),
            operation: self.choice("operation", &["__all_operations__", "all"]),
            tags: self.tags()?,
            started_within,
            min_duration_nanos: self.duration_nanos("minDuration")?,
            max_duration_nanos: self.duration_nanos("maxDuration")?,
            limit,
        })
    }

    /// `box=T0,T1,D0,D1`
    fn within(&self) -> Result<Option<TraceBox>, ApiError> {
        self.read("box", |text| {
            let numbers: Option<Vec<u64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
            match numbers.as_deref() {
                Some(&[first, last, least, most]) if first <= last && least <= most => Ok(TraceBox {
                    started_within: first..=last,
                    duration: least..=most,
                }),
                _ => Err(format!(
                    "{text:?} is not a box; give four whole numbers T0,T1,D0,D1 in nanoseconds, from least to most"
                )),
            }
        })
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

    fn started_within(&self) -> Result<Option<RangeInclusive<u64>>, ApiError> {
        let (start, end) = (self.micros("start")?, self.micros("end")?);
        if start.is_some() || end.is_some() {
            return Ok(Some(start.unwrap_or(0)..=end.unwrap_or(u64::MAX)));
        }
        let Some(lookback) = self.one("lookback").filter(|text| *text != "custom") else {
            return Ok(None);
        };
        let lookback =
            duration::parse_lookback(lookback).map_err(|error| ApiError::parameter("lookback", error))?;
        let lookback = u64::try_from(lookback.as_nanos()).unwrap_or(u64::MAX);
        Ok(Some(now_unix_nanos().saturating_sub(lookback)..=u64::MAX))
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
        let Ok(Search::Query(asked)) = Search::parse(&parameters.collect()) else {
            panic!("no query");
        };
        assert_eq!(asked.query, expected);
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
    fn traceql_stands_in_place_of_the_form() {
        check(
            &[
                ("q", r#"{ name = "GET /" }"#),
                ("service", "left out"),
                ("start", "1000"),
            ],
            TraceQuery {
                operation: Some("GET /".to_owned()),
                started_within: Some(1_000_000..=u64::MAX),
                limit: 20,
                ..TraceQuery::default()
            },
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
            ("sort", "oddest"),
            ("cursor", "oldest.5.07"),
            ("box", "1,2,3"),
            ("box", "2,1,3,4"),
            ("q", "{ name }"),
        ] {
            let error = Search::parse(&vec![(name.to_owned(), value.to_owned())]).unwrap_err();
            let text = format!("{error:?}");
            assert!(text.contains(&format!("parameter: Some({name:?})")), "{text}");
        }
    }
}
