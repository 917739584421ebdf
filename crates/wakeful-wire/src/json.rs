//! Writing JSON in the dialect that Jaeger's clients know.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// Writes `value` as JSON: in one line, or indented by four spaces if `pretty`.
///
/// # Errors
/// If `value` refuses to be serialised, which none of this crate's views does.
pub fn to_vec(value: &impl Serialize, pretty: bool) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::new();
    if pretty {
        let formatter = GoNumbers(PrettyFormatter::with_indent(b"    "));
        value.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
    } else {
        value.serialize(&mut Serializer::with_formatter(
            &mut out,
            GoNumbers(CompactFormatter),
        ))?;
    }
    Ok(out)
}

/// A floating-point number that may be none of JSON's: those are written as text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Float(pub(crate) f64);

impl Serialize for Float {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(&wakeful_model::float_text(self.0))
        }
    }
}

/// Writes doubles in Go's form (`2`, not `2.0`) and leaves the layout to the formatter inside.
struct GoNumbers<F>(F);

impl<F: Formatter> Formatter for GoNumbers<F> {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(wakeful_model::float_text(value).as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Serialize, pretty: bool, text: &str) {
        assert_eq!(String::from_utf8(to_vec(&value, pretty).unwrap()).unwrap(), text);
    }

    #[test]
    fn numbers_are_as_short_as_gos() {
        check(
            [Float(2.0), Float(0.1), Float(f64::MAX), Float(f64::NAN)],
            false,
            r#"[2,0.1,1.7976931348623157e+308,"NaN"]"#,
        );
    }

    #[test]
    fn pretty_is_four_spaces_deep() {
        check(
            ("a", [0_u8; 0], [1]),
            true,
            "[\n    \"a\",\n    [],\n    [\n        1\n    ]\n]",
        );
    }
}
