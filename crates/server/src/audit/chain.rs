//! The chain's arithmetic.

use aws_lc_rs::digest::{Context, SHA256, digest};

use super::Entry;

pub(super) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// The chain hash of an entry that follows `previous`; ignores `entry.hash`.
pub(super) fn link(previous: &str, entry: &Entry) -> String {
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    context.update(if entry.content_hash.is_some() { b"ringfence/audit/v2" } else { b"ringfence/audit/v1" });
    context.update(&hex::decode(previous).unwrap_or_default());
    let token = entry.token.map(|token| token.to_string());
    let fields: [Option<&[u8]>; 10] = [
        Some(&entry.seq.to_be_bytes()),
        Some(&entry.at.0.to_be_bytes()),
        Some(entry.actor.as_bytes()),
        token.as_deref().map(str::as_bytes),
        Some(entry.act.as_bytes()),
        Some(entry.object.as_bytes()),
        entry.before_hash.as_deref().map(str::as_bytes),
        entry.after_hash.as_deref().map(str::as_bytes),
        entry.request.as_deref().map(str::as_bytes),
        Some(entry.outcome.as_bytes()),
    ];
    let content = entry.content_hash.as_deref().map(str::as_bytes);
    for field in fields.into_iter().chain(content.map(Some)) {
        match field {
            None => context.update(&[0]),
            Some(bytes) => {
                context.update(&[1]);
                context.update(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
                context.update(bytes);
            }
        }
    }
    hex::encode(context.finish())
}
