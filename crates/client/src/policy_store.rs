//! The policy obeyed: accepted in the order of protocol §5, written, and only then obeyed.
//!
//! A bundle that is refused changes nothing: the one obeyed stays until its lease ends, and then work data is
//! withheld.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_messages::ReasonCode;
use ringfence_model::{AppId, UnixMillis, settings::settings_from_json};
use ringfence_policy::{
    browser::{BrowserPolicy, Given},
    compile::CompiledPolicy,
    decide::Decision,
};
use ringfence_protocol::{
    Bytes, Digest, Refusal,
    bundle::{self, Audience, Bundle, BundleContent, BundleSource, Expected, Floors},
    envelope,
    keyset::Keyset,
};

use crate::{
    core::State,
    flow::{Cx, Lane},
    log::LogLevel,
    request::PolicySource,
    state::{PolicyRecord, Record as _, Verdict, encode},
};

/// A policy in a form that answers questions.
pub(crate) struct Obeyed {
    pub(crate) policy: CompiledPolicy,
    pub(crate) version: u64,
    pub(crate) content_hash: Digest,
    pub(crate) lease_ends_at: UnixMillis,
    pub(crate) managed_apps: Vec<AppId>,
    pub(crate) browser: BrowserPolicy,
    /// Certificates that this app may be signed with; empty = any.
    pub(crate) app_signers: Vec<String>,
    sources: Vec<PolicySource>,
    deciders: BTreeMap<String, Vec<u32>>,
}

impl Obeyed {
    fn new(state: &State, bundle: Bundle) -> Result<Self, Refusal> {
        let platform = state.config.app.platform;
        let settings = settings_from_json(&bundle.content.settings).map_err(|errors| {
            Refusal::Settings(errors.first().map(ToString::to_string).unwrap_or_default())
        })?;
        let managed_apps: Vec<AppId> =
            bundle.content.managed_apps.iter().map(|id| AppId::new(platform, id.clone())).collect();
        Ok(Self {
            browser: browser(&bundle.content),
            policy: CompiledPolicy::compile(platform, &settings, &managed_apps),
            version: bundle.version,
            content_hash: bundle.content_hash,
            lease_ends_at: bundle.expires_at,
            managed_apps,
            app_signers: bundle.content.app_signers,
            deciders: bundle.content.deciders,
            sources: bundle.content.sources.into_iter().map(source).collect(),
        })
    }
}

/// What the managed browser obeys.
fn browser(content: &BundleContent) -> BrowserPolicy {
    let given = content.config.iter().map(|entry| Given {
        name: &entry.name,
        value: &entry.value,
        sources: &entry.sources,
    });
    BrowserPolicy::compile(given)
}

impl Obeyed {
    /// The policies at these places in the bundle; all when there is none.
    pub(crate) fn sources_at(&self, indexes: &BTreeSet<u32>) -> Vec<PolicySource> {
        let named = |index: &u32| self.sources.get(usize::try_from(*index).ok()?).cloned();
        if indexes.is_empty() { self.sources.clone() } else { indexes.iter().filter_map(named).collect() }
    }

    /// The policies behind a decision: those that the bundle names for its settings, else all.
    pub(crate) fn sources_of(&self, decision: &Decision) -> Vec<PolicySource> {
        let indexes: BTreeSet<u32> = decision
            .settings()
            .filter_map(|setting| self.deciders.get(setting.name()))
            .flatten()
            .copied()
            .collect();
        self.sources_at(&indexes)
    }
}

fn source(source: BundleSource) -> PolicySource {
    PolicySource { policy: source.policy.to_string(), name: source.name, version: source.version }
}

fn audience(state: &State) -> Option<Audience<'_>> {
    let instance = state.instance.as_ref()?;
    Some(Audience { tenant: instance.tenant, platform: state.config.app.platform, app: &state.config.app.id })
}

/// What accepting a bundle would lead to.
pub(crate) struct Candidate {
    pub(crate) record: PolicyRecord,
    pub(crate) obeyed: Obeyed,
    /// The first policy of this instance.
    pub(crate) first: bool,
    /// There was a policy before, then for some time there was none.
    pub(crate) again: bool,
}

