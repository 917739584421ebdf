//! Carts, kept in mini-redis.

use std::net::SocketAddr;

use http::StatusCode;
use mini_redis::client;
use tracing::instrument;

use crate::failure::Failure;
use crate::wares::Line;

/// Everybody's carts.
#[derive(Debug, Clone)]
pub(crate) struct Carts {
    redis: SocketAddr,
}

impl Carts {
    pub(crate) fn new(redis: SocketAddr) -> Self {
        Self { redis }
    }

    /// What `user` has in the cart. A connection a question: mini-redis spans a connection, so each shows at once.
    #[instrument(
        name = "GET cart",
        skip_all,
        fields(otel.kind = "client", db.system.name = "redis", db.operation.name = "GET", user.id = user),
        err,
    )]
    pub(crate) async fn read(&self, user: &str) -> Result<Vec<Line>, Failure> {
        let read = async {
            let stored = client::connect(self.redis).await?.get(&key(user)).await?;
            let Some(stored) = stored else {
                return Ok(Vec::new());
            };
            Ok(serde_json::from_slice(&stored)?)
        };
        read.await.map_err(lost)
    }

    /// Replaces what `user` has in the cart.
    #[instrument(
        name = "SET cart",
        skip_all,
        fields(
            otel.kind = "client",
            db.system.name = "redis",
            db.operation.name = "SET",
            user.id = user,
            cart.items = lines.len(),
        ),
        err,
    )]
    pub(crate) async fn write(&self, user: &str, lines: &[Line]) -> Result<(), Failure> {
        let write = async {
            let stored = serde_json::to_vec(lines)?;
            client::connect(self.redis)
                .await?
                .set(&key(user), stored.into())
                .await
        };
        write.await.map_err(lost)
    }
}

fn key(user: &str) -> String {
    format!("cart:{user}")
}

fn lost(error: mini_redis::Error) -> Failure {
    Failure::new(
        StatusCode::BAD_GATEWAY,
        "CartUnavailable",
        format!("mini-redis gave no cart: {error}"),
    )
}
