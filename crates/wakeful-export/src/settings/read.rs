//! Reading variables, each by its row of the table.

use std::fmt;

use super::{BatchSettings, Settings, VARIABLES, Variable};

/// A variable whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its name.
    pub variable: &'static str,
    /// Its value; not that of one that may hold secrets.
    pub value: Option<String>,
    /// What is wrong with it.
    pub why: String,
    /// What is used instead.
    pub instead: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.variable)?;
        if let Some(value) = &self.value {
            write!(f, "={value:?}")?;
        }
        write!(f, " {}; using {}", self.why, self.instead)
    }
}

/// Lets every variable that `lookup` knows have its effect on `settings`, in the order of [`VARIABLES`], so that one for a
/// signal wins over the general one. An empty value is none.
pub fn read_environment(settings: &mut Settings, lookup: impl Fn(&str) -> Option<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for variable in VARIABLES {
        let Some(value) = lookup(variable.name).filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        if let Err(why) = (variable.set)(settings, value.trim()) {
            problems.push(problem(variable, &value, why));
        }
    }
    problems.extend(settle(settings));
    problems
}

fn problem(variable: &Variable, value: &str, why: String) -> Problem {
    Problem {
        variable: variable.name,
        // Before an `@` in a URL that was not understood a password may stand.
        value: (!variable.secret && !value.contains('@')).then(|| value.to_owned()),
        why,
        instead: variable.default.to_owned(),
    }
}

/// What only several variables together tell.
fn settle(settings: &mut Settings) -> Vec<Problem> {
    let batches = [
        (&mut settings.traces.batch, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
        (&mut settings.logs.batch, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
    ];
    let by_default = BatchSettings::default().batch_items_max;
    batches
        .into_iter()
        .filter(|(batch, _)| batch.batch_items_max > batch.queue_max())
        .filter_map(|(batch, variable)| {
            let asked_for = batch.batch_items_max != by_default;
            let problem = Problem {
                variable,
                value: Some(batch.batch_items_max.to_string()),
                why: "is more than the queue holds".to_owned(),
                instead: format!("the queue's {}", batch.queue_max()),
            };
            batch.batch_items_max = batch.queue_max();
            asked_for.then_some(problem)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_is_named_and_no_password_is() {
        let check = |variable: &str, value: &str, expected: &str| {
            let lookup = |name: &str| (name == variable).then(|| value.to_owned());
            let problems = read_environment(&mut Settings::default(), lookup);
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(said, [expected]);
        };
        check(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "content-length=1",
            "OTEL_EXPORTER_OTLP_HEADERS has a header that the exporter writes itself, as content-length or grpc-timeout are; \
             using none",
        );
        check(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "ftp://ada:secret@collector",
            "OTEL_EXPORTER_OTLP_ENDPOINT has a scheme that is neither http nor https; \
             using http://localhost:4317, or :4318 for HTTP",
        );
    }
}
