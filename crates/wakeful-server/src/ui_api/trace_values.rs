//! `trace/{id}/attribute`: one attribute of all rows; and `trace/{id}/attributes`: which there are.

use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{DictionaryArray, PrimitiveArray, StringArray, UInt32Array};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use wakeful_model::{WARNINGS_KEY, canonical_text, intervals};
use wakeful_store::SpanKey;

use super::error::ApiError;
use super::layout::Shown;
use super::trace::{InQuery, TraceQuery};
use super::trace_cache::key_of;
use super::{UiApi, arrow};

#[derive(Debug, Deserialize)]
pub(super) struct Key {
    key: String,
}

/// Texts, each once.
#[derive(Debug, Default)]
struct Texts {
    texts: Vec<String>,
    known: FxHashMap<String, u32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), number);
        number
    }
}

pub(super) async fn attribute(
    State(api): State<UiApi>,
    InQuery(Key { key }): InQuery<Key>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let stream = api.ask_trace(query, move |engine, opened| {
        let mut texts = Texts::default();
        let mut own: FxHashMap<SpanKey, u32> = FxHashMap::default();
        let problems = engine
            .store()
            .each_value(opened.skeleton.trace_id, &key, |span, value| {
                own.insert(span, texts.number(&canonical_text(&value)));
            });
        if let Some(problem) = problems.first() {
            return Err(ApiError::internal(problem.to_string()));
        }
        let of_resources = opened.skeleton.resources.iter().map(|resource| {
            let value = resource.attribute(&key)?;
            Some(texts.number(&canonical_text(value)))
        });
        let of_resources: Vec<_> = of_resources.collect();
        // Numbered anew in the order of the rows: where spans rest must not show in the answer.
        let mut shown = vec![None; texts.texts.len()];
        let mut values = Vec::new();
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        for row in 0..opened.layout.rows() {
            let Some(Shown::Span(span)) = opened.layout.shown(row, &opened.skeleton) else {
                continue;
            };
            let number = own.get(&key_of(span)).copied();
            if let Some(number) = number.or(of_resources[span.resource as usize]) {
                let number = *shown[number as usize].get_or_insert_with(|| {
                    values.push(texts.texts[number as usize].as_str());
                    values.len() as u32 - 1
                });
                rows.push(row);
                numbers.push(number);
            }
        }
        let numbers = PrimitiveArray::<UInt32Type>::from(numbers);
        let values = DictionaryArray::try_new(numbers, Arc::new(StringArray::from(values)));
        let values = values.map_err(|error| ApiError::internal(error.to_string()))?;
        arrow::stream([
            ("row", Arc::new(UInt32Array::from(rows))),
            ("value", Arc::new(values)),
        ])
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<String>,
}

pub(super) async fn attributes(State(api): State<UiApi>, query: TraceQuery) -> Result<Response, ApiError> {
    let keys = api.ask_trace(query, |engine, opened| {
        let (mut keys, problems) = engine.store().attribute_keys(opened.skeleton.trace_id);
        if let Some(problem) = problems.first() {
            return Err(ApiError::internal(problem.to_string()));
        }
        let of_resources = opened
            .skeleton
            .resources
            .iter()
            .flat_map(|resource| &resource.attributes);
        keys.extend(of_resources.map(|attribute| attribute.key.clone()));
        for not_shown in [WARNINGS_KEY, intervals::KEY, intervals::JOINED_KEY] {
            keys.remove(not_shown);
        }
        Ok(keys.into_iter().collect())
    });
    Ok(Json(Keys { keys: keys.await? }).into_response())
}
