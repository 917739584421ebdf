//! Why the shop could not open, or closed.

/// Why the shop could not open, or closed before it was told to.
///
/// A receiver that is away is none of these: its spans are dropped and the shop stays open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint cannot be one.
    #[error("the endpoint {endpoint:?} {source}")]
    Endpoint {
        /// The endpoint as it was given.
        endpoint: String,
        /// What is wrong with it.
        source: wakeful::EndpointError,
    },
    /// A service's spans cannot be sent.
    #[error("cannot trace {service}: {source}; is there a limit on threads?")]
    Exporter {
        /// The service's name.
        service: &'static str,
        /// What went wrong.
        source: wakeful::InitError,
    },
    /// No loopback port, thread or runtime could be had for a service.
    #[error("cannot start {service}: {source}; is there a limit on threads or open files?")]
    Start {
        /// The service's name.
        service: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A service ended while the shop was open.
    #[error("{service} ended early: {reason}; start the shop again")]
    Ended {
        /// The service's name.
        service: &'static str,
        /// What it said.
        reason: String,
    },
    /// The rate is not a number of requests.
    #[error("{0} requests a second cannot be made; give a number above 0 and up to 10000")]
    Rate(f64),
}
