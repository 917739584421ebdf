//! Where the news comes from: a connection that is made again when it breaks.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use wakeful_console::{Client, ClientError, Target, Updates};
use wakeful_model::runtime::{RuntimeBatch, TaskId};
use wakeful_model::{Attribute, Resource, Value};
use wakeful_trace::TraceId;

use super::address::Address;
use super::app::Connection;
use super::server::{Program, ProgramId, Range, Server};
use super::traces::TracesTold;

/// As tokio-console: half a second at first, five at most.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(5);

/// How often a server is asked for more: programs tell it once a second.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Spans of the latest traces that are shown as they come.
const SPANS_MAX: u64 = 500;

/// What a source tells.
#[derive(Debug)]
pub(crate) enum News {
    /// How the connection stands.
    Connection(Connection),
    /// A server's programs.
    Programs(Vec<Program>),
    /// What follows is of another process or time, or told again. A server knows at once what there is to know.
    Anew(Vec<RuntimeBatch>),
    /// What the program reports.
    Batch(Box<RuntimeBatch>),
    /// What a server has of the program's traces.
    Traces(TracesTold),
}

/// What is wanted of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// The task whose details are shown.
    pub(crate) details: Option<TaskId>,
    /// The program; `None` until one is chosen.
    pub(crate) program: Option<ProgramId>,
    /// Its service, whose traces are shown.
    pub(crate) service: String,
    /// A time in the past, Unix nanoseconds; `None`: the present.
    pub(crate) at_unix_nanos: Option<u64>,
    /// What is shown of its traces.
    pub(crate) traces: WantedTraces,
}

/// What is wanted of a program's traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WantedTraces {
    #[default]
    None,
    /// The latest.
    List,
    /// The spans of the latest.
    Latest,
    /// The spans of one.
    One(TraceId),
}

/// Why a wait is over.
enum Waited {
    /// Another program or time is wanted.
    Other,
    /// Something else of its traces is wanted.
    Traces,
    /// It is time to ask again.
    Time,
}

/// Why nothing more comes.
enum Ended {
    /// Nobody listens.
    Unheard,
    Failed(anyhow::Error),
}

impl<T> From<mpsc::error::SendError<T>> for Ended {
    fn from(_: mpsc::error::SendError<T>) -> Self {
        Self::Unheard
    }
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ClientError> for Ended {
    fn from(error: ClientError) -> Self {
        Self::Failed(error.into())
    }
}

/// Watches a program's console, or what a server keeps.
#[derive(Debug)]
pub(crate) struct Source {
    address: Address,
    news: mpsc::Sender<News>,
    wanted: watch::Receiver<Wanted>,
}

impl Source {
    pub(crate) fn new(address: Address, news: mpsc::Sender<News>, wanted: watch::Receiver<Wanted>) -> Self {
        Self {
            address,
            news,
            wanted,
        }
    }

