//! Buttons of the dialog on the screen, and what a person does next: sign in, restart, update, change a setting.
//!
//! What happens inside the app is the client core's affair and goes to it; what happens on the phone (the store, the
//! settings, ending and starting the app) happens here.

use std::path::PathBuf;

use ringfence_messages::{ButtonAction, Dialog, ReasonCode};
use ringfence_model::Version;

use crate::{
    AppHandle, Install, Outcome, Phone, PhoneError,
    atomic::{self, Access},
    outcome::Ending,
};

/// A button, and what the person then does with the phone.
#[derive(Debug, Clone)]
pub struct Press {
    /// The button.
    pub action: ButtonAction,
    /// Name and password, for *sign in*.
    pub account: Option<(String, String)>,
    /// For *update* and *install the companion* a version, for *send logs* the ticket reference, for *open settings* `FACT=VALUE`, for *install app* an id.
    pub with: Vec<String>,
}

impl Press {
    /// A button that needs nothing else.
    pub fn new(action: ButtonAction) -> Self {
        Self { action, account: None, with: Vec::new() }
    }
}

/// A button by its name, such as `sign-in` or `removeAccount`.
///
/// # Errors
/// [`PhoneError::Invalid`] naming all buttons.
pub fn parse_button(text: &str) -> Result<ButtonAction, PhoneError> {
    let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
    ButtonAction::ALL.into_iter().find(|action| plain(name(*action)) == plain(text)).ok_or_else(|| {
        let names: Vec<&str> = ButtonAction::ALL.into_iter().map(name).collect();
        PhoneError::Invalid { what: "button", value: text.to_owned(), allowed: names.join(", ") }
    })
}

fn name(action: ButtonAction) -> &'static str {
    let key = action.key();
    key.strip_prefix("button-").unwrap_or(key)
}

impl Phone {
    fn screen_path(&self, app: &str) -> PathBuf {
        self.app_folder(app).join("screen.json")
    }

    /// The dialog that an app has on the screen; it stays there when the process ends, until something else comes or a
    /// button is pressed.
    pub fn screen(&self, app: &str) -> Result<Option<Dialog>, PhoneError> {
        atomic::read_json(&self.screen_path(app))
    }

    pub(crate) fn set_screen(&self, app: &str, dialog: Option<&Dialog>) -> Result<(), PhoneError> {
        match dialog {
            Some(dialog) => atomic::write_json(&self.screen_path(app), dialog, Access::Ordinary),
            None => atomic::remove(&self.screen_path(app)).map(drop),
        }
    }

    /// The dialog with this code leaves the screen, if it is the one there.
    pub(crate) fn close_dialog(&self, app: &str, code: &str) -> Result<(), PhoneError> {
        match self.screen(app)? {
            Some(dialog) if dialog.code == code => self.set_screen(app, None),
            _ => Ok(()),
        }
    }

