//! What is remembered of providers on this node: metadata and keys, for a short while, so that a key that the
//! provider has taken back stops counting.
//!
//! A token with an unknown key id makes the keys be fetched again, at most every [`RETRY`]: that is how a new key is found at
//! once and how the set replaces the old one as a whole.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use ringfence_model::{Millis, UnixMillis};
use uuid::Uuid;

use super::{Metadata, Provider, ProviderError, fetch, settings::is_plain};
use crate::{env::Env, jose::KeySet};

/// Keys are fetched again after this.
const FRESH: Millis = Millis::from_minutes(5);

/// Keys of a provider that does not answer serve on until this.
const STALE: Millis = Millis::from_minutes(30);

/// A provider is asked at most once in this span.
const RETRY: Millis = Millis::from_secs(10);

/// What is known of one provider.
#[derive(Debug, Clone)]
struct Known {
    metadata: Arc<Metadata>,
    keys: Arc<KeySet>,
    at: UnixMillis,
}

/// The state of one provider as it was configured at one time.
#[derive(Debug, Default)]
struct Entry {
    known: RwLock<Option<Known>>,
    /// Held by whoever asks the provider, with the time of the last attempt and what came of it.
    asking: tokio::sync::Mutex<Option<(UnixMillis, Result<(), String>)>>,
}

impl Entry {
    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory(RwLock<HashMap<(Uuid, UnixMillis), Arc<Entry>>>);

impl Memory {
    fn entry(&self, provider: &Provider) -> Arc<Entry> {
        let key = (provider.id, provider.changed_at);
        if let Some(entry) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(entry);
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(id, _), _| *id != provider.id);
        Arc::clone(all.entry(key).or_default())
    }

    /// The provider's keys, fetched when they are old or do not know `key_id`.
    pub(crate) async fn keys(
        &self,
        env: &Env,
        provider: &Provider,
        key_id: Option<&str>,
    ) -> Result<Arc<KeySet>, ProviderError> {
        Ok(self.get(env, provider, |keys| keys.knows(key_id)).await?.keys)
    }

    /// What the provider says of itself.
    pub(crate) async fn metadata(
        &self,
        env: &Env,
        provider: &Provider,
    ) -> Result<Arc<Metadata>, ProviderError> {
        Ok(self.get(env, provider, |_| true).await?.metadata)
    }

    async fn get(
        &self,
        env: &Env,
        provider: &Provider,
        suffices: impl Fn(&KeySet) -> bool,
    ) -> Result<Known, ProviderError> {
        let entry = self.entry(provider);
        let good = |known: &Known| env.now().since(known.at) < FRESH && suffices(&known.keys);
        if let Some(known) = entry.known().filter(good) {
            return Ok(known);
        }
        let mut last = entry.asking.lock().await;
        if let Some(known) = entry.known().filter(good) {
            return Ok(known);
        }
        let outcome = match &*last {
            Some((at, outcome)) if env.now().since(*at) < RETRY && *at <= env.now() => outcome.clone(),
            _ => {
                let outcome = ask(provider, env.now()).await.map(|known| {
                    *entry.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
                });
                *last = Some((env.now(), outcome.clone()));
                outcome
            }
        };
        // What is known may lack the key: then the signature is refused. It may be old: then it serves a while longer.
        match (entry.known().filter(|known| env.now().since(known.at) < STALE), outcome) {
            (Some(known), _) => Ok(known),
            (None, Err(why)) => Err(ProviderError::Unavailable { name: provider.name.clone(), why }),
            (None, Ok(())) => {
                let why = "its keys are too old".to_owned();
                Err(ProviderError::Unavailable { name: provider.name.clone(), why })
            }
        }
    }
}

/// Asks the provider for metadata and keys.
async fn ask(provider: &Provider, now: UnixMillis) -> Result<Known, String> {
    let settings = &provider.settings;
    let metadata = Metadata::fetch(settings).await?;
    let ca = settings.ca_certificate.as_deref();
    let body = fetch::get(&metadata.jwks_uri, is_plain(&settings.issuer), ca).await;
    let body = body.map_err(|error| error.to_string())?;
    let keys = KeySet::parse(&body).map_err(|why| format!("`{}` {why}", metadata.jwks_uri))?;
    Ok(Known { metadata: Arc::new(metadata), keys: Arc::new(keys), at: now })
}

/// Asks the provider now, past everything remembered: what an administrator's test does.
pub(super) async fn probe(
    provider: &Provider,
    now: UnixMillis,
) -> Result<(Arc<Metadata>, Arc<KeySet>), String> {
    ask(provider, now).await.map(|known| (known.metadata, known.keys))
}
