//! Where the news comes from: a connection that is made again when it breaks.

use std::time::Duration;

use tokio::sync::mpsc;
use wakeful_console::{Client, ClientError, Target, Updates};
use wakeful_model::runtime::{RuntimeBatch, TaskId};
use wakeful_model::{Attribute, Resource, Value};

use super::app::{Connection, Wish};

/// As tokio-console: half a second at first, five at most.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(5);

/// What a source tells.
#[derive(Debug)]
pub(crate) enum News {
    /// How the connection stands.
    Connection(Connection),
    /// It is made anew: what was told before is told again, or is of another process.
    Anew,
    /// What the program reports.
    Batch(Box<RuntimeBatch>),
}

/// Watches a program's console.
#[derive(Debug)]
pub(crate) struct Source {
    target: Target,
    news: mpsc::Sender<News>,
    wishes: mpsc::Receiver<Wish>,
    /// The task whose details are shown.
    details: Option<TaskId>,
}

impl Source {
    pub(crate) fn new(target: Target, news: mpsc::Sender<News>, wishes: mpsc::Receiver<Wish>) -> Self {
        Self {
            target,
            news,
            wishes,
            details: None,
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
                Err(error) => error.to_string(),
            };
            let waiting = Connection::Waiting { said, again_after };
            if self.news.send(News::Connection(waiting)).await.is_err() {
                return;
            }
            tokio::time::sleep(again_after).await;
            again_after = (again_after + AGAIN_AFTER).min(AGAIN_AFTER_MAX);
        }
    }

    /// Watches over one connection, to its end.
    async fn watch(&mut self, again_after: &mut Duration) -> Result<(), ClientError> {
        let client = Client::connect(&self.target).await?;
        let program = Resource {
            attributes: vec![Attribute {
                key: "service.name".to_owned(),
                value: Value::String(self.target.to_string()),
            }],
            ..Resource::default()
        };
        let mut updates = client.updates(program).await?;
        *again_after = AGAIN_AFTER;
        for news in [News::Anew, News::Connection(Connection::Connected)] {
            if self.news.send(news).await.is_err() {
                return Ok(());
            }
        }
        self.details(&client, &mut updates).await?;
        loop {
            tokio::select! {
                batch = updates.next() => match batch? {
                    None => return Ok(()),
                    Some(batch) => if self.news.send(News::Batch(Box::new(batch))).await.is_err() {
                        return Ok(());
                    },
                },
                wish = self.wishes.recv() => match wish {
                    None => return Ok(()),
                    Some(Wish::Details(task)) => {
                        self.details = task;
                        self.details(&client, &mut updates).await?;
                    }
                },
            }
        }
    }

    async fn details(&self, client: &Client, updates: &mut Updates) -> Result<(), ClientError> {
        match self.details {
            Some(task) => client.watch_details(task, updates).await,
            None => Ok(()),
        }
    }
}