/// Judges a bundle from an authenticated reply. Pure: the state is the same afterwards.
pub(crate) fn judge(
    state: &State,
    bytes: &Bytes,
    hash: Option<&Digest>,
    etag: Option<String>,
    verdict: Verdict,
) -> Result<Candidate, Refusal> {
    let audience = audience(state).ok_or(Refusal::WrongInstance)?;
    let keyset = state.keyset.as_ref().ok_or(Refusal::KeysetMissing)?;
    let hash = hash.ok_or(Refusal::NotTheNamedBundle)?;
    let expected = Expected { audience, bundle_hash: Some(hash), wall: state.clock.now() };
    let known = state.policy.as_ref();
    let floors = known.map(|record| record.floors).unwrap_or_default();
    // The reply is fresh and tells the time: a server whose clock was ahead once must not make every later bundle look old.
    let floors = Floors { time: floors.time.min(state.clock.now()), ..floors };
    let accepted = bundle::accept(bytes.as_ref(), keyset, &expected, &floors)?;
    let first = floors.version == 0;
    let record = PolicyRecord {
        verdict,
        bundle: Some(bytes.clone()),
        floors: accepted.floors,
        etag,
        reported_version: known.and_then(|record| record.reported_version),
        reported: known.and_then(|record| record.reported.clone()),
        status_sequence: known.map_or(0, |record| record.status_sequence),
        restart_pending: first || known.is_some_and(|record| record.restart_pending),
    };
    let again = !first && known.is_some_and(|known| known.verdict.is_unprotected());
    Ok(Candidate { record, obeyed: Obeyed::new(state, accepted.bundle)?, first, again })
}

/// The record after the server said that there is no policy, or no licence. Floors stay.
pub(crate) fn without_policy(state: &State, verdict: Verdict, etag: Option<String>) -> PolicyRecord {
    let known = state.policy.as_ref();
    PolicyRecord {
        verdict,
        bundle: known.and_then(|record| record.bundle.clone()),
        floors: known.map(|record| record.floors).unwrap_or_default(),
        etag,
        reported_version: known.and_then(|record| record.reported_version),
        reported: known.and_then(|record| record.reported.clone()),
        status_sequence: known.map_or(0, |record| record.status_sequence),
        restart_pending: false,
    }
}

/// Changes the record, on disk and then in memory, from what the change before has left: a reply that comes late must not put
/// an older policy back. `false`: nothing was to be changed, or it could not be written and the old one stays in force.
pub(crate) async fn change(cx: &Cx, next: impl FnOnce(&mut State) -> Option<PolicyRecord>) -> bool {
    let _lane = cx.enter(Lane::Policy).await;
    let Some(record) = cx.with(next) else { return false };
    let written = write(cx, &record).await;
    if written {
        cx.with(|state| state.policy = Some(record));
    }
    written
}

/// Makes a record durable. An account that is being wiped gets none, also when the wipe began while this was written.
async fn write(cx: &Cx, record: &PolicyRecord) -> bool {
    let holder = |state: &mut State| {
        let account = state.instance.as_ref().map(|instance| instance.account);
        account.filter(|_| state.wipe.is_none())
    };
    let Some(account) = cx.with(holder) else { return false };
    if cx.put(PolicyRecord::SLOT, encode(record)).await.is_err() {
        cx.log(LogLevel::Error, "slot_not_written", PolicyRecord::SLOT);
        return false;
    }
    if cx.with(holder) == Some(account) {
        return true;
    }
    if cx.forget(PolicyRecord::SLOT).await.is_err() {
        cx.log(LogLevel::Error, "slot_not_removed", PolicyRecord::SLOT);
    }
    false
}

/// After a restart: reads the bundle that was obeyed before. One whose lease has ended is read as well, because it
/// says that the user is targeted; work data stays closed then.
pub(crate) async fn restore(cx: &Cx) {
    let restored = cx.with(|state| {
        let record = state.policy.as_ref()?;
        if !matches!(record.verdict, Verdict::Protected | Verdict::Disabled) {
            return None;
        }
        let bytes = record.bundle.as_ref()?;
        Some(reread(state, record, bytes))
    });
    match restored {
        None => {}
        Some(Ok(obeyed)) => {
            cx.with(|state| state.obeyed = Some(obeyed));
            // This is the restart that D2 asked for, whether or not that can be written.
            change(cx, |state| {
                let record = state.policy.as_mut()?;
                std::mem::take(&mut record.restart_pending).then(|| record.clone())
            })
            .await;
        }
        Some(Err(refusal)) => {
            cx.log(LogLevel::Error, "bundle_unreadable", refusal.code());
            cx.with(|state| state.refusals.insert(ReasonCode::BundleUnreadable));
        }
    }
}

fn reread(state: &State, record: &PolicyRecord, bytes: &Bytes) -> Result<Obeyed, Refusal> {
    let keyset: &Keyset = state.keyset.as_ref().ok_or(Refusal::KeysetMissing)?;
    let audience = audience(state).ok_or(Refusal::WrongInstance)?;
    let claims: Bundle = envelope::parse(bytes.as_ref())?.claims()?;
    let floors = Floors { time: UnixMillis(0), ..record.floors };
    let expected = Expected { audience, bundle_hash: None, wall: claims.issued_at };
    let accepted = bundle::accept(bytes.as_ref(), keyset, &expected, &floors)?;
    Obeyed::new(state, accepted.bundle)
}
