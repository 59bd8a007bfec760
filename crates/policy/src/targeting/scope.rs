//! What a policy covers, compiled to masks and interned apps so that the question costs a few nanoseconds.

use std::collections::HashMap;

use ringfence_model::{AppId, ManagementState, Platform};

use super::{AppScope, Query, Target};

/// The apps that any policy names.
#[derive(Debug, Default)]
pub(super) struct Apps(HashMap<AppId, u32>);

/// A [`Query`] in interned form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    /// `None` for an app that no policy names.
    app: Option<u32>,
    platform: u8,
    management: u8,
}

/// The scope of one policy.
#[derive(Debug, Default)]
pub(super) struct Scope {
    platforms: u8,
    /// Zero = any.
    management: u8,
    /// Sorted; `None` = every app.
    apps: Option<Box<[u32]>>,
}

impl Apps {
    pub(super) fn asked(&self, query: &Query<'_>) -> Asked {
        Asked {
            app: self.0.get(query.app).copied(),
            platform: platform_bit(query.app.platform),
            management: management_bit(query.management),
        }
    }

    pub(super) fn compile(&mut self, target: &Target) -> Scope {
        let apps = match &target.apps {
            AppScope::All => None,
            AppScope::Listed(apps) => {
                let mut listed: Vec<u32> = apps.iter().map(|app| self.intern(app)).collect();
                listed.sort_unstable();
                Some(listed.into_boxed_slice())
            }
        };
        Scope {
            platforms: target.platforms.iter().fold(0, |mask, p| mask | platform_bit(*p)),
            management: target.management.iter().fold(0, |mask, m| mask | management_bit(*m)),
            apps,
        }
    }

    fn intern(&mut self, app: &AppId) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(app.clone()).or_insert(next)
    }
}

impl Scope {
    /// The same answer as `rules::covers`.
    pub(super) fn covers(&self, asked: Asked) -> bool {
        self.platforms & asked.platform != 0
            && (self.management == 0 || self.management & asked.management != 0)
            && match (&self.apps, asked.app) {
                (None, _) => true,
                (Some(apps), Some(app)) => apps.binary_search(&app).is_ok(),
                (Some(_), None) => false,
            }
    }
}

const fn platform_bit(platform: Platform) -> u8 {
    1 << platform as u8
}

const fn management_bit(management: ManagementState) -> u8 {
    1 << management as u8
}
