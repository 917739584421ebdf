//! Receivers of spans, one of each kind for all cases, in the process that compares.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::case::Receiver;

/// How long the slow one takes.
const SLOW: Duration = Duration::from_secs(1);

/// Their addresses.
pub struct Receivers([SocketAddr; Receiver::ALL.len()]);

impl Receivers {
    pub fn start() -> Result<Self> {
        let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); Receiver::ALL.len()];
        for (receiver, address) in Receiver::ALL.into_iter().zip(&mut addresses) {
            let listener = TcpListener::bind(*address)?;
            *address = listener.local_addr()?;
            match receiver {
                Receiver::None => drop(listener),
                Receiver::Silent => accept(listener, |stream| {
                    // Kept and never read.
                    std::mem::forget(stream);
                }),
                Receiver::Resetting => accept(listener, |stream| {
                    // What is unread when a socket closes makes the kernel reset it.
                    let _ = stream.peek(&mut [0]);
                }),
                Receiver::Slow => accept(listener, |stream| answer_in_background(stream, SLOW)),
                Receiver::Good => accept(listener, |stream| answer_in_background(stream, Duration::ZERO)),
            }
        }
        Ok(Self(addresses))
    }

    pub fn address(&self, receiver: Receiver) -> SocketAddr {
        self.0[receiver as usize]
    }
}

fn accept(listener: TcpListener, act: impl Fn(TcpStream) + Send + 'static) {
    thread::spawn(move || listener.incoming().filter_map(Result::ok).for_each(act));
}

fn answer_in_background(stream: TcpStream, after: Duration) {
    thread::spawn(move || {
        // Until the other end closes.
        let _ = answer(&stream, after);
    });
}

/// Answers requests of HTTP/1.1 as an OTLP receiver does that takes everything.
fn answer(stream: &TcpStream, after: Duration) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut body = Vec::new();
    loop {
        let (mut length, mut line) = (None, String::new());
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            match line.trim_end().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", number)) => length = Some(number.parse()?),
                Some(_) => {}
                None if line.len() <= 2 => break,
                None => {}
            }
        }
        body.resize(length.context("a request has a length")?, 0);
        reader.read_exact(&mut body)?;
        if !after.is_zero() {
            thread::sleep(after);
        }
        (&*stream).write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
}
