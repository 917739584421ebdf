//! Opening and closing: every service is started here and told where the others are.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use wakeful::console::{Feed, Server};

use crate::carts::Carts;
use crate::checkout::Checkout;
use crate::client::Peer;
use crate::frontend::Frontend;
use crate::random::Random;
use crate::service::{Closing, End, Place};
use crate::stock::Stock;
use crate::telemetry::Telemetry;
use crate::{Error, Options, checkout, frontend, inventory, load, payment, server};

const REDIS: &str = "mini-redis";

/// How long services may take to close; after that they are left to the end of the process.
const CLOSING_MAX: Duration = Duration::from_secs(2);

/// Keeps the shop open, customers included, until `shutdown` completes; then sends the last spans.
///
/// Must be called within a Tokio runtime with time and I/O. A receiver that is away loses spans, not customers.
///
/// # Errors
/// If the options cannot be met, a service cannot start, or one ends by itself.
pub async fn run(options: Options, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    if !(options.requests_per_second > 0.0 && options.requests_per_second <= 10_000.0) {
        return Err(Error::Rate(options.requests_per_second));
    }
    let (close, closing) = watch::channel(false);
    let mut shop = Shop::new(&options, Closing(closing));
    let opened = shop.open();
    let result = match opened {
        Ok(frontend) => tokio::select! {
            () = shutdown => Ok(()),
            Some(end) = shop.ends.recv() => Err(ended_early(end)),
            never = load::run(frontend, options.requests_per_second, options.seed) => match never {},
        },
        Err(error) => Err(error),
    };
    // Everybody may have left already, after an error.
    let _told = close.send(true);
    shop.close().await;
    result
}

struct Shop<'a> {
    options: &'a Options,
    closing: Closing,
    console: Option<Feed>,
    telemetries: Vec<Telemetry>,
    ended: mpsc::Sender<End>,
    ends: mpsc::Receiver<End>,
}

impl<'a> Shop<'a> {
    fn new(options: &'a Options, closing: Closing) -> Self {
        let (ended, ends) = mpsc::channel(8);
        Self {
            options,
            closing,
            console: open_console(options),
            telemetries: Vec::new(),
            ended,
            ends,
        }
    }

    /// Starts every service; the answer is where customers go.
    fn open(&mut self) -> Result<Peer, Error> {
        let seed = self.options.seed;
        let [redis, inventory, payment, checkout, frontend] = [
            Place::take(REDIS)?,
            Place::take(inventory::NAME)?,
            Place::take(payment::NAME)?,
            Place::take(checkout::NAME)?,
            Place::take(frontend::NAME)?,
        ];
        let peer = |place: &Place| Peer::new(place.name, place.address);
        let entrance = peer(&frontend);

        let ask = Frontend {
            checkout: peer(&checkout),
            inventory: peer(&inventory),
        };
        self.start(frontend, |listener, closing| {
            server::serve(listener, frontend::routes(Arc::new(ask)), closing)
        })?;
        let ask = Checkout {
            carts: Carts::new(redis.address),
            inventory: peer(&inventory),
            payment: peer(&payment),
            random: Random::new(seed ^ 1),
        };
        self.start(checkout, |listener, closing| {
            server::serve(listener, checkout::routes(Arc::new(ask)), closing)
        })?;
        self.start(payment, move |listener, closing| {
            server::serve(listener, payment::routes(seed ^ 2), closing)
        })?;
        self.start(inventory, move |listener, closing| {
            let stock = Arc::new(Stock::new(seed ^ 3));
            wakeful::spawn_named("restock", Arc::clone(&stock).restock_for_ever());
            server::serve(listener, inventory::routes(stock), closing)
        })?;
        self.start(redis, |listener, closing| async move {
            mini_redis::server::run(listener, closing.wait())
                .await
                .map_err(|error| error.to_string())
        })?;
        Ok(entrance)
    }

    fn start<F, S>(&mut self, place: Place, serve: F) -> Result<(), Error>
    where
        F: FnOnce(tokio::net::TcpListener, Closing) -> S + Send + 'static,
        S: Future<Output = Result<(), String>>,
    {
        let telemetry = Telemetry::new(place.name, self.options, self.console.as_ref())?;
        let closing = self.closing.clone();
        let (dispatch, tasks) = (telemetry.dispatch(), telemetry.task_watch());
        place.start(dispatch, tasks, self.ended.clone(), |listener| {
            serve(listener, closing)
        })?;
        self.telemetries.push(telemetry);
        Ok(())
    }

    /// Waits for the services to close, then for their last spans to be sent.
    async fn close(self) {
        let Self {
            telemetries,
            ended,
            mut ends,
            ..
        } = self;
        // The services hold the other senders: the channel ends with the last of them.
        drop(ended);
        let all_ended = async { while ends.recv().await.is_some() {} };
        if tokio::time::timeout(CLOSING_MAX, all_ended).await.is_err() {
            tracing::debug!("a service did not close in time");
        }
        let mut sending: JoinSet<()> = telemetries.into_iter().map(Telemetry::finish).collect();
        while sending.join_next().await.is_some() {}
    }
}

/// The shop sells without one too.
fn open_console(options: &Options) -> Option<Feed> {
    Server::spawn(options.console.as_ref()?)
        .inspect_err(|error| tracing::warn!("{error}"))
        .ok()
}

fn ended_early((service, result): End) -> Error {
    let reason = result.err().unwrap_or_else(|| "it stopped answering".to_owned());
    Error::Ended { service, reason }
}
