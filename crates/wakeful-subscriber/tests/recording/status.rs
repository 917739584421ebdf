//! How spans end: statuses from fields, events, errors and by hand.

use expect_test::expect;
use tracing::{error, field, info_span, instrument, warn};
use wakeful_model::StatusCode;
use wakeful_subscriber::SpanExt;

use crate::rendered::check;

#[test]
fn fields_say_the_status_also_later() {
    check(
        || {
            info_span!("ok", otel.status_code = "OK");
            info_span!("error", otel.status_code = "error");
            info_span!("message", otel.status_message = "it broke");
            info_span!(
                "both",
                otel.status_code = "ERROR",
                otel.status_description = "it broke"
            );
            let late = info_span!(
                "late",
                otel.status_code = field::Empty,
                otel.status_message = field::Empty
            );
            late.record("otel.status_message", "late");
            info_span!("nonsense", otel.status_code = "perhaps");
        },
        expect![[r#"
            ok Ok ""
            error Error ""
            message Error "it broke"
            both Error "it broke"
            late Error "late"
            nonsense
        "#]],
    );
}

#[test]
fn an_event_of_level_error_fails_its_span() {
    check(
        || {
            info_span!("failed").in_scope(|| error!("bad"));
            info_span!("warned").in_scope(|| warn!("hm"));
            info_span!("well after all", otel.status_code = "OK").in_scope(|| error!("bad"));
        },
        expect![[r#"
            failed Error ""
              event "bad" level=Str("ERROR")
            warned
              event "hm" level=Str("WARN")
            well after all Ok ""
              event "bad" level=Str("ERROR")
        "#]],
    );
}

#[instrument(err)]
fn fallible(fails: bool) -> Result<(), String> {
    if fails {
        Err("no such order".to_owned())
    } else {
        Ok(())
    }
}

#[instrument(err(Debug))]
fn fallible_by_debug() -> Result<(), String> {
    Err("quoted".to_owned())
}

#[test]
fn an_instrumented_function_that_fails_has_an_exception() {
    check(
        || {
            let _ = fallible(false);
            let _ = fallible(true);
            let _ = fallible_by_debug();
        },
        expect![[r#"
            fallible fails=Bool(false)
            fallible Error "no such order" fails=Bool(true)
              event "exception" level=Str("ERROR") exception.message=Formatted("no such order")
            fallible_by_debug Error "\"quoted\""
              event "exception" level=Str("ERROR") exception.message=Formatted("\"quoted\"")
        "#]],
    );
}

#[test]
fn a_status_is_set_by_hand() {
    check(
        || {
            info_span!("bad").set_status(StatusCode::Error, "by hand");
            let mended = info_span!("mended", a = 1);
            mended.set_status(StatusCode::Error, "by hand");
            mended.set_status(StatusCode::Ok, "");
            info_span!("with roles", otel.kind = "client").set_status(StatusCode::Error, "by hand");
        },
        expect![[r#"
            bad Error "by hand"
            mended Ok "" a=I64(1)
            with roles Client Error "by hand"
        "#]],
    );
}
