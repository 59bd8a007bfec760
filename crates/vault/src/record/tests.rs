//! Records open under their own secret, scope and label only.

use ringfence_model::{AccountId, AppId, Platform, TenantId};

use super::*;

#[test]
fn a_record_opens_only_as_what_it_is() {
    let tenant = TenantId("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
    let account = AccountId("01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap());
    let scope = Scope { tenant, account, app: AppId::new(Platform::Ios, "com.example.notes") };
    let secret = HwSecret::from_bytes([1; 32]);
    let sealed = seal(&secret, &scope, "floors", &mut |out: &mut [u8]| out.fill(5), b"version 7").unwrap();
    assert_eq!(*open(&secret, &scope, "floors", &sealed).unwrap(), b"version 7");

    let other = Scope { account: AccountId(tenant.0), ..scope.clone() };
    assert_eq!(open(&secret, &scope, "wipe", &sealed), Err(KeyError::WrongKey));
    assert_eq!(open(&secret, &other, "floors", &sealed), Err(KeyError::WrongKey));
    assert_eq!(open(&HwSecret::from_bytes([2; 32]), &scope, "floors", &sealed), Err(KeyError::WrongKey));
    for cut in 0..sealed.len() {
        assert!(open(&secret, &scope, "floors", &sealed[..cut]).is_err(), "cut to {cut}");
    }
    for bit in 0..sealed.len() * 8 {
        let mut bad = sealed.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&secret, &scope, "floors", &bad).is_err(), "bit {bit}");
    }
}
