//! `wakeful serve`: the life of a server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use wakeful_server::{About, QueryOptions, Retention, Server, ServerOptions};
use wakeful_store::Store;

use crate::args::{Backend, ServeArgs, ServerArgs};
use crate::listen::{self, Bound};
use crate::ready::Ready;
use crate::signals::Signals;
use crate::{data_dir, old_variables, page, scrape};

/// Closing writes what is in memory to a segment. It need not get done: the log has it all, and the next start
/// goes on from there.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1500);

/// Serves until a signal comes.
pub(crate) fn run(args: ServeArgs) -> anyhow::Result<()> {
    old_variables::warn();
    let data_dir = args.data_dir.map_or_else(data_dir::default, Ok);
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let running = Running::start(&args.server, data_dir).await?;
        // Who reads the ready line may send a signal at once.
        let signals = Signals::listen();
        running
            .ready(&args.server)
            .say(args.server.ready_json)
            .context("cannot write to stdout")?;
        let scraping = scrape::start(&args.scrape, &running.store);
        running.until(signals.stop(|| ())).await;
        drop(scraping);
        Ok(())
    });
    end(runtime);
    ended
}

/// The runtime of a server.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Runtime::new().context("cannot start the async runtime; raise the limits on threads and open files")
}

/// Ends a runtime without waiting for queries that nobody waits for any more.
pub(crate) fn end(runtime: Runtime) {
    runtime.shutdown_background();
}

/// Open ports over an open store.
#[derive(Debug)]
pub(crate) struct Running {
    bound: Bound,
    store: Store,
    options: ServerOptions,
    data_dir: Option<PathBuf>,
}

impl Running {
    /// Opens all ports, then the store. `data_dir` may have failed, which matters only if data goes to a folder.
    pub(crate) async fn start(args: &ServerArgs, data_dir: anyhow::Result<PathBuf>) -> anyhow::Result<Self> {
        let cors_allow_origins = args.edge.cors_allow_origin.iter().map(|origin| origin.parse());
        let cors_allow_origins = cors_allow_origins
            .collect::<Result<_, _>>()
            .context("--cors-allow-origin is not an origin")?;
        let bound = listen::bind_all(&args.ports).await?;
        let (backend, name, data_dir) = match args.storage.backend {
            Backend::File => {
                let folder = data_dir?;
                (wakeful_store::Backend::File(folder.clone()), "file", Some(folder))
            }
            Backend::Memory => (wakeful_store::Backend::Memory, "memory", None),
        };
        let store_options = args.storage.options(backend);
        let retention = Retention {
            time: store_options.retention_time,
            bytes: store_options.retention_bytes,
        };
        let store = tokio::task::spawn_blocking(|| Store::open(store_options)).await??;
        let about = About {
            listeners: bound.addresses.clone(),
            backend: name,
            data_dir: data_dir.as_ref().map(|folder| folder.display().to_string()),
            retention,
        };
        let query = QueryOptions {
            base_path: args.edge.base_path.clone(),
            assets: page::assets(),
            about,
        };
        let options = ServerOptions {
            limits: args.edge.limits(),
            cors_allow_origins,
            query,
        };
        Ok(Self {
            bound,
            store,
            options,
            data_dir,
        })
    }

    /// What there is to say once it runs. Connections are accepted from the moment the ports were opened; they
    /// wait until [`Running::until`].
    pub(crate) fn ready<'a>(&'a self, args: &'a ServerArgs) -> Ready<'a> {
        Ready {
            addresses: &self.bound.addresses,
            base_path: &args.edge.base_path,
            data_dir: self.data_dir.as_deref(),
        }
    }

    /// Serves until `stop` ends; then lets requests finish and closes the store.
    pub(crate) async fn until(self, stop: impl Future<Output = ()>) {
        let store = self.store.clone();
        Server::new(self.store, self.options)
            .run(self.bound.sockets, stop)
            .await;
        let closed = tokio::task::spawn_blocking(move || store.close());
        if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::warn!("the store takes long to close; the next start reads the rest from its log");
        }
    }
}
