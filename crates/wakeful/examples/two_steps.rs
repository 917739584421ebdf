//! Two steps with a sleep between them, after the posts in which hds explained tokio-console: one task, two polls, one wake, and a
//! hundred milliseconds in which nothing happens. Run `wakeful serve` beside it, and open the span `steps` with `x`.

use std::time::Duration;

#[wakeful::main(flavor = "current_thread")]
async fn main() -> Result<(), tokio::task::JoinError> {
    wakeful::spawn_named("two steps", steps()).await
}

#[tracing::instrument]
async fn steps() {
    tracing::info!("the first");
    tokio::time::sleep(Duration::from_millis(100)).await;
    tracing::info!("the second");
}
