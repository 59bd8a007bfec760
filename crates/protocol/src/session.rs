//! Sessions (protocol §4): a signed Diffie–Hellman proves the instance key once; HMACs carry the proof from
//! there. Both halves live here, so that they cannot disagree.

use std::fmt;

use aws_lc_rs::{agreement, hkdf, hmac};
use ringfence_model::{InstanceId, Millis, SessionId, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    bytes::{Bytes, Digest, Nonce, Point},
    envelope::{self, Algorithm, Namespace, Pending, SignError},
    keys::{InstancePublicKey, KeyError, SigningKey},
    keyset::Keyset,
    refusal::Refusal,
};

/// Longest life of a session.
pub const MAX_SESSION: Millis = Millis::from_minutes(60);

const KEYS_INFO: &[u8] = b"ringfence/session/v1";

/// The phone's half of the handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// Organisation.
    pub tenant: TenantId,
    /// Which instance.
    pub instance: InstanceId,
    /// Ephemeral P-256 key.
    pub ephemeral_key: Point,
    /// Fresh randomness.
    pub nonce: Nonce,
    /// When it was signed, by the phone's clock. Nothing depends on it: a hello sent again opens a session that
    /// only the holder of the ephemeral key can use.
    pub at: UnixMillis,
}

/// The server's half of the handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionReply {
    /// Organisation.
    pub tenant: TenantId,
    /// Which instance.
    pub instance: InstanceId,
    /// The new session.
    pub session: SessionId,
    /// Ephemeral P-256 key.
    pub ephemeral_key: Point,
    /// SHA-256 of the signed hello.
    pub hello_hash: Digest,
    /// End of the session.
    pub expires_at: UnixMillis,
    /// The server's clock: the phone's next time floor.
    pub server_time: UnixMillis,
}

/// `POST /phone/v1/sessions`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRequest {
    /// Signed [`Hello`].
    pub hello: Bytes,
}

/// Answer to [`SessionRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    /// Signed [`SessionReply`].
    pub reply: Bytes,
}

/// An ephemeral P-256 key pair for one handshake.
pub struct Ephemeral {
    private: agreement::PrivateKey,
    public: Point,
}

impl fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ephemeral").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Ephemeral {
    /// Makes a key pair from the caller's randomness. Draws again for the one scalar in 2³² that is no key.
    pub fn make(entropy: &mut dyn FnMut(&mut [u8])) -> Result<Self, KeyError> {
        for _ in 0..8 {
            let mut scalar = Zeroizing::new([0; 32]);
            entropy(scalar.as_mut());
            let Ok(private) = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, scalar.as_ref())
            else {
                continue;
            };
            let public = private.compute_public_key().map_err(|_| KeyError::Invalid)?;
            let public = Point(public.as_ref().try_into().map_err(|_| KeyError::Invalid)?);
            return Ok(Self { private, public });
        }
        Err(KeyError::Unavailable)
    }

    /// Its public half.
    pub const fn public(&self) -> &Point {
        &self.public
    }

    fn keys(&self, peer: &Point, salt: &Digest) -> Result<SessionKeys, Refusal> {
        // Checks the point as well: on the curve, not at infinity.
        let peer = InstancePublicKey::from_point(peer).map(|_| peer).map_err(|_| Refusal::KeyExchange)?;
        let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, peer.0);
        agreement::agree(&self.private, peer, Refusal::KeyExchange, |secret| {
            SessionKeys::derive(secret, salt)
        })
    }
}

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        64
    }
}

/// The two HMAC keys of a session. In memory only.
#[derive(Clone)]
pub struct SessionKeys {
    pub(crate) request: hmac::Key,
    pub(crate) reply: hmac::Key,
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys(..)")
    }
}

impl SessionKeys {
    fn derive(secret: &[u8], salt: &Digest) -> Result<Self, Refusal> {
        let mut both = Zeroizing::new([0; 64]);
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt.0).extract(secret);
        let okm = prk.expand(&[KEYS_INFO], KeyLength).map_err(|_| Refusal::KeyExchange)?;
        okm.fill(both.as_mut()).map_err(|_| Refusal::KeyExchange)?;
        let (request, reply) = both.split_at_checked(32).ok_or(Refusal::KeyExchange)?;
        Ok(Self {
            request: hmac::Key::new(hmac::HMAC_SHA256, request),
            reply: hmac::Key::new(hmac::HMAC_SHA256, reply),
        })
    }
}

/// The salt of the key derivation: SHA-256(signed hello ‖ reply payload).
fn transcript(hello: &[u8], reply_payload: &[u8]) -> Digest {
    Digest::of_parts(&[hello, reply_payload])
}

/// The phone's handshake, between the two messages.
#[derive(Debug)]
pub struct PhoneHandshake {
    ephemeral: Ephemeral,
    tenant: TenantId,
    instance: InstanceId,
    pending: Pending,
}

