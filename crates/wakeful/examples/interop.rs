//! A program of two services' ends, for `cargo xtask interop`: `interop spans N` makes N spans of a kind, `interop request URL` asks
//! the service at URL, which asks this program in turn.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use tracing::{info, info_span};
use wakeful::SpanExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let _wakeful = wakeful::builder()
        .log_format(wakeful::LogFormat::None)
        .try_init()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["spans", count] => spans(count.parse()?),
        ["request", url] => request(url)?,
        _ => return Err("write `spans N` or `request URL`".into()),
    }
    Ok(())
}

/// Each with something in every place.
fn spans(count: u64) {
    for number in 0..count {
        let span = info_span!(
            "work",
            otel.kind = "client",
            otel.status_code = "ERROR",
            number,
            ratio = 0.5,
            text = "größe",
            yes = true,
            large = u128::MAX,
        );
        span.in_scope(|| info!(attempt = 2, "retry"));
    }
}

/// Calls the service at `url`, which calls back.
fn request(url: &str) -> Result<(), Box<dyn Error>> {
    let callee = TcpListener::bind("127.0.0.1:0")?;
    let own = callee.local_addr()?;
    let answering = std::thread::spawn(move || answer(&callee).map_err(|error| error.to_string()));

    let span = info_span!("call", otel.kind = "client");
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    let mut headers = String::new();
    let context = span.context().ok_or("the span is not recorded")?;
    wakeful::propagator().inject(&context, &Default::default(), |name, value| {
        headers += &format!("{name}: {value}\r\n");
    });
    write!(
        stream,
        "GET /?callee=http://{own}/ HTTP/1.0\r\nhost: {host}\r\n{headers}\r\n"
    )?;
    let answer: Vec<String> = BufReader::new(stream).lines().collect::<Result<_, _>>()?;
    if answer.last().map(String::as_str) != Some("answered") {
        return Err(format!("{answer:?}").into());
    }
    answering.join().map_err(|_| "the callee panicked")??;
    Ok(())
}

/// Answers one request as a service does: its caller's span is the parent of ours.
fn answer(callee: &TcpListener) -> Result<(), Box<dyn Error>> {
    let (mut stream, _) = callee.accept()?;
    let mut headers = http::HeaderMap::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(http::HeaderName::try_from(name)?, value.parse()?);
        }
    }
    let span = info_span!("answer", otel.kind = "server");
    let caller = wakeful::propagator().extract(&headers).context;
    span.set_parent(caller.ok_or("no caller's context among the headers")?);
    let _entered = span.enter();
    stream.write_all(b"HTTP/1.0 200 OK\r\ncontent-length: 8\r\n\r\nanswered")?;
    Ok(())
}
