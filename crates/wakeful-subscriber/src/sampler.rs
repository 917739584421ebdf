//! Which traces are recorded: decided once, at the root.

use wakeful_trace::{SpanContext, TraceId};

/// Which traces are recorded (OpenTelemetry specification, trace SDK, "Built-in samplers").
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampler {
    /// Every trace.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// This share of them, from 0 to 1, by trace id: services that use the same ratio keep the same traces.
    TraceIdRatio(f64),
    /// As the caller in another service decided; without one, as the sampler for roots says.
    ParentBased(RootSampler),
}

/// What decides when no other service has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RootSampler {
    /// Every trace.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// This share of them, from 0 to 1, by trace id.
    TraceIdRatio(f64),
}

impl Default for Sampler {
    /// OpenTelemetry's default, `parentbased_always_on`.
    fn default() -> Self {
        Self::ParentBased(RootSampler::AlwaysOn)
    }
}

impl Sampler {
    /// Whether a trace is recorded that begins in this process, or goes on from `parent` in another one.
    pub(crate) fn samples(self, trace_id: TraceId, parent: Option<&SpanContext>) -> bool {
        match self {
            Self::AlwaysOn => true,
            Self::AlwaysOff => false,
            Self::TraceIdRatio(ratio) => in_ratio(trace_id, ratio),
            Self::ParentBased(root) => match (parent, root) {
                (Some(parent), _) => parent.is_sampled(),
                (None, RootSampler::AlwaysOn) => true,
                (None, RootSampler::AlwaysOff) => false,
                (None, RootSampler::TraceIdRatio(ratio)) => in_ratio(trace_id, ratio),
            },
        }
    }
}

/// As the SDKs of other languages decide: by the low 63 bits of the id's low half.
fn in_ratio(trace_id: TraceId, ratio: f64) -> bool {
    if ratio >= 1.0 {
        return true;
    }
    let bound = (ratio.max(0.0) * (1_u64 << 63) as f64) as u64;
    (trace_id.get() as u64) >> 1 < bound
}

#[cfg(test)]
mod tests {
    use wakeful_trace::{SpanId, TraceFlags};

    use super::*;

    fn id(number: u128) -> TraceId {
        TraceId::new(number).unwrap()
    }

    #[test]
    fn a_ratio_goes_by_the_low_half_of_the_id() {
        let sampler = Sampler::TraceIdRatio(0.5);
        assert!(sampler.samples(id(0x7fff_ffff_ffff_ffff), None));
        assert!(!sampler.samples(id(0x8000_0000_0000_0000), None));
        assert!(sampler.samples(id((u64::MAX as u128) << 64), None));
        assert!(!Sampler::TraceIdRatio(0.0).samples(id(1), None));
        assert!(!Sampler::TraceIdRatio(f64::NAN).samples(id(1), None));
        assert!(Sampler::TraceIdRatio(1.0).samples(id(u128::MAX), None));
    }

    #[test]
    fn the_caller_s_word_counts_when_it_is_asked() {
        let parent =
            |bits| SpanContext::new(id(1), SpanId::new(1).unwrap(), TraceFlags::from_bits(bits)).remote();
        let off = Sampler::ParentBased(RootSampler::AlwaysOff);
        assert!(off.samples(id(1), Some(&parent(1))));
        assert!(!off.samples(id(1), None));
        assert!(!Sampler::default().samples(id(1), Some(&parent(0))));
        assert!(Sampler::default().samples(id(1), None));
        assert!(Sampler::AlwaysOn.samples(id(1), Some(&parent(0))));
        assert!(!Sampler::AlwaysOff.samples(id(1), Some(&parent(1))));
    }
}
