//! A program for tokio-console: run it, and `tokio-console` beside it. It ends with its standard input.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{interval, sleep};
use wakeful::sync::{Mutex, RwLock, Semaphore};

/// A till that two clerks share, prices that all read, and two seats.
#[derive(Debug)]
struct Shop {
    till: Mutex<u64>,
    prices: RwLock<u64>,
    seats: Semaphore,
}

#[wakeful::main(flavor = "multi_thread", worker_threads = 2, name = "main")]
async fn main() -> std::io::Result<()> {
    let shop = Arc::new(Shop {
        till: Mutex::new(0),
        prices: RwLock::new(1),
        seats: Semaphore::new(2),
    });
    for name in ["clerk-a", "clerk-b"] {
        wakeful::spawn_named(name, sell(shop.clone()));
    }
    wakeful::spawn_named("pricer", set_prices(shop.clone()));
    // Not by wakeful: only a Tokio with hooks shows it.
    tokio::spawn(tick());
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        let _ = ended.send(());
    });
    let _ = end.await;
    Ok(())
}

/// Sells one thing after the other, for ever.
async fn sell(shop: Arc<Shop>) {
    loop {
        let seat = shop.seats.acquire().await;
        let price = *shop.prices.read().await;
        let mut till = shop.till.lock().await;
        *till += price;
        sleep(Duration::from_millis(20)).await;
        drop((till, seat));
    }
}

/// Changes the prices now and then, for ever.
async fn set_prices(shop: Arc<Shop>) {
    loop {
        *shop.prices.write().await += 1;
        sleep(Duration::from_millis(50)).await;
    }
}

/// Wakes up ten times a second, for ever.
async fn tick() {
    let mut ticks = interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
    }
}
