//! What is asked of a collection of headers.

use super::error::{HeaderError, HeaderProblem};

/// Headers to read from. Names are compared without regard to case.
///
/// Implemented for slices of `(name, value)`, and for `http::HeaderMap` with the feature `http`.
pub trait Headers {
    /// Calls `visit` with each value of the header `name` (given in lower case), in their order.
    fn each_value(&self, name: &str, visit: &mut dyn FnMut(&[u8]));

    /// Calls `visit` with every header's name and value.
    fn each_header(&self, visit: &mut dyn FnMut(&str, &[u8]));
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn each_value(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        for (key, value) in self {
            if key.as_ref().eq_ignore_ascii_case(name) {
                visit(value.as_ref());
            }
        }
    }

    fn each_header(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (key, value) in self {
            visit(key.as_ref(), value.as_ref());
        }
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn each_value(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        for value in self.get_all(name) {
            visit(value.as_bytes());
        }
    }

    fn each_header(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            visit(name.as_str(), value.as_bytes());
        }
    }
}

/// Gives the only value of `name` to `read`; `None` if the header is not there or empty.
pub(super) fn read_single<H: Headers + ?Sized, T>(
    headers: &H,
    name: &str,
    mut read: impl FnMut(&str) -> Result<T, HeaderProblem>,
) -> Result<Option<T>, HeaderError> {
    let mut result = Ok(None);
    let mut seen = false;
    headers.each_value(name, &mut |value| {
        result = if seen {
            Err(HeaderProblem::Repeated)
        } else {
            text(value).and_then(|text| (!text.is_empty()).then(|| read(text)).transpose())
        };
        seen = true;
    });
    result.map_err(|problem| HeaderError::new(name, problem))
}

/// A header's value without the blanks around it.
pub(super) fn text(value: &[u8]) -> Result<&str, HeaderProblem> {
    std::str::from_utf8(value)
        .map(str::trim_ascii)
        .map_err(|_| HeaderProblem::NotText)
}
