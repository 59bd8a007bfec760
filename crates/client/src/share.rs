//! Data sealed before it leaves the app (S1): readable in managed apps of the same account on this device only.
//!
//! ```text
//! 0   magic "RNGS"
//! 4   format version u8 = 1
//! 5   suite u8 = 1 (Cobblestone-256)
//! 6   length of the sealed key, u16 big-endian
//! 8   tenant, 16 bytes
//! 24  account, 16 bytes
//! 40  the packet's key, sealed in the key store by the key that the account's apps share
//!     chunked message, context = "ringfence/share/v1" ‖ 0 ‖ the first 40 bytes
//! ```

use ringfence_model::{AccountId, TenantId};
use ringfence_vault::chunked::{self, SALT_BYTES};
use zeroize::Zeroizing;

use crate::{
    effect::KeyOp,
    flow::Cx,
    keys::key_failure,
    names,
    request::{AccountTag, Failure},
};

const MAGIC: &[u8; 4] = b"RNGS";
const VERSION_AND_SUITE: [u8; 2] = [1, 1];
const HEADER: usize = 40;
const CONTEXT: &[u8] = b"ringfence/share/v1\0";
const MAX_SEALED_KEY: usize = 1024;

/// A packet, taken apart without any key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    header: &'a [u8],
    sealed_key: &'a [u8],
    body: &'a [u8],
    /// Whose data it holds.
    pub(crate) tag: AccountTag,
}

impl<'a> Packet<'a> {
    /// Whether these bytes claim to be a packet.
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Failure> {
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(Failure::Unreadable)?;
        let fixed: &[u8; HEADER] = header.try_into().map_err(|_| Failure::Unreadable)?;
        let [m0, m1, m2, m3, version, suite, l0, l1, ids @ ..] = *fixed;
        if [m0, m1, m2, m3] != *MAGIC || [version, suite] != VERSION_AND_SUITE {
            return Err(Failure::Unreadable);
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let (sealed_key, body) = rest.split_at_checked(length).ok_or(Failure::Unreadable)?;
        let (tenant, account) = ids.split_at_checked(16).ok_or(Failure::Unreadable)?;
        let id = |bytes: &[u8]| uuid::Uuid::from_slice(bytes).map_err(|_| Failure::Unreadable);
        let tag = AccountTag { tenant: TenantId(id(tenant)?), account: AccountId(id(account)?) };
        Ok(Self { header, sealed_key, body, tag })
    }
}

fn key_context(tag: AccountTag) -> Vec<u8> {
    format!("ringfence/share-key/v1\0{}\0{}", tag.tenant, tag.account).into_bytes()
}

/// Seals `plain` for the managed apps of the account.
pub(crate) async fn seal(cx: &Cx, tag: AccountTag, plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let key = Zeroizing::new(cx.random::<32>().await);
    let salt = cx.random::<SALT_BYTES>().await;
    let op = KeyOp::Seal {
        alias: names::share_alias(tag.account),
        context: key_context(tag),
        plain: key.to_vec(),
    };
    let sealed_key = cx.key_bytes(op).await.map_err(key_failure)?;
    let length = u16::try_from(sealed_key.len()).map_err(|_| Failure::Broken)?;
    if sealed_key.len() > MAX_SEALED_KEY {
        return Err(Failure::Broken);
    }
    let header = [
        MAGIC.as_slice(),
        &VERSION_AND_SUITE,
        &length.to_be_bytes(),
        tag.tenant.0.as_bytes(),
        tag.account.0.as_bytes(),
    ]
    .concat();
    let body =
        chunked::seal(&key, &[CONTEXT, &header].concat(), &salt, plain).map_err(|_| Failure::TooLarge)?;
    Ok([header, sealed_key, body].concat())
}

/// Opens a packet of this account.
pub(crate) async fn open(cx: &Cx, packet: Packet<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let op = KeyOp::Unseal {
        alias: names::share_alias(packet.tag.account),
        context: key_context(packet.tag),
        sealed: packet.sealed_key.to_vec(),
    };
    let key = Zeroizing::new(cx.key_bytes(op).await.map_err(key_failure)?);
    let key: Zeroizing<[u8; 32]> =
        Zeroizing::new(key.as_slice().try_into().map_err(|_| Failure::Unreadable)?);
    chunked::open(&key, &[CONTEXT, packet.header].concat(), packet.body).map_err(|_| Failure::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_packet_is_refused() {
        assert!(!Packet::is_one(b"plain"));
        let mut good = [MAGIC.as_slice(), &[1, 1, 0, 2], &[7; 16], &[9; 16], b"kk", b"body"].concat();
        let packet = Packet::parse(&good).unwrap();
        assert_eq!((packet.sealed_key, packet.body), (b"kk".as_slice(), b"body".as_slice()));
        assert_eq!(packet.tag.account.0.as_bytes(), &[9; 16]);
        assert!(Packet::parse(&good[..41]).is_err());
        assert!(Packet::parse(&good[..10]).is_err());
        good[4] = 2;
        assert!(Packet::parse(&good).is_err());
    }
}
