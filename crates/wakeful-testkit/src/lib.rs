//! Span generators, ledgers and fault injection for wakeful's own tests and benchmarks.
