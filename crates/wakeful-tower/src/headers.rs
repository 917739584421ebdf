//! Which headers of a request are read, and which of them win.

use http::HeaderMap;
use wakeful_trace::SpanContext;
use wakeful_trace::propagation::{Baggage, Format, HeaderError, JAEGER_CONTEXT_HEADER, Propagator};

/// The header that asks for a trace of its own, as in Jaeger's clients.
const DEBUG_HEADER: &str = "jaeger-debug-id";
/// A debug id is kept as an attribute: no more of it than this.
const DEBUG_ID_BYTES_MAX: usize = 256;

/// The headers that a server reads.
///
/// In order of precedence: Jaeger's context header, `traceparent`, the single `b3`, B3's several headers, and, if none of
/// these brings a context, the debug header. `baggage` and `uberctx-*` are read beside them.
#[derive(Debug, Clone)]
pub struct HeaderRules {
    propagator: Propagator,
    debug_header: Option<Box<str>>,
}

/// What a request's headers say.
#[derive(Debug, Default)]
pub struct Incoming {
    /// The caller's span.
    pub context: Option<SpanContext>,
    /// The value of the debug header, where there is no context.
    pub debug_id: Option<String>,
    /// Whether the caller wants it recorded, where it said so without a context (`b3: 0`).
    pub decision: Option<bool>,
    /// What the caller passes along.
    pub baggage: Baggage,
    /// Headers that are there and cannot be read.
    pub problems: Vec<HeaderError>,
}

/// The caller's context as it came, in the extensions of every request that brought one, recorded or not: for log lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingContext(pub SpanContext);

impl Default for HeaderRules {
    fn default() -> Self {
        Self {
            propagator: Self::propagator(JAEGER_CONTEXT_HEADER),
            debug_header: Some(DEBUG_HEADER.into()),
        }
    }
}

impl HeaderRules {
    /// The propagator's last format wins, so the list runs from the weakest to the strongest.
    fn propagator(jaeger_header: &str) -> Propagator {
        Propagator::new([
            Format::Baggage,
            Format::B3Multi,
            Format::B3,
            Format::TraceContext,
            Format::Jaeger,
        ])
        .with_jaeger_header(jaeger_header)
    }

    /// Reads the formats of this propagator in place of the default ones; of several contexts the last in its list wins.
    #[must_use]
    pub fn with_propagator(mut self, propagator: Propagator) -> Self {
        self.propagator = propagator;
        self
    }

    /// Reads Jaeger's context from another header than `uber-trace-id`. In any case; compared without regard to it.
    #[must_use]
    pub fn with_jaeger_trace_context_header_name(mut self, name: &str) -> Self {
        self.propagator = Self::propagator(&name.to_ascii_lowercase());
        self
    }

    /// Reads the debug id from another header than `jaeger-debug-id`.
    #[must_use]
    pub fn with_jaeger_debug_name(mut self, name: &str) -> Self {
        self.debug_header = Some(name.to_ascii_lowercase().into());
        self
    }

    /// Lets no header ask for a trace.
    #[must_use]
    pub fn without_debug_header(mut self) -> Self {
        self.debug_header = None;
        self
    }

    /// Whether a header of that name may be read: most requests have none, and one look at each name is cheaper than a look-up
    /// of each header that might be there.
    fn may_read(&self, name: &str) -> bool {
        let known = match name.as_bytes().first() {
            Some(b't') => name.starts_with("trace"),
            Some(b'b') => name == "b3" || name == "baggage",
            Some(b'x') => name.starts_with("x-b3-") || name == "x-amzn-trace-id",
            Some(b'u') => name.starts_with("uberctx-"),
            _ => false,
        };
        known || *name == *self.propagator.jaeger_header() || self.debug_header.as_deref() == Some(name)
    }

    /// Whether there may be anything to read.
    pub(crate) fn concern(&self, headers: &HeaderMap) -> bool {
        headers.keys().any(|name| self.may_read(name.as_str()))
    }

