//! How long answers took.

use std::time::Duration;

/// Every latency that was measured, to be asked for its quantiles.
#[derive(Debug, Default, Clone)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency that a share `quantile` of all did not exceed, in milliseconds; 0 if there is none.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * quantile).ceil() as usize;
        sorted
            .get(rank.saturating_sub(1))
            .or(sorted.last())
            .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile_ms(0.5), 0.0);
        for ms in (1..=100).rev() {
            latencies.record(Duration::from_millis(ms));
        }
        let quantiles = [0.0, 0.5, 0.99, 1.0].map(|quantile| latencies.quantile_ms(quantile));
        assert_eq!(quantiles, [1.0, 50.0, 99.0, 100.0]);
    }
}
