//! Who sends: the attributes of the resource.

use wakeful_model::{Attribute, Resource};
use wakeful_wire::otlp::{ValueRef, encode_resource};

/// The attributes of the program's resource. A later value of a key wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceAttributes(Vec<(String, String)>);

impl Default for ResourceAttributes {
    /// `service.name` is `unknown_service:` and the program's name, as the specification has it; then the library and the
    /// process.
    fn default() -> Self {
        let program = std::env::current_exe()
            .ok()
            .and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
        let service = match &program {
            Some(name) => format!("unknown_service:{name}"),
            None => "unknown_service".to_owned(),
        };
        let mut attributes = Self(Vec::new());
        attributes.set("service.name", service);
        attributes.set("telemetry.sdk.name", "wakeful");
        attributes.set("telemetry.sdk.language", "rust");
        attributes.set("telemetry.sdk.version", env!("CARGO_PKG_VERSION"));
        attributes.set("process.pid", std::process::id().to_string());
        if let Some(name) = program {
            attributes.set("process.executable.name", name);
        }
        attributes
    }
}

impl ResourceAttributes {
    /// Sets an attribute, in the place of an older value of that key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    /// The resource as plain data.
    pub(crate) fn to_model(&self) -> Resource {
        let attribute = |(key, value): &(String, String)| match process_id(key, value) {
            Some(number) => Attribute::new(key.clone(), number),
            None => Attribute::new(key.clone(), value.clone()),
        };
        Resource {
            attributes: self.0.iter().map(attribute).collect(),
            ..Resource::default()
        }
    }

    /// The encoded `Resource`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        encode_resource(|resource| {
            for (key, value) in &self.0 {
                let number = process_id(key, value);
                resource.attribute(key, number.map_or(ValueRef::Str(value), ValueRef::Int));
            }
        })
    }
}

/// The semantic conventions have process ids as numbers.
fn process_id(key: &str, value: &str) -> Option<i64> {
    (key == "process.pid").then(|| value.parse().ok()).flatten()
}
