//! The story: a school, two phones, one document, one leak that does not happen, one wipe that is proven.

mod documents;
mod phones;
mod tenant;
mod tighten;
mod wipe;

use super::scene::Scene;
use super::world::World;

/// One step of the story.
type Step = fn(&mut World, &mut Scene) -> anyhow::Result<()>;

/// The steps in their order.
pub(super) const STEPS: &[(&str, Step)] = &[
    ("A server starts with nothing configured", tenant::start),
    ("A school moves in: people, nested groups, licences, apps", tenant::people),
    ("Three levels of data protection are assigned", tenant::levels),
    ("An iPhone and an Android phone register over HTTP", phones::register),
    ("Each phone fetches its signed policy and verifies it", phones::fetch),
    ("A policy that somebody tampered with is refused", phones::forged),
    ("A work document is sealed on disk", documents::seal),
    ("Sharing with a managed app works", documents::share),
    ("Sharing with an ordinary app is refused, and says why", documents::refuse),
    ("Personal documents stay personal", documents::personal),
    ("A jailbroken phone gets no work data", documents::jailbroken),
    ("The administrator tightens the policy; the open app obeys at once", tighten::tighten),
    ("A selective wipe goes out", wipe::order),
    ("The phone's receipt is verified here, not taken on trust", wipe::receipt),
    ("What was wiped stays wiped, and nobody else lost anything", wipe::after),
    ("The report is live, the audit log is intact", wipe::report),
];

/// Apps that embed the client core.
pub(super) const MANAGED_APPS: [(&str, &str); 3] =
    [(NOTES, "Ringfence Notes"), (MAIL, "Ringfence Mail"), ("org.ringfence.files", "Ringfence Files")];

/// Apps that know nothing of work data.
pub(super) const ORDINARY_APPS: [(&str, &str); 2] = [(CHAT, "Chatter"), ("org.example.photos", "Photos")];

const NOTES: &str = "org.ringfence.notes";
const MAIL: &str = "org.ringfence.mail";
const CHAT: &str = "org.example.chat";

const ANNA: &str = "anna@lakeside.example";
const BRAM: &str = "bram@lakeside.example";

const IPHONE: &str = "iphone";
const ANDROID: &str = "android";

/// The document, and a text in it that must appear nowhere in the clear.
const DOCUMENT: &str = "class-5b-support-plans.txt";
const SECRET: &str = "Support plan of pupil 5B-17: reading aid, meets the counsellor on Thursdays.";
const PERSONAL: &str = "shopping.txt";
const GROCERIES: &str = "Bread, apples, a present for Chidi.";
