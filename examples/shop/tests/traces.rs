//! What the shop sends: every story that a reader of its traces is promised.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

mod support;

use std::collections::HashMap;
use std::time::Duration;

use support::{Received, Sink};
use tokio::sync::oneshot;
use wakeful_shop::{Error, Options, run};

/// A part of the story, and whether the spans tell it.
type Part = (&'static str, fn(&Spans<'_>) -> bool);

const DEADLINE: Duration = Duration::from_secs(60);

/// Opens the shop, waits until the spans received tell the whole `story`, and closes it.
async fn check(story: &[Part]) {
    let mut sink = Sink::open().await;
    let options = Options {
        requests_per_second: 400.0,
        export_delay: Duration::from_millis(50),
        ..Options::new(sink.endpoint())
    };
    let (close, closing) = oneshot::channel::<()>();
    let shop = tokio::spawn(run(options, async { drop(closing.await) }));
    let untold = |sink: &Sink| {
        let received = sink.spans();
        let spans = Spans::new(&received);
        story
            .iter()
            .filter(|(_, told)| !told(&spans))
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
    };
    let told = tokio::time::timeout(DEADLINE, async {
        while !untold(&sink).is_empty() {
            sink.more().await;
        }
    });
    assert!(
        told.await.is_ok(),
        "untold after {DEADLINE:?}: {:?}",
        untold(&sink)
    );
    close.send(()).unwrap();
    shop.await.unwrap().unwrap();
}

struct Spans<'a> {
    all: &'a [Received],
    by_id: HashMap<(&'a [u8], &'a [u8]), &'a Received>,
}

impl<'a> Spans<'a> {
    fn new(all: &'a [Received]) -> Self {
        let by_id = all
            .iter()
            .map(|one| ((&one.span.trace_id[..], &one.span.span_id[..]), one))
            .collect();
        Self { all, by_id }
    }

    fn any(&self, wanted: impl Fn(&Received) -> bool) -> bool {
        self.all.iter().any(wanted)
    }

    fn parent(&self, one: &Received) -> Option<&Received> {
        self.by_id
            .get(&(&one.span.trace_id[..], &one.span.parent_span_id[..]))
            .copied()
    }

    /// Whether a span of `callee` is the child of a client span of `caller`.
    fn calls(&self, caller: &str, callee: &str) -> bool {
        self.any(|one| {
            let parent = self.parent(one);
            one.service == callee
                && parent.is_some_and(|parent| parent.service == caller && parent.span.kind == 3)
        })
    }

    fn named(&self, service: &str, name: &str, wanted: impl Fn(&Received) -> bool) -> bool {
        self.any(|one| one.service == service && one.span.name == name && wanted(one))
    }
}

fn event(one: &Received, key: &str, value: &str) -> bool {
    one.span
        .events
        .iter()
        .any(|event| support::attribute(&event.attributes, key).as_deref() == Some(value))
}

