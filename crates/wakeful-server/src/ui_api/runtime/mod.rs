//! Programs, tasks, resources and workers: what `docs/ui-api.md` has under "Runtimes, tasks and resources".

mod asked;
mod facts;
mod findings;
mod frames;
mod histogram;
mod lane_columns;
mod lanes;
mod programs;
mod resource;
mod resources;
mod span_lanes;
mod table;
mod task;
mod task_row;
mod task_spans;
mod tasks;
mod watch;
mod workers;

use axum::Router;
use axum::routing::get;

use super::UiApi;

/// The routes, below `/api/ui`.
pub(super) fn routes() -> Router<UiApi> {
    Router::new()
        .route("/programs", get(programs::programs))
        .route("/tasks", get(tasks::tasks))
        .route("/tasks/{id}", get(task::task))
        .route("/tasks/{id}/lane", get(lanes::of_task))
        .route("/trace/{id}/span/{row}/lanes", get(span_lanes::lanes))
        .route("/resources", get(resources::resources))
        .route("/resources/{id}", get(resource::resource))
        .route("/resources/{id}/lane", get(resource::lane))
        .route("/runtime", get(workers::lanes))
        .route("/runtime/series", get(workers::series))
        .route("/findings", get(findings::findings))
        .route("/frames", get(frames::frames))
        .route("/watch", get(watch::watch))
}
