//! Replays what real Jaeger was asked, and compares what we answer.
//!
//! Every scenario is asked three times: right after the payloads were kept, after they were flushed to segments,
//! and after the store was closed and opened again. What is ours on purpose stands in
//! `testdata/jaeger-differences.json`; any other difference fails, and so does an entry that nothing needs.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers fail by panicking, and say what they left out"
)]

mod differences;
mod mend;
mod normal;
mod payload;
mod scenario;

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use differences::Difference;
use http::{Request, header};
use scenario::{Compare, Scenario, Step};
use serde_json::{Value, json};
use tower::ServiceExt;
use wakeful_query::Engine;
use wakeful_server::jaeger_api;
use wakeful_store::{Backend, Store, StoreOptions};

/// The port whose answers are ours to compare here.
const QUERY_PORT: u16 = 16686;

#[tokio::test(flavor = "multi_thread")]
async fn jaegers_answers_are_ours() {
    let differences = Difference::all();
    let mut replay = Replay {
        differences: &differences,
        used: BTreeSet::new(),
        faults: Vec::new(),
        compared: 0,
    };
    let mut skipped = 0;
    for scenario in Scenario::all() {
        skipped += scenario.steps.iter().filter(|step| !is_compared(step)).count();
        if let Err(why) = replay.scenario(&scenario).await {
            println!("{} is left out: {why}", scenario.name);
        }
    }
    println!(
        "{} answers compared; {skipped} steps for other ports left out",
        replay.compared
    );
    let Replay { used, mut faults, .. } = replay;
    let unneeded = differences
        .iter()
        .enumerate()
        .filter(|(index, _)| !used.contains(index));
    faults.extend(unneeded.map(|(_, difference)| format!("nothing needs the entry {}", difference.title())));
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn is_compared(step: &Step) -> bool {
    step.send.is_some() || (step.request.is_some() && step.port.is_none_or(|port| port == QUERY_PORT))
}

/// What was found while replaying.
struct Replay<'a> {
    differences: &'a [Difference],
    /// Entries that were needed, by index.
    used: BTreeSet<usize>,
    faults: Vec<String>,
    compared: usize,
}

impl Replay<'_> {
    /// Replays a scenario three times; an error if its payloads go to a port that is not there.
    async fn scenario(&mut self, scenario: &Scenario) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let mut lazy = StoreOptions::new(Backend::File(folder.path().to_owned()));
        lazy.flush_interval = Duration::from_secs(3600);
        let store = open(lazy.clone()).await;
        for step in &scenario.steps {
            if let (Some(send), Some(to)) = (&step.send, &step.to)
                && send.contains("-traces.") | !send.starts_with("otlp/")
            {
                store.append(payload::decode(send, to)?).await.unwrap();
            }
        }
        self.ask(scenario, &store, "fresh").await;
        store.flush().await.unwrap();
        self.ask(scenario, &store, "flushed").await;
        close(store).await;
        let store = open(lazy).await;
        self.ask(scenario, &store, "reopened").await;
        close(store).await;
        Ok(())
    }

    /// Asks every question of a scenario once.
    async fn ask(&mut self, scenario: &Scenario, store: &Store, state: &str) {
        let router = jaeger_api::router(Engine::new(store.clone()));
        for step in scenario.steps.iter().filter(|step| is_compared(step)) {
            let Some(line) = &step.request else { continue };
            let answer = Answer::ask(&router, scenario, step, line).await;
            self.compared += 1;
            if let Err(why) = self.compare(scenario, step, line, &answer) {
                self.faults
                    .push(format!("{} ({state}) {line}\n    {why}", scenario.name));
            }
        }
    }

    fn compare(&mut self, scenario: &Scenario, step: &Step, line: &str, ours: &Answer) -> Result<(), String> {
        let jaegers = Answer::recorded(scenario, step);
        if ours.is_as(&jaegers, step.compare, &[]).is_ok() {
            return Ok(());
        }
        let concerned: Vec<_> = self
            .differences
            .iter()
            .enumerate()
            .filter(|(_, difference)| difference.concerns(&scenario.name, line))
            .collect();
        if let Some((index, expected)) = concerned
            .iter()
            .find_map(|(index, difference)| Some((*index, difference.ours()?)))
        {
            self.used.insert(index);
            return ours.is_expected(expected);
        }
        let all: Vec<_> = concerned.iter().map(|(_, difference)| *difference).collect();
        ours.is_as(&jaegers, step.compare, &all)?;
        for (place, (index, _)) in concerned.iter().enumerate() {
            if self.used.contains(index) {
                continue;
            }
            let mut others = all.clone();
            others.remove(place);
            if ours.is_as(&jaegers, step.compare, &others).is_err() {
                self.used.insert(*index);
            }
        }
        Ok(())
    }
}

