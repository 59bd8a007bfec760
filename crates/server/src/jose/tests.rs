//! The examples of the standards, and what must not pass.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::{Algorithm, JwsError, KeySet, Unverified};

/// RFC 7515 A.2.
const RS256_KEY: &str = r#"{"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
const RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// RFC 7515 A.3.
const ES256_KEY: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
const ES256_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 8037 A.4; the content is a text, so only the signature is of use.
const EDDSA_KEY: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const EDDSA_MESSAGE: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const EDDSA_SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn keys(text: &str) -> KeySet {
    KeySet::parse(text.as_bytes()).unwrap()
}

#[test]
fn examples_of_the_standards_verify() {
    for (set, token) in [(RS256_KEY, RS256_TOKEN), (ES256_KEY, ES256_TOKEN)] {
        let claims = Unverified::parse(token).unwrap().verify(&keys(set), &Algorithm::ALL).unwrap();
        assert_eq!(claims["iss"], "joe");
    }
    let signature = URL_SAFE_NO_PAD.decode(EDDSA_SIGNATURE).unwrap();
    assert!(keys(EDDSA_KEY).verify(Algorithm::EdDsa, None, EDDSA_MESSAGE.as_bytes(), &signature));
    assert!(!keys(EDDSA_KEY).verify(Algorithm::Es256, None, EDDSA_MESSAGE.as_bytes(), &signature));
}

#[test]
fn no_bit_of_a_signature_may_differ() {
    let (message, signature) = ES256_TOKEN.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut wrong = bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&wrong));
        let judged = Unverified::parse(&token).unwrap().verify(&keys(ES256_KEY), &Algorithm::ALL);
        assert_eq!(judged, Err(JwsError::Signature), "bit {bit}");
    }
    for length in 0..bytes.len() {
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes[..length]));
        let judged = Unverified::parse(&token).unwrap().verify(&keys(ES256_KEY), &Algorithm::ALL);
        assert_eq!(judged, Err(JwsError::Signature), "{length} bytes");
    }
}

#[test]
fn the_list_decides_and_the_key_must_fit() {
    let judge = |token: &str, set: &str, allowed: &[Algorithm]| {
        Unverified::parse(token).and_then(|token| token.verify(&keys(set), allowed)).map(|_| ())
    };
    let refused = |name: &str| Err(JwsError::Algorithm(name.to_owned()));
    assert_eq!(judge(RS256_TOKEN, RS256_KEY, &[Algorithm::Es256]), refused("RS256"));
    assert_eq!(judge(ES256_TOKEN, RS256_KEY, &Algorithm::ALL), Err(JwsError::Signature));
    let claims = URL_SAFE_NO_PAD.encode(br#"{"iss":"joe"}"#);
    for alg in ["none", "None", "nOnE", "HS256", "HS512", "rs256", "RSA1_5", "A128KW", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{claims}.{signature}");
            assert_eq!(judge(&token, RS256_KEY, &Algorithm::ALL), refused(alg), "{alg}");
        }
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","crit":["exp"],"exp":1}"#);
    assert!(matches!(
        judge(&format!("{header}.{claims}.AA"), RS256_KEY, &Algorithm::ALL),
        Err(JwsError::Malformed(_))
    ));
}

#[test]
fn unusable_keys_are_left_out() {
    let set = json!({"keys": [
        {"kty": "oct", "k": "AAAA", "kid": "a"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"},
        {"kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "use": "enc", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "alg": "HS256", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        7, {},
    ]});
    assert_eq!(keys(&set.to_string()).len(), 0);
    assert!(KeySet::parse(b"[]").is_err());
    assert!(KeySet::parse(b"no").is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", parts in "[A-Za-z0-9_.-]{0,200}") {
        for text in [text, parts] {
            if let Ok(token) = Unverified::parse(&text) {
                let _ = token.verify(&keys(ES256_KEY), &Algorithm::ALL);
            }
            let _ = KeySet::parse(text.as_bytes());
        }
    }
}
