//! What a command needs from this terminal before it can run anywhere: password, content, the app it is for.

use std::io::Read as _;

use anyhow::Context;

use super::{
    args::{AppArg, AppCommand, Content, DocCommand},
    secret,
};

impl AppCommand {
    /// Reads what the command needs from this terminal: password and content.
    pub(super) fn complete(&mut self) -> anyhow::Result<()> {
        match self {
            Self::SignIn { user: Some(user), password_stdin, password_file, password, .. }
            | Self::Press { user: Some(user), password_stdin, password_file, password, .. } => {
                *password = secret::password(*password_stdin, password_file.as_deref(), user)?;
            }
            Self::Doc(DocCommand::Create { content, .. } | DocCommand::Write { content, .. }) => {
                content.read()?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The phone and the app that the command is for.
    pub(super) const fn app(&self) -> &AppArg {
        match self {
            Self::SignIn { app, .. }
            | Self::Press { app, .. }
            | Self::Pin { app, .. }
            | Self::Biometric { app, .. }
            | Self::ChangePin { app, .. }
            | Self::SignOut { app }
            | Self::Open { app }
            | Self::Identity { app, .. }
            | Self::Sync { app }
            | Self::Status { app }
            | Self::BrowserHome { app } => app,
            Self::Browse(args) => &args.app,
            Self::Doc(command) => command.app(),
            Self::Share { doc, .. }
            | Self::OpenIn { doc, .. }
            | Self::Targets { doc }
            | Self::SaveAs { doc, .. }
            | Self::OpenFrom { doc, .. }
            | Self::Copy { doc }
            | Self::Paste { doc }
            | Self::Print { doc } => &doc.app,
            Self::Screenshot(screen)
            | Self::Notify(screen)
            | Self::Backup(screen)
            | Self::Contacts(screen)
            | Self::Link { screen, .. }
            | Self::Dial { screen, .. }
            | Self::Message { screen, .. }
            | Self::Keyboard { screen, .. }
            | Self::Offer { screen, .. } => &screen.app,
        }
    }
}

impl DocCommand {
    const fn app(&self) -> &AppArg {
        match self {
            Self::Create { doc, .. }
            | Self::Write { doc, .. }
            | Self::Read { doc }
            | Self::Delete { doc } => &doc.app,
            Self::List { app } => app,
        }
    }
}

impl Content {
    fn read(&mut self) -> anyhow::Result<()> {
        if let Some(text) = &self.text {
            self.bytes = text.clone().into_bytes();
        } else if let Some(path) = &self.file {
            self.bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        } else {
            std::io::stdin().lock().read_to_end(&mut self.bytes).context("cannot read standard input")?;
        }
        Ok(())
    }
}
