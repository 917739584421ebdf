//! The calls of one client.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use wakeful_model::runtime::TaskId;
use wakeful_wire::console::{Message, State, TaskDetailsRequest, Temporality, path};

use super::feed::Feed;
use super::publish::{Publisher, details};
use crate::framing;

/// The longest request is that for a task's details.
const REQUEST_BYTES_MAX: usize = 1 << 10;
/// Messages that wait for a slow client, each of about 1 MiB at most.
const WAITING_MAX: usize = 2;

const OK: u16 = 0;
const INVALID_ARGUMENT: u16 = 3;
const NOT_FOUND: u16 = 5;
const UNIMPLEMENTED: u16 = 12;

type Body = Channel<Bytes, Infallible>;

/// One client's connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) feed: Feed,
    pub(super) publish_interval: Duration,
    /// Whether this client has paused.
    pub(super) paused: watch::Sender<bool>,
}

impl Connection {
    pub(super) async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        match request.uri().path() {
            path::WATCH_UPDATES => {
                let (sender, body) = Channel::new(WAITING_MAX);
                tokio::spawn(updates(sender, self.feed.clone(), Turns::new(self)));
                answer(body)
            }
            path::WATCH_TASK_DETAILS => self.details(request).await,
            path::WATCH_STATE => {
                let (sender, body) = Channel::new(WAITING_MAX);
                tokio::spawn(states(sender, self.paused.subscribe()));
                answer(body)
            }
            path::PAUSE => self.pause(true).await,
            path::RESUME => self.pause(false).await,
            other => refusal(UNIMPLEMENTED, &format!("unknown method {other}")),
        }
    }

    async fn pause(&self, paused: bool) -> Response<Body> {
        self.paused.send_replace(paused);
        let (mut sender, body) = Channel::new(WAITING_MAX);
        // There is room for both.
        if sender.send_data(framing::framed(&[])).await.is_ok() {
            finish(sender).await;
        }
        answer(body)
    }

    async fn details(&self, request: Request<Incoming>) -> Response<Body> {
        let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX)
            .collect()
            .await;
        let message = body.ok().map(http_body_util::Collected::to_bytes);
        let message = message
            .as_ref()
            .and_then(|bytes| bytes.get(framing::PREFIX_BYTES..));
        let Some(Ok(request)) = message.map(TaskDetailsRequest::decode) else {
            return refusal(INVALID_ARGUMENT, "the request has no task id");
        };
        let task = TaskId(request.task);
        if self.feed.live().task(task).is_none() {
            return refusal(NOT_FOUND, "task not found");
        }
        let (sender, body) = Channel::new(WAITING_MAX);
        tokio::spawn(task_details(sender, self.feed.clone(), Turns::new(self), task));
        answer(body)
    }
}

/// When a client is told something.
#[derive(Debug)]
struct Turns {
    publish_interval: Duration,
    pushed: watch::Receiver<()>,
    paused: watch::Receiver<bool>,
}

impl Turns {
    fn new(connection: &Connection) -> Self {
        Self {
            publish_interval: connection.publish_interval,
            pushed: connection.feed.pushed(),
            paused: connection.paused.subscribe(),
        }
    }

    /// Waits while the client has paused; an error when it is gone.
    async fn while_paused(&mut self) -> Result<(), watch::error::RecvError> {
        self.paused.wait_for(|paused| !paused).await.map(drop)
    }

    /// Waits for news, which the program has as often as it publishes: so it is told at once, and not with the next tick of another
    /// clock. What comes within half an interval is told together.
    async fn next(&mut self) -> Result<(), watch::error::RecvError> {
        sleep(self.publish_interval / 2).await;
        // Without news it is told that there are none; who feeds cannot go before this does.
        let _ = timeout(self.publish_interval, self.pushed.changed()).await;
        self.while_paused().await
    }
}

async fn updates(mut sender: Sender<Bytes, Infallible>, feed: Feed, mut turns: Turns) {
    let mut publisher = Publisher::default();
    let mut is_there = turns.while_paused().await;
    while is_there.is_ok() {
        let updates = publisher.next(&feed.live());
        for update in updates {
            if sender.send_data(framing::framed(&update.encode())).await.is_err() {
                return;
            }
        }
        is_there = turns.next().await;
    }
}

async fn states(mut sender: Sender<Bytes, Infallible>, mut paused: watch::Receiver<bool>) {
    loop {
        let temporality = match *paused.borrow_and_update() {
            true => Temporality::Paused,
            false => Temporality::Live,
        };
        let state = State { temporality }.encode();
        let sent = sender.send_data(framing::framed(&state)).await;
        if sent.is_err() || paused.changed().await.is_err() {
            return;
        }
    }
}

/// A task's histograms, until it ends.
async fn task_details(mut sender: Sender<Bytes, Infallible>, feed: Feed, mut turns: Turns, task: TaskId) {
    let mut is_there = turns.while_paused().await;
    while is_there.is_ok() {
        let next = {
            let live = feed.live();
            live.task(task)
                .map(|task| (details(task, live.now_unix_nanos()), task.end.is_some()))
        };
        let Some((details, ended)) = next else {
            break;
        };
        let message = framing::framed(&details.encode());
        if sender.send_data(message).await.is_err() {
            return;
        }
        if ended {
            break;
        }
        is_there = turns.next().await;
    }
    finish(sender).await;
}

/// Ends a stream well.
async fn finish(mut sender: Sender<Bytes, Infallible>) {
    let trailers = HeaderMap::from_iter([(header::HeaderName::from_static("grpc-status"), OK.into())]);
    // A client that is gone needs no status.
    let _ = sender.send_trailers(trailers).await;
}

fn answer(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// A status without a message goes among the headers.
fn refusal(code: u16, message: &str) -> Response<Body> {
    let (sender, body) = Channel::new(1);
    drop(sender);
    let mut response = answer(body);
    response.headers_mut().insert("grpc-status", code.into());
    if let Ok(message) = HeaderValue::from_str(message) {
        response.headers_mut().insert("grpc-message", message);
    }
    response
}
