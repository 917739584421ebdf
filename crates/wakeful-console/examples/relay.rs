//! Attaches to one console and is another: what it was told, it tells on. `relay http://127.0.0.1:6669 127.0.0.1:6670`
//!
//! A stock tokio-console sees through it what it would see without it.

use wakeful_console::{Client, Server, ServerOptions};
use wakeful_model::Resource;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = &arguments[..] else {
        return Err("give the address to attach to, and the one to listen on".into());
    };
    let options = ServerOptions {
        bind: to.clone(),
        ..ServerOptions::from_env()?
    };
    let feed = Server::spawn(&options)?;
    let client = Client::connect(&from.parse()?).await?;
    let mut updates = client.updates(Resource::default()).await?;
    while let Some(batch) = updates.next().await? {
        feed.push(&batch);
    }
    Ok(())
}
