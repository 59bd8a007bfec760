//! A browser app with its client core: pages, and links that work apps hand to it.

use std::time::{Duration, Instant};

use ringfence_client::{Answer, AppRequest, BrowserContext, BrowserHome, Identity, LinkOpener, PageFacts};
use ringfence_messages::{ButtonAction, Dialog};

use crate::{App, AppEvent, Outcome, PhoneError};

/// How long the core may take to answer a button; nothing goes over the network.
const PATIENCE: Duration = Duration::from_secs(10);

impl App {
    /// Opens a page in this browser.
    pub fn browse(&self, url: &str, context: BrowserContext, page: PageFacts) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::Navigate { url: url.to_owned(), context, page })
    }

    /// Presses a button of the dialog about a page.
    ///
    /// # Returns
    /// The outcome of the page, now open where the user chose; `None` for a button that opens nothing.
    pub fn choose(&self, dialog: &Dialog, action: ButtonAction) -> Result<Option<Outcome>, PhoneError> {
        let events = self.events()?;
        self.press(&dialog.code, action)?;
        let until = Instant::now() + PATIENCE;
        while let Ok(event) = events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            match event {
                AppEvent::PageOpened { context, .. } => {
                    let opened = Outcome::new(self.id(), crate::Ending::Allowed);
                    return Ok(Some(Outcome { opens_in: Some(context), ..opened }));
                }
                // The dialog goes last: what has not opened by then does not open.
                AppEvent::DialogClosed(code) if code == dialog.code => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Homepage, icons and bookmarks of the organisation.
    pub fn browser_home(&self) -> Result<Result<BrowserHome, Outcome>, PhoneError> {
        Ok(match self.ask(AppRequest::BrowserHome)? {
            Answer::BrowserHome(home) => Ok(*home),
            other => Err(Outcome::of(self.id(), other)),
        })
    }

    /// Follows a link in this app into a browser of the phone, which takes the place of the organisation's browser.
    /// This app is asked first; what the browser makes of the page comes beside its answer.
    pub fn follow_link(
        &self,
        identity: Identity,
        url: &str,
        browser: &str,
        page: PageFacts,
    ) -> Result<Outcome, PhoneError> {
        let target = self.phone().app(browser)?;
        let asked = self.open_link(identity, url, LinkOpener::ManagedBrowser)?;
        if !asked.allowed() || !target.managed {
            return Ok(asked);
        }
        let work = identity == Identity::Work;
        let context = if work { BrowserContext::Work } else { BrowserContext::Personal };
        let page = PageFacts { work_link: work, ..page };
        let received = match self.phone().find_open(&target.id)? {
            Some(open) => open.browse(url, context, page)?,
            None => {
                let open = self.phone().start(&target.id)?;
                open.foreground()?;
                let received = open.browse(url, context, page);
                open.close()?;
                received?
            }
        };
        Ok(Outcome { received: Some(Box::new(asked)), ..received })
    }
}