/// The phone's handshake after its hello has been signed.
#[derive(Debug)]
pub struct AwaitingReply {
    ephemeral: Ephemeral,
    tenant: TenantId,
    instance: InstanceId,
    /// The signed hello, to be sent.
    pub hello: Vec<u8>,
}

/// What a handshake has agreed.
#[derive(Debug, Clone)]
pub struct Established {
    /// The server's half.
    pub reply: SessionReply,
    /// The keys.
    pub keys: SessionKeys,
}

impl PhoneHandshake {
    /// Begins: makes the ephemeral key and nonce and prepares the hello for the instance key to sign.
    pub fn begin(
        tenant: TenantId,
        instance: InstanceId,
        key: &InstancePublicKey,
        at: UnixMillis,
        entropy: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Self, SignError> {
        let ephemeral = Ephemeral::make(entropy)?;
        let mut nonce = Nonce([0; 32]);
        entropy(&mut nonce.0);
        let hello = Hello { tenant, instance, ephemeral_key: *ephemeral.public(), nonce, at };
        let pending = envelope::prepare(Algorithm::Es256, Namespace::Hello, key.id(), &hello)?;
        Ok(Self { ephemeral, tenant, instance, pending })
    }

    /// The bytes for the instance key to sign.
    pub fn to_be_signed(&self) -> &[u8] {
        self.pending.to_be_signed()
    }

    /// Takes the signature (r ‖ s, 64 bytes).
    pub fn signed(self, signature: Vec<u8>) -> Result<AwaitingReply, Refusal> {
        let hello = self.pending.attach(signature)?;
        Ok(AwaitingReply { ephemeral: self.ephemeral, tenant: self.tenant, instance: self.instance, hello })
    }
}

impl AwaitingReply {
    /// Checks the server's half against the keyset and derives the keys. The phone's clock is not asked: it may be
    /// wrong, and the fresh nonce in the hello proves that the reply, and the time in it, are of now.
    pub fn finish(self, reply: &[u8], keyset: &Keyset) -> Result<Established, Refusal> {
        let object = envelope::parse(reply)?;
        let claims: SessionReply = object.claims()?;
        let verified = keyset.verify(object, Namespace::Session, claims.server_time)?;
        if claims.tenant != self.tenant {
            return Err(Refusal::WrongTenant);
        }
        if claims.instance != self.instance {
            return Err(Refusal::WrongInstance);
        }
        if claims.hello_hash != Digest::of(&self.hello) {
            return Err(Refusal::OtherRequest);
        }
        if claims.expires_at.since(claims.server_time) > MAX_SESSION {
            return Err(Refusal::Malformed("session lives too long"));
        }
        if claims.expires_at <= claims.server_time {
            return Err(Refusal::Expired);
        }
        let keys =
            self.ephemeral.keys(&claims.ephemeral_key, &transcript(&self.hello, verified.payload()))?;
        Ok(Established { reply: claims, keys })
    }
}

/// The claims of a hello, unverified: to find the instance whose key must verify it.
pub fn peek_hello(bytes: &[u8]) -> Result<Hello, Refusal> {
    let object = envelope::parse(bytes)?;
    if object.namespace == Namespace::Hello { object.claims() } else { Err(Refusal::WrongNamespace) }
}

/// What the server needs to answer a hello.
#[derive(Debug)]
pub struct Responder<'a> {
    /// Organisation.
    pub tenant: TenantId,
    /// The instance that the hello names.
    pub instance: InstanceId,
    /// Its registered key.
    pub instance_key: &'a InstancePublicKey,
    /// A signing key listed for [`Namespace::Session`].
    pub signing_key: &'a SigningKey,
    /// Now.
    pub now: UnixMillis,
}

impl Responder<'_> {
    /// Verifies the hello and answers it: the signed reply to send, and what was agreed.
    pub fn respond(
        &self,
        hello: &[u8],
        session: SessionId,
        life: Millis,
        entropy: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(Vec<u8>, Established), SignError> {
        let verified = envelope::parse(hello)?.verify_instance(Namespace::Hello, self.instance_key)?;
        let claims: Hello = verified.message()?;
        if claims.tenant != self.tenant {
            return Err(Refusal::WrongTenant.into());
        }
        if claims.instance != self.instance {
            return Err(Refusal::WrongInstance.into());
        }
        let ephemeral = Ephemeral::make(entropy)?;
        let reply = SessionReply {
            tenant: self.tenant,
            instance: self.instance,
            session,
            ephemeral_key: *ephemeral.public(),
            hello_hash: Digest::of(hello),
            expires_at: self.now.plus(life.min(MAX_SESSION)),
            server_time: self.now,
        };
        let payload = crate::cbor::encode(&reply)?;
        let signed = envelope::sign_ed25519(self.signing_key, Namespace::Session, &reply)?;
        let keys = ephemeral.keys(&claims.ephemeral_key, &transcript(hello, &payload))?;
        Ok((signed, Established { reply, keys }))
    }
}
