//! A wipe receipt verified on this machine: the server is asked for the bytes, not for the verdict.

use anyhow::Context;
use ringfence_protocol::bytes::Digest;
use ringfence_protocol::keys::InstancePublicKey;
use ringfence_protocol::wipe::{self, WipeOutcome, WipeReceipt};
use serde_json::Value;

use crate::api::bytes;
use crate::output::{self, Style, Table};

/// A receipt whose signature is right.
#[derive(Debug)]
pub(crate) struct Proof {
    /// What the phone says it did.
    pub(crate) receipt: WipeReceipt,
    /// SHA-256 of the key that signed, as SubjectPublicKeyInfo, in hexadecimal.
    pub(crate) key: String,
}

impl Proof {
    /// Verifies the bytes in `receipt` with the key in `publicKey` of the server's answer; with `known` the key must
    /// have this hash, so that not even the server could have made the receipt.
    pub(crate) fn verify(answer: &Value, known: Option<&str>) -> anyhow::Result<Self> {
        anyhow::ensure!(answer["receipt"].is_string(), "the phone has sent no receipt yet");
        let receipt = bytes(answer, "receipt")?.0;
        let spki = bytes(answer, "publicKey")?.0;
        let public = InstancePublicKey::from_spki(&spki)?;
        let key = output::hex(&Digest::of(&spki).0);
        if let Some(known) = known {
            anyhow::ensure!(key.eq_ignore_ascii_case(known), "signed with another key: its SHA-256 is {key}");
        }
        let claims = wipe::peek_receipt(&receipt)?;
        let receipt = wipe::verify_receipt(&receipt, &public, claims.tenant, claims.instance)
            .context("the receipt does not verify")?;
        let order = receipt.order.map(|order| order.to_string()).unwrap_or_default();
        for (name, signed) in [("order", order), ("instance", receipt.instance.to_string())] {
            let said = answer.get(name).and_then(Value::as_str);
            anyhow::ensure!(
                said.is_none_or(|said| said == signed),
                "the receipt is for the {name} {signed}, not for {}",
                said.unwrap_or_default()
            );
        }
        Ok(Self { receipt, key })
    }

    /// Prints what is proven.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        let outcome = match self.receipt.outcome {
            WipeOutcome::Wiped => "wiped: keys destroyed, files removed",
            WipeOutcome::NothingToWipe => "nothing to wipe",
            WipeOutcome::Failed => "keys destroyed, but some files could not be removed",
        };
        println!("{}  {outcome}", Style::stdout().good("signature verified"));
        let mut table = Table::new(&["property", "value"]);
        match self.receipt.order {
            Some(order) => table.row(["order".to_owned(), order.to_string()]),
            None => table.row(["cause".to_owned(), self.receipt.cause.as_str().to_owned()]),
        }
        if let Some(reason) = &self.receipt.reason {
            table.row(["reason".to_owned(), reason.clone()]);
        }
        table.row(["instance".to_owned(), self.receipt.instance.to_string()]);
        table.row(["files removed".to_owned(), self.receipt.files_removed.to_string()]);
        table.row(["keys destroyed".to_owned(), self.receipt.keys_destroyed.to_string()]);
        let took = self.receipt.finished_at.since(self.receipt.started_at);
        table.row(["took".to_owned(), format!("{} ms", took.0)]);
        table.row(["key (SHA-256)".to_owned(), self.key.clone()]);
        table.print()
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::{InstanceId, TenantId, UnixMillis, WipeId};
    use ringfence_protocol::Bytes;
    use ringfence_protocol::keys::InstanceKey;
    use serde_json::json;

    use super::*;

    fn answer(key: &InstanceKey, signer: &InstanceKey) -> Value {
        let receipt = WipeReceipt {
            tenant: TenantId::make(UnixMillis(1), [1; 10]),
            order: Some(WipeId::make(UnixMillis(1), [2; 10])),
            cause: wipe::WipeCause::Order,
            reason: None,
            instance: InstanceId::make(UnixMillis(1), [3; 10]),
            outcome: WipeOutcome::Wiped,
            files_removed: 2,
            keys_destroyed: 1,
            started_at: UnixMillis(10),
            finished_at: UnixMillis(12),
        };
        let bytes = receipt.prepare(&key.public()).unwrap().sign(signer).unwrap();
        json!({
            "order": receipt.order, "instance": receipt.instance,
            "receipt": Bytes(bytes), "publicKey": Bytes(key.public().to_spki()),
        })
    }

    #[test]
    fn a_receipt_verifies_only_with_its_own_key_and_bytes() {
        let (key, other) =
            (InstanceKey::from_scalar(&[7; 32]).unwrap(), InstanceKey::from_scalar(&[8; 32]).unwrap());
        let good = answer(&key, &key);
        let proof = Proof::verify(&good, None).unwrap();
        assert_eq!(proof.receipt.files_removed, 2);
        assert!(Proof::verify(&good, Some(&proof.key)).is_ok());
        assert!(Proof::verify(&good, Some("00")).is_err());
        assert!(Proof::verify(&answer(&key, &other), None).is_err(), "signed by another key");
        let mut foreign = good.clone();
        foreign["order"] = json!(WipeId::make(UnixMillis(1), [9; 10]));
        assert!(Proof::verify(&foreign, None).is_err(), "for another order");
        let mut missing = good;
        missing["receipt"] = Value::Null;
        assert!(Proof::verify(&missing, None).unwrap_err().to_string().contains("no receipt yet"));
    }
}