    /// Reads the headers of a request.
    pub fn read(&self, headers: &HeaderMap) -> Incoming {
        if !self.concern(headers) {
            return Incoming::default();
        }
        let found = self.propagator.extract(headers);
        let debug_id = match (&found.context, &self.debug_header) {
            (None, Some(name)) => headers.get(name.as_ref()).map(|value| {
                let id = String::from_utf8_lossy(value.as_bytes());
                let fits = |(at, letter): &(usize, char)| at + letter.len_utf8() <= DEBUG_ID_BYTES_MAX;
                id.char_indices()
                    .take_while(fits)
                    .map(|(_, letter)| letter)
                    .collect()
            }),
            _ => None,
        };
        Incoming {
            context: found.context,
            debug_id,
            decision: found.decision,
            baggage: found.baggage,
            problems: found.problems,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(rules: &HeaderRules, headers: &[(&str, &str)], expected: Expect) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let found = rules.read(&headers);
        let context = found
            .context
            .map(|context| format!("{:x} {:x}", context.trace_id.get(), context.span_id.get()));
        let mut lines: Vec<String> = context.into_iter().collect();
        lines.extend(found.debug_id.map(|id| format!("debug {id}")));
        lines.extend(found.problems.iter().map(ToString::to_string));
        expected.assert_eq(&lines.join("\n"));
    }

    const JAEGER: (&str, &str) = ("uber-trace-id", "1:11:0:1");
    const W3C: (&str, &str) = (
        "traceparent",
        "00-00000000000000000000000000000002-0000000000000022-01",
    );
    const B3: (&str, &str) = ("b3", "3-33-1");
    const B3_TRACE: (&str, &str) = ("x-b3-traceid", "4");
    const B3_SPAN: (&str, &str) = ("x-b3-spanid", "44");
    const DEBUG: (&str, &str) = ("jaeger-debug-id", "find me");

    #[test]
    fn the_strongest_header_wins() {
        let rules = HeaderRules::default();
        check(
            &rules,
            &[DEBUG, B3_TRACE, B3_SPAN, B3, W3C, JAEGER],
            expect!["1 11"],
        );
        check(&rules, &[DEBUG, B3_TRACE, B3_SPAN, B3, W3C], expect!["2 22"]);
        check(&rules, &[DEBUG, B3_TRACE, B3_SPAN, B3], expect!["3 33"]);
        check(&rules, &[DEBUG, B3_TRACE, B3_SPAN], expect!["4 44"]);
        check(&rules, &[DEBUG], expect!["debug find me"]);
        check(&rules, &[], expect![""]);
    }

    #[test]
    fn a_bad_header_hides_no_good_one() {
        check(
            &HeaderRules::default(),
            &[("uber-trace-id", "junk"), W3C],
            expect![[r#"
                2 22
                header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex"#]],
        );
    }

    #[test]
    fn names_can_be_others() {
        let rules = HeaderRules::default()
            .with_jaeger_trace_context_header_name("Influx-Trace-Id")
            .with_jaeger_debug_name("Influx-Debug-Id");
        check(
            &rules,
            &[("influx-trace-id", "5:55:0:1"), JAEGER],
            expect!["5 55"],
        );
        check(&rules, &[("influx-debug-id", "x"), DEBUG], expect!["debug x"]);
        check(
            &rules.without_debug_header(),
            &[("influx-debug-id", "x")],
            expect![""],
        );
    }

    #[test]
    fn a_long_debug_id_is_cut_between_characters() {
        let long = "é".repeat(400);
        let headers: HeaderMap = [(
            http::HeaderName::from_static(DEBUG_HEADER),
            http::HeaderValue::from_bytes(long.as_bytes()).unwrap(),
        )]
        .into_iter()
        .collect();
        assert_eq!(
            HeaderRules::default().read(&headers).debug_id,
            Some("é".repeat(128))
        );
    }
}
