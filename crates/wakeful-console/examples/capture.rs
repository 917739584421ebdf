//! Writes what a console sends, as it is, each message behind its length as a varint: how `testdata/captured/console` was made.
//!
//! `capture http://127.0.0.1:6669 UPDATES FILE`

use std::io::Write as _;

use console_api::instrument::InstrumentRequest;
use console_api::instrument::instrument_client::InstrumentClient;
use prost::Message as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, updates, file] = &arguments[..] else {
        return Err("give a console's address, how many updates, and a file".into());
    };
    let mut client = InstrumentClient::connect(target.clone()).await?;
    let mut stream = client.watch_updates(InstrumentRequest {}).await?.into_inner();
    let mut file = std::fs::File::create(file)?;
    for _ in 0..updates.parse::<usize>()? {
        let Some(update) = stream.message().await? else {
            break;
        };
        file.write_all(&update.encode_length_delimited_to_vec())?;
    }
    Ok(())
}
