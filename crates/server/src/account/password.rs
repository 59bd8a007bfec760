//! Argon2id, away from the request threads.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use tokio::{sync::Semaphore, task::spawn_blocking};
use zeroize::Zeroizing;

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Each computation holds 19 MiB; more at once would let strangers fill the memory.
static PLACES: Semaphore = Semaphore::const_new(4);

/// `argon2id$memory$passes$lanes$salt$hash`, the last two hexadecimal.
pub(super) async fn hash(password: &str, salt: [u8; 16]) -> String {
    let out = derive(password, salt.to_vec(), [MEMORY_KIB, PASSES, LANES]).await.unwrap_or_default();
    format!("argon2id${MEMORY_KIB}${PASSES}${LANES}${}${}", hex::encode(salt), hex::encode(&*out))
}

/// Whether the password made this stored text. `None` costs the same time and is never right.
pub(super) async fn verify(password: &str, stored: Option<&str>) -> bool {
    let parsed = stored.and_then(parse);
    let (costs, salt, wanted) = parsed.unwrap_or(([MEMORY_KIB, PASSES, LANES], vec![0; 16], Vec::new()));
    let Some(found) = derive(password, salt, costs).await else { return false };
    verify_slices_are_equal(&found, &wanted).is_ok()
}

fn parse(stored: &str) -> Option<([u32; 3], Vec<u8>, Vec<u8>)> {
    let mut parts = stored.split('$');
    if parts.next()? != "argon2id" {
        return None;
    }
    let mut number = || parts.next()?.parse::<u32>().ok();
    let costs = [number()?, number()?, number()?];
    Some((costs, hex::decode(parts.next()?).ok()?, hex::decode(parts.next()?).ok()?))
}

async fn derive(password: &str, salt: Vec<u8>, costs: [u32; 3]) -> Option<Zeroizing<Vec<u8>>> {
    let password = Zeroizing::new(password.as_bytes().to_vec());
    let _place = PLACES.acquire().await.ok()?;
    let work = spawn_blocking(move || {
        let params = Params::new(costs[0], costs[1], costs[2], Some(32)).ok()?;
        let mut out = Zeroizing::new(vec![0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&password, &salt, &mut out)
            .ok()?;
        Some(out)
    });
    work.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::{hash, verify};

    #[tokio::test]
    async fn right_wrong_and_absent() {
        let stored = hash("correct horse", [7; 16]).await;
        assert!(verify("correct horse", Some(&stored)).await);
        assert!(!verify("correct horsE", Some(&stored)).await);
        assert!(!verify("correct horse", None).await);
        assert!(!verify("", Some("argon2id$8$1$1$00$")).await);
        assert!(!stored.contains("correct"));
    }
}
