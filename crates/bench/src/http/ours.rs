//! The server of this repository as the one under test.

use anyhow::Result;
use ringfence_model::Millis;
use ringfence_server::{Config, Server, authz::Role, create_token, token::NewToken};

/// Serves until the process ends; standard output: the port, an administrator's token.
pub(crate) async fn serve(data: &str, database_url: Option<&str>) -> Result<()> {
    let config = || {
        let mut config = Config::new(data, ([127, 0, 0, 1], 0).into());
        config.database_url = database_url.map(str::to_owned);
        config
    };
    let new =
        NewToken { name: "bench".into(), roles: vec![Role::GlobalAdministrator], life: Millis::from_days(1) };
    let (_, token) = create_token(&config(), new).await?;
    let running = Server::start(config()).await?;
    println!("{}", running.addr.port());
    println!("{token}");
    std::future::pending::<()>().await;
    drop(running);
    Ok(())
}