    /// Watches until nobody listens.
    pub(crate) async fn run(mut self) {
        let mut again_after = AGAIN_AFTER;
        while !self.news.is_closed() {
            let told = self.news.send(News::Connection(Connection::Connecting)).await;
            let ended = match told {
                Ok(()) => self.watch(&mut again_after).await,
                Err(_) => return,
            };
            let said = match ended {
                Ok(()) => "the program has ended".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            let waiting = Connection::Waiting { said, again_after };
            if self.news.send(News::Connection(waiting)).await.is_err() {
                return;
            }
            tokio::time::sleep(again_after).await;
            again_after = (again_after + AGAIN_AFTER).min(AGAIN_AFTER_MAX);
        }
    }

    /// Watches what answers at the address, until that ends or nobody listens.
    async fn watch(&mut self, again_after: &mut Duration) -> anyhow::Result<()> {
        let connected = match &self.address.console {
            Some(target) => Some(connect(target).await),
            None => None,
        };
        let ended = match (connected, self.address.page.clone()) {
            (Some(Ok((client, updates))), _) => {
                *again_after = AGAIN_AFTER;
                self.watch_console(&client, updates).await
            }
            // Who does not speak as a console may be a server.
            (None | Some(Err(ClientError::Foreign { .. } | ClientError::Broken(_))), Some(page)) => {
                self.watch_server(&Server::new(&page), again_after).await
            }
            (Some(Err(error)), _) => return Err(error.into()),
            (None, None) => return Ok(()),
        };
        match ended {
            Err(Ended::Unheard) => Ok(()),
            Err(Ended::Failed(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    async fn watch_console(&mut self, client: &Client, mut updates: Updates) -> Result<(), Ended> {
        self.news.send(News::Anew(Vec::new())).await?;
        self.news.send(News::Connection(Connection::Connected)).await?;
        let mut details = None;
        loop {
            let wanted = self.wanted.borrow_and_update().details;
            if details != wanted {
                details = wanted;
                if let Some(task) = wanted {
                    client.watch_details(task, &mut updates).await?;
                }
            }
            tokio::select! {
                batch = updates.next() => match batch? {
                    None => return Ok(()),
                    Some(batch) => self.news.send(News::Batch(Box::new(batch))).await?,
                },
                changed = self.wanted.changed() => if changed.is_err() {
                    return Ok(());
                },
            }
        }
    }

    /// Watches one program of a server after the other, as they are wanted.
    async fn watch_server(&mut self, server: &Server, again_after: &mut Duration) -> Result<(), Ended> {
        loop {
            let programs = server.programs().await?;
            *again_after = AGAIN_AFTER;
            let wanted = self.wanted.borrow_and_update().clone();
            self.news.send(News::Programs(programs)).await?;
            self.news.send(News::Connection(Connection::Connected)).await?;
            match wanted.program {
                None => {
                    self.wait(&wanted).await?;
                }
                Some(program) => self.watch_program(server, program, wanted).await?,
            }
        }
    }

    /// Watches one program at a time, until something else is wanted.
    async fn watch_program(
        &mut self,
        server: &Server,
        program: ProgramId,
        mut wanted: Wanted,
    ) -> Result<(), Ended> {
        let at = wanted.at_unix_nanos;
        let batches = server.batches(program, Range::Until(at)).await?;
        let mut last = batches.last().map_or(0, |batch| batch.from_unix_nanos);
        self.news.send(News::Anew(batches)).await?;
        let mut told = WantedTraces::None;
        loop {
            // One trace, and the past, stay as they were.
            let stays = at.is_some() || matches!(told, WantedTraces::One(_));
            if !(stays && told == wanted.traces)
                && let Some(traces) = self.traces(server, &wanted).await?
            {
                self.news.send(News::Traces(traces)).await?;
            }
            told = wanted.traces;
            match self.wait(&wanted).await? {
                Waited::Other => return Ok(()),
                Waited::Traces => {
                    wanted = self.wanted.borrow().clone();
                    continue;
                }
                Waited::Time if at.is_some() => continue,
                Waited::Time => {}
            }
            for batch in server.batches(program, Range::After(last)).await? {
                last = batch.from_unix_nanos;
                self.news.send(News::Batch(Box::new(batch))).await?;
            }
            self.news.send(News::Programs(server.programs().await?)).await?;
        }
    }

    /// What is wanted of traces.
    async fn traces(&self, server: &Server, wanted: &Wanted) -> anyhow::Result<Option<TracesTold>> {
        let list = async || server.traces(&wanted.service, wanted.at_unix_nanos).await;
        Ok(Some(match wanted.traces {
            WantedTraces::None => return Ok(None),
            WantedTraces::List => TracesTold::List(list().await?),
            WantedTraces::One(id) => TracesTold::One(id, server.spans(&[id]).await?),
            WantedTraces::Latest => {
                let mut room = SPANS_MAX;
                let small = list().await?.into_iter().take_while(|trace| {
                    let fits = trace.spans <= room;
                    room = room.saturating_sub(trace.spans);
                    fits
                });
                let ids: Vec<TraceId> = small.map(|trace| trace.id).collect();
                TracesTold::Latest(match ids.is_empty() {
                    true => Vec::new(),
                    false => server.spans(&ids).await?,
                })
            }
        }))
    }

    /// Waits until it is time to ask again, or something else is wanted.
    async fn wait(&mut self, shown: &Wanted) -> Result<Waited, Ended> {
        let is_other =
            |wanted: &Wanted| wanted.program != shown.program || wanted.at_unix_nanos != shown.at_unix_nanos;
        let changed = self
            .wanted
            .wait_for(|wanted| is_other(wanted) || wanted.traces != shown.traces);
        match tokio::time::timeout(ASK_EVERY, changed).await {
            Ok(Ok(wanted)) if is_other(&wanted) => Ok(Waited::Other),
            Ok(Ok(_)) => Ok(Waited::Traces),
            Ok(Err(_)) => Err(Ended::Unheard),
            Err(_) => Ok(Waited::Time),
        }
    }
}

/// Attaches to a console.
async fn connect(target: &Target) -> Result<(Client, Updates), ClientError> {
    let client = Client::connect(target).await?;
    let program = Resource {
        attributes: vec![Attribute {
            key: "service.name".to_owned(),
            value: Value::String(target.to_string()),
        }],
        ..Resource::default()
    };
    let updates = client.updates(program).await?;
    Ok((client, updates))
}
