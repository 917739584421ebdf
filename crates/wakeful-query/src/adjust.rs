//! Jaeger's adjusters: what a trace needs before it is shown.
