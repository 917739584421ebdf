//! The network edge over real sockets: what each port takes, refuses, and survives.

mod captured;
mod client;
mod limits;
mod noise;
mod page;
mod recorded;
mod server;
mod stopping;
mod ui_api;