    /// Presses a button of the dialog that an app has on the screen and does what it says. `open` is the app's process when
    /// it is open here; what comes back is the process afterwards.
    ///
    /// # Errors
    /// [`PhoneError::Missing`] when nothing is on the screen, [`PhoneError::Invalid`] for a button that is not there or
    /// lacks what it needs, [`PhoneError::Busy`] when the app is open elsewhere.
    pub fn press(
        &self,
        app: &str,
        open: Option<AppHandle>,
        press: &Press,
    ) -> Result<(Option<AppHandle>, Outcome), PhoneError> {
        let dialog = self.screen(app)?.ok_or_else(|| PhoneError::missing("dialog on the screen of", app))?;
        check(&dialog, press)?;
        let handle = match open {
            Some(handle) => handle,
            None => self.start(app)?,
        };
        match press.action {
            ButtonAction::Restart => {
                handle.press(&dialog.code, press.action)?;
                self.reopen(app, handle)
            }
            ButtonAction::CloseApp => {
                handle.press(&dialog.code, press.action)?;
                handle.close()?;
                Ok((None, Outcome::new(app, Ending::Allowed)))
            }
            ButtonAction::Update => {
                handle.press(&dialog.code, press.action)?;
                handle.close()?;
                self.install_update(app, version(press, self.app(app)?.version)?, None)?;
                let (handle, outcome) = self.open_app(app)?;
                Ok((Some(handle), outcome))
            }
            ButtonAction::SignIn => {
                let Some((user, password)) = &press.account else { return Err(lacks("name and password")) };
                // Without a name: the one that the dialog has filled in.
                let filled_in = handle.status()?.registered_account;
                let user = if user.is_empty() { filled_in.as_ref().unwrap_or(user) } else { user };
                handle.press(&dialog.code, press.action)?;
                let outcome = handle.sign_in(user, password)?;
                Ok((Some(handle), outcome))
            }
            ButtonAction::InstallCompanion => {
                let present = self.record()?.facts.companion_version.unwrap_or(Version([4, 9, 0, 0]));
                let version = version(press, present)?;
                self.set_facts(&[
                    format!("companionVersion={version}"),
                    "companionUpdateAgeDays=0".to_owned(),
                ])?;
                answered(handle, &dialog, press.action)
            }
            ButtonAction::OpenSettings => {
                self.set_facts(&press.with)?;
                answered(handle, &dialog, press.action)
            }
            ButtonAction::InstallApp => {
                for id in &press.with {
                    self.install(&Install::managed(id.as_str()))?;
                }
                answered(handle, &dialog, press.action)
            }
            ButtonAction::Retry => answered(handle, &dialog, press.action),
            ButtonAction::SendLogs => {
                let Some(ticket) = press.with.first() else {
                    return Err(PhoneError::Invalid {
                        what: "button",
                        value: name(press.action).to_owned(),
                        allowed: "give the ticket reference that help desk told you".to_owned(),
                    });
                };
                self.send_logs(ticket, Some(app))?;
                let outcome = handle.press(&dialog.code, press.action)?;
                Ok((Some(handle), outcome))
            }
            ButtonAction::RemoveAccount if concerns_the_phone(&dialog) => {
                let registered = handle.status()?.registered_account;
                match self.remove_account(registered.as_deref()) {
                    // It is gone already: pressed once more after an app died over it.
                    Ok(_) | Err(PhoneError::Missing { .. }) => {}
                    Err(error) => return Err(error),
                }
                // Last: until all is done the dialog stays, and can be answered again.
                handle.press(&dialog.code, press.action)?;
                Ok((Some(handle), Outcome::new(app, Ending::Allowed)))
            }
            // Everything else happens inside the app.
            _ => {
                let outcome = handle.press(&dialog.code, press.action)?;
                Ok((Some(handle), outcome))
            }
        }
    }

    fn reopen(&self, app: &str, handle: AppHandle) -> Result<(Option<AppHandle>, Outcome), PhoneError> {
        handle.close()?;
        let (handle, outcome) = self.open_app(app)?;
        Ok((Some(handle), outcome))
    }
}

/// The person comes back to the app: it looks again.
fn answered(
    handle: AppHandle,
    dialog: &Dialog,
    action: ButtonAction,
) -> Result<(Option<AppHandle>, Outcome), PhoneError> {
    handle.press(&dialog.code, action)?;
    let outcome = handle.foreground()?;
    Ok((Some(handle), outcome))
}

/// The account to remove is the one of this phone, in whichever apps it is.
fn concerns_the_phone(dialog: &Dialog) -> bool {
    matches!(dialog.reason, ReasonCode::OtherAccountRegistered | ReasonCode::RegisteredAccountGone)
}

fn check(dialog: &Dialog, press: &Press) -> Result<(), PhoneError> {
    if dialog.buttons.iter().any(|button| button.action == press.action) {
        return Ok(());
    }
    let there: Vec<&str> = dialog.buttons.iter().map(|button| name(button.action)).collect();
    Err(PhoneError::Invalid {
        what: "button",
        value: name(press.action).to_owned(),
        allowed: format!("the dialog {} has: {}", dialog.code, there.join(", ")),
    })
}

fn lacks(what: &str) -> PhoneError {
    PhoneError::Invalid { what: "button", value: "sign-in".to_owned(), allowed: format!("give {what}") }
}

/// The version given, or the next one.
fn version(press: &Press, present: Version) -> Result<Version, PhoneError> {
    match press.with.first() {
        Some(text) => text.parse().map_err(|_| PhoneError::Invalid {
            what: "version",
            value: text.clone(),
            allowed: "a version such as 2.1".to_owned(),
        }),
        None => {
            let Version([major, minor, ..]) = present;
            Ok(Version([major, minor.saturating_add(1), 0, 0]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_have_names() {
        for action in ButtonAction::ALL {
            assert_eq!(parse_button(name(action)).unwrap(), action);
        }
        assert_eq!(parse_button("removeAccount").unwrap(), ButtonAction::RemoveAccount);
        assert!(parse_button("jump").unwrap_err().to_string().contains("sign-in"));
    }
}
