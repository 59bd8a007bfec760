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
    input::KeyFailure,
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

/// What a recording may keep of a packet: format and account.
pub(crate) fn header(bytes: &[u8]) -> Option<&[u8]> {
    Packet::parse(bytes).ok().map(|packet| packet.header)
}

fn key_context(tag: AccountTag) -> Vec<u8> {
    format!("ringfence/share-key/v1\0{}\0{}", tag.tenant, tag.account).into_bytes()
}

/// Seals `plain` for the managed apps of the account.
pub(crate) async fn seal(cx: &Cx, tag: AccountTag, plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let key = Zeroizing::new(cx.random::<32>().await);
    let salt = cx.random::<SALT_BYTES>().await;
    let alias = names::share_alias(tag.account);
    let op = KeyOp::Seal { alias: alias.clone(), context: key_context(tag), plain: key.to_vec() };
    let sealed_key = match cx.key_bytes(op.clone()).await {
        // It went while another app gave it up, or with the companion's data: what is sealed from now on needs a new one.
        Err(KeyFailure::Missing) => {
            cx.key(KeyOp::MakeSealKey { alias }).await.map_err(key_failure)?;
            cx.key_bytes(op).await
        }
        answer => answer,
    }
    .map_err(key_failure)?;
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
    let open = || {
        let opened = chunked::open(&key, &[CONTEXT, packet.header].concat(), packet.body);
        opened.map_err(|_| Failure::Unreadable.code().to_owned())
    };
    let plain = cx.with(|state| state.witness.content("packet", open));
    plain.map(Zeroizing::new).map_err(|_| Failure::Unreadable)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{
        core::{AppConfig, State},
        effect::Effect,
        flow::Flows,
        input::{KeyReply, Outcome},
    };

    const PLAIN: &[u8] = b"the plan";
    const SEALED_KEY: &[u8] = b"sealed in the key store";

    fn tag() -> AccountTag {
        AccountTag {
            tenant: TenantId(uuid::Uuid::from_u128(7)),
            account: AccountId(uuid::Uuid::from_u128(9)),
        }
    }

    /// Runs a flow whose one key operation is answered with `reply`; random bytes are all 7.
    fn run<F>(flow: impl FnOnce(Cx) -> F, reply: &[u8]) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let config = AppConfig {
            app: ringfence_model::AppId::new(ringfence_model::Platform::Ios, "org.example.notes"),
            app_version: "1.0".parse().unwrap(),
            sdk_version: "1.0".parse().unwrap(),
            server_pin: None,
            requires_policy: false,
            registers: true,
            identities: crate::Identities::default(),
            lang: ringfence_messages::Lang::En,
        };
        let cx = Cx::new(State::new(config));
        let mut flows = Flows::new(cx.clone());
        let result = Arc::new(Mutex::new(None));
        let (there, flow) = (Arc::clone(&result), flow(cx.clone()));
        cx.spawn(async move {
            let output = flow.await;
            *there.lock().unwrap() = Some(output);
        });
        let effects = flows.run(&mut |out| out.fill(7));
        let [Effect::KeyStore { req, .. }] = effects.as_slice() else { panic!("{effects:?}") };
        assert!(cx.complete(*req, Outcome::Key(Ok(KeyReply::Bytes(reply.to_vec())))));
        flows.run(&mut |out| out.fill(7));
        result.lock().unwrap().take().unwrap()
    }

    fn opened(bytes: &[u8], key: &[u8]) -> Result<Vec<u8>, Failure> {
        let bytes = bytes.to_vec();
        let flow =
            |cx: Cx| async move { open(&cx, Packet::parse(&bytes)?).await.map(|plain| plain.to_vec()) };
        run(flow, key)
    }

    /// `RINGFENCE_BLESS=1` writes the file when it does not exist yet; it is kept for ever.
    #[test]
    fn the_golden_packet_is_made_and_opened() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/client/v1/packet.bin");
        let packet = run(|cx| async move { seal(&cx, tag(), PLAIN).await }, SEALED_KEY).unwrap();
        if std::env::var_os("RINGFENCE_BLESS").is_some() && std::fs::metadata(path).is_err() {
            std::fs::write(path, &packet).unwrap();
        }
        assert_eq!(std::fs::read(path).unwrap(), packet);
        assert_eq!(Packet::parse(&packet).unwrap().tag, tag());
        assert_eq!(opened(&packet, &[7; 32]).unwrap(), PLAIN);
        assert_eq!(opened(&packet, &[8; 32]), Err(Failure::Unreadable));
        assert_eq!(opened(&packet, b"short"), Err(Failure::Unreadable));
        for at in (8..HEADER).chain([packet.len() - 1]) {
            let mut changed = packet.clone();
            changed[at] ^= 1;
            assert_eq!(opened(&changed, &[7; 32]), Err(Failure::Unreadable), "byte {at}");
        }
    }

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
