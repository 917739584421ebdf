//! Two tasks that take two locks in opposite order, and wait for each other from then on. Run `wakeful serve` beside it, and open
//! `/tasks`: both tasks, both locks, where they were spawned and made, and what to do about it. It ends when it is interrupted.

use std::sync::Arc;

use tokio::sync::Barrier;
use wakeful::sync::Mutex;

#[wakeful::main]
async fn main() -> Result<(), tokio::task::JoinError> {
    let accounts = Arc::new(Mutex::named("accounts", ()));
    let orders = Arc::new(Mutex::named("orders", ()));
    let both_have_one = Arc::new(Barrier::new(2));
    let pay = wakeful::spawn_named(
        "pay",
        take(accounts.clone(), orders.clone(), both_have_one.clone()),
    );
    let cancel = wakeful::spawn_named("cancel", take(orders, accounts, both_have_one));
    pay.await?;
    cancel.await
}

async fn take(first: Arc<Mutex<()>>, second: Arc<Mutex<()>>, both_have_one: Arc<Barrier>) {
    let _first = first.lock().await;
    both_have_one.wait().await;
    let _second = second.lock().await;
}
