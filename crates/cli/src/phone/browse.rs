//! Pages in a browser app.

use ringfence_messages::ButtonAction;
use ringfence_phone::{App, BrowserContext, Ending, Identity, Outcome, PageFacts, PhoneError};
use serde_json::json;

use super::{
    act::{Here, Opened},
    args::{BrowseArgs, BrowseButton, BrowseContext},
    show::Shown,
};
use crate::output::{Table, say};

impl Here<'_> {
    /// Opens a page, by a link of another app when one is named, and presses a button when asked.
    pub(super) fn browse(&self, args: &BrowseArgs) -> anyhow::Result<Shown> {
        let Opened { app, owned, dialog } = self.open(true)?;
        let outcome = self.visit(&app, args);
        if let Some(handle) = owned {
            handle.close()?;
        }
        let outcome = outcome?;
        self.screen.outcome(&self.say("browse", &args.url), &outcome, dialog.as_ref())
    }

    fn visit(&self, app: &App, args: &BrowseArgs) -> Result<Outcome, PhoneError> {
        let page = PageFacts {
            subresource: args.subresource,
            work_link: false,
            post: args.post,
            personal_account: args.personal_account,
        };
        let outcome = match &args.linked_from {
            Some(from) => self.linked(from, args, page)?,
            None => app.browse(&args.url, context(args.context), page)?,
        };
        if let (Some(button), Some(dialog)) = (args.press, &outcome.dialog)
            && outcome.result == Ending::Refused
        {
            return Ok(app.choose(dialog, action(button))?.unwrap_or(outcome));
        }
        Ok(outcome)
    }

    /// The app with the link opens, asks its own core, and hands the link over.
    fn linked(&self, from: &str, args: &BrowseArgs, page: PageFacts) -> Result<Outcome, PhoneError> {
        let source = Here { phone: self.phone, id: from, screen: self.screen }.open(true)?;
        let whose = if args.context == BrowseContext::Work { Identity::Work } else { Identity::Personal };
        let outcome = source.app.follow_link(whose, &args.url, self.id, page);
        if let Some(handle) = source.owned {
            handle.close()?;
        }
        outcome
    }

    /// Homepage, icons and bookmarks.
    pub(super) fn browser_home(&self) -> anyhow::Result<Shown> {
        let Opened { app, owned, dialog } = self.open(true)?;
        let home = app.browser_home();
        if let Some(handle) = owned {
            handle.close()?;
        }
        let home = match home? {
            Err(outcome) => {
                return self.screen.outcome(&self.say("new-tab", ""), &outcome, dialog.as_ref());
            }
            Ok(home) => home,
        };
        if self.screen.json {
            return Shown::json(&json!(home), 0);
        }
        let word = |key: &str| say(self.screen.lang, key, []);
        let mut table = Table::new(&[&word("col-what"), &word("col-title"), &word("col-address")]);
        if let Some(page) = home.new_tab_page {
            table.row([word("new-tab"), String::new(), page]);
        }
        for link in home.top_sites {
            table.row([word("icon"), link.title, link.address]);
        }
        for link in home.bookmarks {
            table.row([word("bookmark"), link.title, link.address]);
        }
        Ok(Shown::table(&table))
    }
}

const fn context(context: BrowseContext) -> BrowserContext {
    match context {
        BrowseContext::Work => BrowserContext::Work,
        BrowseContext::Personal => BrowserContext::Personal,
        BrowseContext::InPrivate => BrowserContext::InPrivate,
    }
}

const fn action(button: BrowseButton) -> ButtonAction {
    match button {
        BrowseButton::SwitchToPersonal => ButtonAction::SwitchToPersonal,
        BrowseButton::AddPersonalAccount => ButtonAction::AddPersonalAccount,
        BrowseButton::OpenInPrivate => ButtonAction::OpenInPrivate,
        BrowseButton::Cancel => ButtonAction::Cancel,
    }
}
