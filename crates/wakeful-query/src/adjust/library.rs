//! Attributes that describe the SDK but were put on spans.

use wakeful_model::SpanBatch;

use super::sort::sort_attributes;

/// They belong to the resource (semantic conventions of telemetry SDKs and distributions).
const KEYS: [&str; 5] = [
    "telemetry.distro.name",
    "telemetry.distro.version",
    "telemetry.sdk.language",
    "telemetry.sdk.name",
    "telemetry.sdk.version",
];

/// Moves them from spans to resources; where the two disagree, both stay and the span says so.
pub(super) fn move_to_resource(batch: &mut SpanBatch) {
    for span in &mut batch.spans {
        if !span
            .attributes
            .iter()
            .any(|attribute| KEYS.contains(&attribute.key.as_str()))
        {
            continue;
        }
        let of_resource = &mut batch.resources[span.resource as usize].attributes;
        let mut conflicts = Vec::new();
        span.attributes.retain(|attribute| {
            if !KEYS.contains(&attribute.key.as_str()) {
                return true;
            }
            match of_resource.iter().find(|known| known.key == attribute.key) {
                Some(known) if known.value == attribute.value => false,
                Some(_) => {
                    conflicts.push(attribute.key.clone());
                    true
                }
                None => {
                    of_resource.push(attribute.clone());
                    sort_attributes(of_resource);
                    false
                }
            }
        });
        for key in conflicts {
            span.add_warning(format!(
                "conflicting values between Span and Resource for attribute {key}"
            ));
        }
    }
}
