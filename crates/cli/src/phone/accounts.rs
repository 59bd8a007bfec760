//! Work accounts on the phone as a whole.

use std::process::ExitCode;

use ringfence_phone::Phone;

use super::show::Screen;
use crate::output::{self, Table, say};

pub(super) fn list(phone: &Phone, screen: Screen) -> anyhow::Result<ExitCode> {
    let accounts = phone.accounts()?;
    if screen.json {
        output::json(&accounts)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["account", "apps"]);
    for account in accounts {
        table.row([account.user_principal_name, account.apps.join(", ")]);
    }
    table.print()?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn remove(phone: &Phone, user: &str, screen: Screen) -> anyhow::Result<ExitCode> {
    let outcomes = phone.remove_account(Some(user))?;
    if screen.json {
        output::json(&outcomes)?;
        return Ok(ExitCode::SUCCESS);
    }
    let lang = screen.of(phone)?.lang;
    for outcome in outcomes {
        println!("{}", say(lang, "account-removed", [("account", user), ("app", &outcome.app)]));
        if let Some(dialog) = outcome.dialog {
            println!("  {}: {}", dialog.title, dialog.body);
        }
    }
    Ok(ExitCode::SUCCESS)
}
