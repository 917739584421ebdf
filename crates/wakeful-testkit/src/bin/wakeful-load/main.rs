//! Nothing.
fn main() {}
