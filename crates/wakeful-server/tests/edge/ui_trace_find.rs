//! Finding in a trace: by words, as Jaeger's page does, and by TraceQL, each held against a plain look at the spans.

use wakeful_model::{Span, SpanBatch, StatusCode, Value, canonical_text};

use crate::ui_trace::{Case, Columns};

/// Whether Jaeger's page would find one of `words` (lower case) in a span, by a plain look at everything.
fn finds(sent: &SpanBatch, span: &Span, words: &[&str], without: &str) -> bool {
    let is_in = |text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
    let in_pair = |key: &str, value: &str| {
        (without.is_empty() || !key.to_lowercase().contains(without)) && is_in(&format!("{key}={value}"))
    };
    let in_all = |attributes: &[wakeful_model::Attribute]| {
        attributes
            .iter()
            .any(|attribute| in_pair(&attribute.key, &canonical_text(&attribute.value)))
    };
    let resource = sent.resource(span);
    let others: Vec<_> = resource
        .attributes
        .iter()
        .filter(|own| own.key != "service.name")
        .cloned()
        .collect();
    is_in(&span.name)
        || is_in(resource.service_name())
        || words.contains(&span.span_id.to_string().as_str())
        || in_all(&span.attributes)
        || in_all(&others)
        || span
            .events
            .iter()
            .any(|event| in_pair("event", &event.name) || in_all(&event.attributes))
        || (!span.kind.name().is_empty() && in_pair("span.kind", span.kind.name()))
        || (!span.status.message.is_empty() && in_pair("otel.status_description", &span.status.message))
        || (span.status.code == StatusCode::Error
            && (in_pair("otel.status_code", "ERROR") || in_pair("error", "true")))
}

#[tokio::test]
async fn find_finds_what_a_plain_look_finds() {
    let case = Case::start().await;
    case.server.store.flush().await.unwrap();
    let ids = case.ids().await;
    let spans = case.by_id();
    let some_id = ids[77].as_str();
    let check = async |q: &str, words: &[&str], without: &str| {
        let found = Columns::read(&case.get(&format!("/find?q={q}")).await.body).numbers("row");
        let expected = (0_u32..)
            .zip(&ids)
            .filter(|(_, id)| finds(&case.sent, spans[*id], words, without));
        assert_eq!(found, expected.map(|(row, _)| row).collect::<Vec<_>>(), "{q}");
        found.len()
    };
    assert_eq!(check("", &[], "").await, 0);
    assert_eq!(
        check("nowhere-to-be-found", &["nowhere-to-be-found"], "").await,
        0
    );
    assert_eq!(check(&format!("{some_id}+"), &[some_id], "").await, 1);
    for (q, words, without) in [
        ("Upstream", &["upstream"][..], ""),
        ("%22did+not+answer%22", &["did not answer"], ""),
        ("cache.hit%3DTRUE", &["cache.hit=true"], ""),
        ("thread.id%3D7", &["thread.id=7"], ""),
        ("items%2Fa1+missing", &["items/a1", "missing"], ""),
        ("200+-status", &["200"], "status"),
        ("node-03", &["node-03"], ""),
        ("checkout", &["checkout"], ""),
        ("error", &["error"], ""),
        ("kind%3Dclient", &["kind=client"], ""),
        ("busy_ns", &["busy_ns"], ""),
        ("items+-url.path", &["items"], "url.path"),
    ] {
        assert!(check(q, words, without).await > 0, "{q} should find something");
    }
    case.server.stop().await;
}

#[tokio::test]
async fn traceql_finds_the_spans_that_meet_all_conditions() {
    let case = Case::start().await;
    case.server.store.flush().await.unwrap();
    let ids = case.ids().await;
    let spans = case.by_id();
    let check = async |q: &str, meets: &dyn Fn(&Span) -> bool| {
        let found = Columns::read(&case.get(&format!("/find?q={}", escaped(q))).await.body);
        let expected = (0_u32..).zip(&ids).filter(|(_, id)| meets(spans[*id]));
        let expected: Vec<u32> = expected.map(|(row, _)| row).collect();
        assert_eq!(found.numbers("row"), expected, "{q}");
        assert!(found.numbers("where").iter().all(|places| *places == 0), "{q}");
        expected.len()
    };
    let service = |span: &Span| case.sent.resource(span).service_name().to_owned();
    let host = |span: &Span| {
        let mut resource = case.sent.resource(span).attributes.iter();
        let found = resource.find(|attribute| attribute.key == "host.name");
        found
            .map(|attribute| canonical_text(&attribute.value).into_owned())
            .unwrap()
    };
    let some = spans[&ids[77]];
    assert_eq!(check("{ }", &|_| true).await, ids.len());
    assert_eq!(check("{ name = `nowhere to be found` }", &|_| false).await, 0);
    let failed = |span: &Span| span.status.code == StatusCode::Error;
    let long = |span: &Span| span.duration_nanos() >= 20_000;
    let thread = |span: &Span| span.attribute("thread.id") == Some(&Value::Int(7));
    let hit = |span: &Span| span.attribute("app.cache.hit") == Some(&Value::Bool(true));
    for (q, meets) in [
        ("{ status = error }", &failed as &dyn Fn(&Span) -> bool),
        ("  { duration >= 20us && status = error }", &|span| {
            failed(span) && long(span)
        }),
        ("{ kind = client }", &|span| span.kind.name() == "client"),
        ("{ .thread.id = 7 }", &thread),
        (
            "{ .thread.id = 7 && .app.cache.hit = true && duration >= 20us }",
            &|span| thread(span) && hit(span) && long(span),
        ),
        (&format!("{{ name = {:?} }}", some.name), &|span| {
            span.name == some.name
        }),
        (
            &format!(
                "{{ resource.service.name = {:?} && duration >= 20us }}",
                service(some)
            ),
            &|span| service(span) == service(some) && long(span),
        ),
        // What stands at the resource is an attribute of each of its spans.
        (&format!("{{ .host.name = {:?} }}", host(some)), &|span| {
            host(span) == host(some)
        }),
    ] {
        assert!(check(q, meets).await > 0, "{q} should find something");
    }
    case.server.stop().await;
}

/// A text as it stands in a URL's query.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
