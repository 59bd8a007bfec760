//! The server of this repository as the one under test.

use anyhow::Result;
use ringfence_server::{Config, Server};

/// Serves until the process ends; standard output: the port, the first administrator's password.
pub(crate) async fn serve(data: &str, database_url: Option<&str>) -> Result<()> {
    let mut config = Config::new(data, ([127, 0, 0, 1], 0).into());
    config.database_url = database_url.map(str::to_owned);
    let running = Server::start(config).await?;
    println!("{}", running.addr.port());
    println!("{}", running.admin_password.as_deref().unwrap_or_default());
    std::future::pending::<()>().await;
    drop(running);
    Ok(())
}
