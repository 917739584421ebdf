//! What was mended, in sentences.

/// So many sentences are kept about one thing. A request may have any number of faults, and those of a resource are told on each of its spans.
pub(crate) const WARNINGS_MAX: usize = 8;

/// Stands behind them where there were more.
pub(crate) const MORE: &str = "more was mended than is told here";

/// Sentences about what was mended; of a great many the first ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings(Vec<String>);

impl Warnings {
    /// Adds a sentence, if there is room.
    pub fn push(&mut self, sentence: impl Into<String>) {
        match self.0.len() {
            0..WARNINGS_MAX => self.0.push(sentence.into()),
            WARNINGS_MAX => self.0.push(MORE.to_owned()),
            _ => {}
        }
    }

    /// The sentences, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl IntoIterator for Warnings {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
