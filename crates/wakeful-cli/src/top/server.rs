//! Asks a wakeful server what it keeps of programs.

use std::fmt;
use std::num::ParseIntError;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wakeful_model::runtime::RuntimeBatch;
use wakeful_trace::TraceId;
use wakeful_wire::frame::{self, Item, NO_KEY};
use wakeful_wire::runtime;

use super::traces::{self, SpanFacts, TraceFacts};

/// How long a server has for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// A minute of a program that tells as much as it may.
const ANSWER_BYTES_MAX: usize = 256 << 20;
/// So many traces are listed.
const TRACES_MAX: &str = "50";
const HOUR_NANOS: u64 = 3_600_000_000_000;
/// What a wakeful server's answers carry.
const SIGN_HEADER: &str = "x-wakeful-ui";

/// A program of which a server keeps something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Program {
    pub(crate) id: ProgramId,
    pub(crate) service: String,
    pub(crate) instance: Option<String>,
    pub(crate) pid: Option<String>,
    /// Whether something came of late.
    pub(crate) live: bool,
    #[serde(deserialize_with = "number")]
    pub(crate) from_unix_nanos: u64,
    #[serde(deserialize_with = "number")]
    pub(crate) to_unix_nanos: u64,
    pub(crate) tasks_alive: u64,
    pub(crate) insight: Depth,
}

/// The server's number of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ProgramId(u64);

impl TryFrom<String> for ProgramId {
    type Error = ParseIntError;

    fn try_from(text: String) -> Result<Self, ParseIntError> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// How deep a program sees into its runtimes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Depth {
    pub(crate) depth: String,
}

impl Program {
    /// Whether this is the one that is meant: by id, service, or number of its process.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.id.to_string() == text || self.service == text || self.pid.as_deref() == Some(text)
    }

    /// Service and process.
    pub(crate) fn title(&self) -> String {
        match &self.pid {
            Some(pid) => format!("{} {pid}", self.service),
            None => self.service.clone(),
        }
    }
}

/// Numbers of 64 bits come as text.
pub(super) fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[derive(Deserialize)]
struct Programs {
    programs: Vec<Program>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    message: String,
}

/// Which batches are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// The last minute before a time, behind the state before it; `None`: before the latest.
    Until(Option<u64>),
    /// Those that begin later.
    After(u64),
}

/// A server.
#[derive(Debug)]
pub(crate) struct Server {
    page: String,
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Server {
    /// The one whose page is at an address that ends with a slash. It need not be there yet.
    pub(crate) fn new(page: &str) -> Self {
        Self {
            page: page.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// The programs of which something is kept, the one that reported last first.
    pub(crate) async fn programs(&self) -> anyhow::Result<Vec<Program>> {
        Ok(json::<Programs>(&self.get("ui/programs").await?)?.programs)
    }

    /// What is kept of a program.
    pub(crate) async fn batches(
        &self,
        program: ProgramId,
        range: Range,
    ) -> anyhow::Result<Vec<RuntimeBatch>> {
        let range = match range {
            Range::Until(None) => String::new(),
            Range::Until(Some(at)) => format!("&to={at}"),
            Range::After(after) => format!("&after={after}"),
        };
        let bytes = self.get(&format!("ui/frames?program={program}{range}")).await?;
        let mut batches = Vec::new();
        let mut at = 0;
        while let Item::Frame(frame) = frame::read_at(&bytes, at, NO_KEY) {
            batches.push(runtime::decode(frame.payload)?);
            at = frame.end;
        }
        if at < bytes.len() {
            bail!(
                "{} sends frames that cannot be read; is it of another version?",
                self.page
            );
        }
        Ok(batches)
    }

    /// The latest traces that a service had a part in, the newest first; of the hour before a time, if one is given.
    pub(crate) async fn traces(
        &self,
        service: &str,
        at_unix_nanos: Option<u64>,
    ) -> anyhow::Result<Vec<TraceFacts>> {
        let lines = self
            .get(&format!("ui/search?{}", search(service, at_unix_nanos)))
            .await?;
        Ok(traces::read_list(&lines)?)
    }

    /// The spans of traces, as trees.
    pub(crate) async fn spans(&self, ids: &[TraceId]) -> anyhow::Result<Vec<(usize, SpanFacts)>> {
        let ids: Vec<String> = ids.iter().map(|id| format!("traceID={id}")).collect();
        let json = self.get(&format!("traces?{}", ids.join("&"))).await?;
        Ok(traces::read_spans(&json)?)
    }

    /// The answer to a question of its API.
    async fn get(&self, path: &str) -> anyhow::Result<Bytes> {
        let request = Request::get(format!("{}api/{path}", self.page)).body(Empty::new())?;
        let asked = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!(error))?;
            anyhow::Ok((head, body.to_bytes()))
        };
        let answered = tokio::time::timeout(PATIENCE, asked).await;
        let (head, body) = answered
            .with_context(|| format!("{} gives no answer within {} s", self.page, PATIENCE.as_secs()))?
            .with_context(|| {
                format!(
                    "cannot ask {} what it keeps of programs; is it a wakeful server?",
                    self.page
                )
            })?;
        if path.starts_with("ui/") && !head.headers.contains_key(SIGN_HEADER) {
            bail!(
                "{} is neither a program's console nor a wakeful server; give the address of one",
                self.page
            );
        }
        if head.status != StatusCode::OK {
            let said = json::<Refusal>(&body).map(|refusal| refusal.error.message);
            bail!(
                "{}",
                said.unwrap_or_else(|_| format!("the answer is {}", head.status))
            );
        }
        Ok(body)
    }
}

/// The parameters of a search.
fn search(service: &str, at_unix_nanos: Option<u64>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("service", service)
        .append_pair("limit", TRACES_MAX);
    match at_unix_nanos {
        None => query.append_pair("lookback", "1h"),
        Some(at) => query
            .append_pair("start", &(at.saturating_sub(HOUR_NANOS) / 1_000).to_string())
            .append_pair("end", &(at / 1_000).to_string()),
    };
    query.finish()
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> anyhow::Result<T> {
    serde_json::from_slice(bytes).context("the server's answer cannot be read; is it of another version?")
}