async fn open(options: StoreOptions) -> Store {
    tokio::task::spawn_blocking(move || Store::open(options).unwrap())
        .await
        .unwrap()
}

async fn close(store: Store) {
    tokio::task::spawn_blocking(move || store.close()).await.unwrap();
}

/// An answer of either side.
struct Answer {
    status: u64,
    content_type: String,
    location: Option<String>,
    body: String,
}

impl Answer {
    async fn ask(router: &Router, scenario: &Scenario, step: &Step, line: &str) -> Self {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &step.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(scenario.body(step))).unwrap();
        Self::of(router.clone().oneshot(request).await.unwrap()).await
    }

    async fn of(response: Response) -> Self {
        let header = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        Self {
            status: response.status().as_u16().into(),
            content_type: header(header::CONTENT_TYPE).unwrap_or_default(),
            location: header(header::LOCATION),
            body: String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
                .unwrap(),
        }
    }

    fn recorded(scenario: &Scenario, step: &Step) -> Self {
        Self {
            status: step.status.as_ref().and_then(Value::as_u64).unwrap(),
            content_type: step.content_type.clone(),
            location: step
                .answer_headers
                .get("location")
                .and_then(Value::as_str)
                .map(str::to_owned),
            body: scenario.answer(step),
        }
    }

    /// The body in the form in which it is compared; text that is no JSON is one string.
    fn value(&self) -> Value {
        serde_json::from_str(&self.body).map_or_else(|_| json!(self.body), normal::normalise)
    }

    /// Whether this is what Jaeger answered, but for `differences`.
    fn is_as(
        &self,
        jaegers: &Self,
        compare: Option<Compare>,
        differences: &[&Difference],
    ) -> Result<(), String> {
        let heads = [self, jaegers].map(|answer| (answer.status, &answer.content_type, &answer.location));
        if heads[0] != heads[1] {
            return Err(format!(
                "ours: {:?} {}\n    jaeger: {:?}",
                heads[0], self.body, heads[1]
            ));
        }
        let (mut ours, mut theirs) = (self.value(), jaegers.value());
        if compare == Some(Compare::Varies) {
            let keys = |value: &Value| {
                value
                    .as_object()
                    .map(|entries| entries.keys().cloned().collect::<Vec<_>>())
            };
            return if keys(&ours) == keys(&theirs) {
                Ok(())
            } else {
                Err("the shape differs".to_owned())
            };
        }
        for difference in differences {
            difference.remove(&mut ours, &mut theirs);
        }
        for difference in differences {
            difference.reorder(&mut ours, &mut theirs);
        }
        if compare == Some(Compare::Order) {
            normal::sort_lists(&mut ours);
            normal::sort_lists(&mut theirs);
        }
        normal::first_difference(&ours, &theirs).map_or(Ok(()), |difference| Err(format!("at {difference}")))
    }

    /// Whether this is what an entry of the differences says.
    fn is_expected(&self, expected: &differences::Ours) -> Result<(), String> {
        if (self.status, &self.content_type) != (expected.status.into(), &expected.content_type) {
            return Err(format!(
                "not as the differences say: {} {} {}",
                self.status, self.content_type, self.body
            ));
        }
        if let Some(answer) = &expected.answer
            && let Some(difference) = normal::first_difference(&self.value(), answer)
        {
            return Err(format!("not as the differences say at {difference}"));
        }
        let value = self.value();
        for (pointer, wanted) in &expected.at {
            if value.pointer(pointer) != Some(wanted) {
                return Err(format!(
                    "not as the differences say at {pointer}: {:?}",
                    value.pointer(pointer)
                ));
            }
        }
        Ok(())
    }
}