fn millis(one: &Received) -> u64 {
    (one.span.end_time_unix_nano - one.span.start_time_unix_nano) / 1_000_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_tells_its_stories() {
    check(&[
        ("frontend calls checkout", |spans| {
            spans.calls("frontend", "checkout")
        }),
        ("frontend calls inventory", |spans| {
            spans.calls("frontend", "inventory")
        }),
        ("checkout calls inventory", |spans| {
            spans.calls("checkout", "inventory")
        }),
        ("checkout calls payment", |spans| {
            spans.calls("checkout", "payment")
        }),
        ("a request has its attributes", |spans| {
            spans.named("frontend", "GET /products/{sku}", |one| {
                let has = |key| one.attribute(key).is_some();
                one.span.kind == 2
                    && one.attribute("http.response.status_code").as_deref() == Some("200")
                    && [
                        "user.id",
                        "user_agent.original",
                        "url.path",
                        "http.request.method",
                    ]
                    .into_iter()
                    .all(has)
            })
        }),
        ("a cart has items", |spans| {
            spans.named("checkout", "place order", |one| {
                one.attribute("cart.items").is_some_and(|items| items != "0")
            })
        }),
        ("an unmodified mini-redis answers", |spans| {
            spans.named("mini-redis", "apply", |one| {
                spans.parent(one).is_some_and(|parent| parent.span.name == "run")
            })
        }),
        ("its client is part of the order", |spans| {
            spans.named("checkout", "get", |one| {
                spans
                    .parent(one)
                    .is_some_and(|parent| parent.span.name == "GET cart")
            })
        }),
        ("a card is declined", |spans| {
            spans.named("payment", "authorise card", |one| {
                one.failed()
                    && one.attribute("payment.declined").as_deref() == Some("true")
                    && one.attribute("payment.declined_reason").is_some()
            })
        }),
        ("the decline is an exception of the call", |spans| {
            spans.named("payment", "POST /charges", |one| {
                event(one, "exception.type", "CardDeclined")
            })
        }),
        ("a decline fails the order", |spans| {
            spans.named("checkout", "POST /charges", |one| {
                one.failed() && one.attribute("error.type").as_deref() == Some("CardDeclined")
            })
        }),
        ("the bank is asked again", |spans| {
            spans.named("checkout", "POST /charges", |one| {
                one.attribute("http.request.resend_count").as_deref() == Some("1") && !one.failed()
            })
        }),
        ("an old link leads nowhere", |spans| {
            spans.named("frontend", "GET /products/{sku}", |one| {
                one.attribute("http.response.status_code").as_deref() == Some("404")
            })
        }),
        ("every span says when it was busy", |spans| {
            let says = |one: &Received| {
                ["wakeful.intervals", "busy_ns", "idle_ns"]
                    .into_iter()
                    .all(|key| one.attribute(key).is_some())
            };
            spans.named("frontend", "load products", says) && spans.named("mini-redis", "apply", says)
        }),
        ("search asks one by one", |spans| {
            let mut children: HashMap<&[u8], u32> = HashMap::new();
            for one in spans.all {
                if spans
                    .parent(one)
                    .is_some_and(|parent| parent.span.name == "load products")
                {
                    *children.entry(&one.span.parent_span_id).or_default() += 1;
                }
            }
            children.values().any(|count| *count >= 4)
        }),
        ("somebody waits for the lock", |spans| {
            spans.named("inventory", "lock stock", |one| millis(one) >= 5)
        }),
        ("the report keeps its worker", |spans| {
            spans.named("inventory", "hash stock", |one| millis(one) >= 20)
        }),
        ("a receipt is linked to its order", |spans| {
            spans.named("checkout", "send receipt", |one| {
                one.span.parent_span_id.is_empty()
                    && one.span.links.iter().any(|link| {
                        let order = spans.by_id.get(&(&link.trace_id[..], &link.span_id[..]));
                        order.is_some_and(|order| order.span.name == "place order")
                    })
            })
        }),
    ])
    .await;
}

#[tokio::test]
async fn a_shop_without_a_receiver_stays_open_and_closes_in_time() {
    // Bound and not listened on: nobody answers there, and nobody else gets the port.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", nobody.local_addr().unwrap());
    let open = tokio::time::timeout(Duration::from_millis(500), std::future::pending::<()>());
    let shop = run(Options::new(endpoint), async { drop(open.await) });
    tokio::time::timeout(DEADLINE, shop).await.unwrap().unwrap();
}

#[tokio::test]
async fn options_that_cannot_be_met_are_refused() {
    let options = Options {
        requests_per_second: 0.0,
        ..Options::new("http://127.0.0.1:1")
    };
    assert!(matches!(
        run(options, std::future::pending()).await,
        Err(Error::Rate(_))
    ));
    let refused = run(Options::new("not a url"), std::future::pending()).await;
    assert!(matches!(refused, Err(Error::Endpoint { .. })), "{refused:?}");
}
