//! A scenario as it was recorded: what was sent to a real Jaeger, what it was asked, what it answered.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// `scenario.json` of a folder of `testdata/captured/jaeger-answers`.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    #[serde(skip)]
    folder: PathBuf,
}

/// One line of a scenario; which fields there are says what it is.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    /// A payload file.
    pub(crate) send: Option<String>,
    /// Where the payload went: transport, port, and what else it needs.
    pub(crate) to: Option<String>,
    /// A query: method and path.
    pub(crate) request: Option<String>,
    pub(crate) port: Option<u16>,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    body: Option<String>,
    body_file: Option<String>,
    body_base64: Option<String>,
    pub(crate) status: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) content_type: String,
    #[serde(default)]
    pub(crate) answer_headers: serde_json::Map<String, serde_json::Value>,
    answer: Option<String>,
    answer_file: Option<String>,
    pub(crate) compare: Option<Compare>,
}

/// How far an answer is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compare {
    /// The same every time.
    Exact,
    /// But for the order of lists.
    Order,
    /// Depends on chance.
    Varies,
}

/// The folder of captured payloads and answers.
pub(crate) fn captured() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/captured")
}

impl Scenario {
    /// Every scenario there is, by name.
    pub(crate) fn all() -> Vec<Self> {
        let folders = std::fs::read_dir(captured().join("jaeger-answers")).unwrap();
        let mut scenarios: Vec<Self> = folders
            .map(|folder| {
                let folder = folder.unwrap().path();
                let text = std::fs::read(folder.join("scenario.json")).unwrap();
                let mut scenario: Self = serde_json::from_slice(&text).unwrap();
                scenario.folder = folder;
                scenario
            })
            .collect();
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        scenarios
    }

    /// What Jaeger answered.
    pub(crate) fn answer(&self, step: &Step) -> String {
        match (&step.answer, &step.answer_file) {
            (Some(answer), _) => answer.clone(),
            (None, Some(file)) => std::fs::read_to_string(self.folder.join(file)).unwrap(),
            (None, None) => String::new(),
        }
    }

    /// The body that the request had.
    pub(crate) fn body(&self, step: &Step) -> Vec<u8> {
        match (&step.body, &step.body_file, &step.body_base64) {
            (Some(body), ..) => body.clone().into_bytes(),
            (None, Some(file), _) => std::fs::read(self.folder.join(file)).unwrap(),
            (None, None, Some(body)) => STANDARD.decode(body).unwrap(),
            (None, None, None) => Vec::new(),
        }
    }
}
