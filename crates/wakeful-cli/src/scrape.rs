//! `--scrape`: what the consoles of programs tell is kept like what programs send by themselves, so that it has a history.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;
use wakeful_console::{Client, Target};
use wakeful_model::{Attribute, Resource, Value};
use wakeful_store::{RuntimeFrame, Store};

/// As `wakeful top`: half a second at first, five at most.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(5);

/// Watches consoles until it is dropped.
pub(crate) fn start(targets: &[Target], store: &Store) -> JoinSet<()> {
    let mut watched = JoinSet::new();
    for target in targets {
        watched.spawn(watch(target.clone(), store.clone()));
    }
    watched
}

/// Watches one program after the other at an address, for ever.
async fn watch(target: Target, store: Store) {
    let mut again_after = AGAIN_AFTER;
    let mut is_said = false;
    loop {
        let mut kept = 0;
        let ended = follow(&target, &store, &mut kept).await;
        // Once an outage.
        if kept > 0 || !is_said {
            let why = ended.map_or_else(|error| error.to_string(), |()| "the program has ended".to_owned());
            tracing::warn!(%target, batches = kept, "nothing more to scrape: {why}; trying again");
            is_said = true;
        }
        again_after = match kept {
            0 => (again_after + AGAIN_AFTER).min(AGAIN_AFTER_MAX),
            _ => AGAIN_AFTER,
        };
        tokio::time::sleep(again_after).await;
    }
}

/// Keeps what a program tells, until it ends.
async fn follow(target: &Target, store: &Store, kept: &mut u64) -> anyhow::Result<()> {
    let client = Client::connect(target).await?;
    let mut updates = client.updates(program(target)).await?;
    while let Some(batch) = updates.next().await? {
        // At first a program may have nothing to tell yet.
        if batch.to_unix_nanos > 0 {
            store.runtime().append(vec![RuntimeFrame::from(batch)]).await?;
            *kept += 1;
        }
    }
    Ok(())
}

/// What is known of a program. Each connection is to a program of its own: a console does not say whether it is still the same process.
fn program(target: &Target) -> Resource {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.map_or(0, |since| since.as_millis());
    let attribute = |key: &str, value: String| Attribute {
        key: key.to_owned(),
        value: Value::String(value),
    };
    Resource {
        attributes: vec![
            attribute("service.name", target.to_string()),
            attribute("service.instance.id", format!("since {since}")),
        ],
        ..Resource::default()
    }
}
