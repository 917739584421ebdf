//! The shortest program whose tasks are seen; run `wakeful serve` beside it.

/// Six times seven, on the runtime.
#[wakeful::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), tokio::task::JoinError> {
    let answer = wakeful::spawn_named("answer", async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        6 * 7
    });
    tracing::info!(answer = answer.await?, "found");
    Ok(())
}
