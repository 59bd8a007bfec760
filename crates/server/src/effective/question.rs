//! The question that `explain` answers, as people ask it.

use ringfence_messages::Lang;
use ringfence_model::{ManagementState, Platform};
use ringfence_policy::decide::{
    Action, Location, LocationAccount, Opener, Owner, Peer, Relation, Request, Tag, Way,
};
use serde::Deserialize;

use crate::http::FieldProblem;

/// Body of `POST /api/v1/explain`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = Situation)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Question {
    /// Id or sign-in name.
    pub(super) user: String,
    /// Bundle or package id of the app that holds the data.
    pub(super) app: String,
    /// Operating system.
    #[schema(schema_with = crate::http::schema::platform)]
    pub(super) platform: Platform,
    /// What is to be done.
    #[schema(schema_with = actions)]
    pub(super) action: String,
    /// The other side: app, location, keyboard; for `openLink` the browser or app.
    #[serde(default)]
    pub(super) to: Option<String>,
    /// The link of `openLink`.
    #[serde(default)]
    url: Option<String>,
    /// The URL scheme by which the other app is started (iOS).
    #[serde(default)]
    scheme: Option<String>,
    /// Length of a clipboard text.
    #[serde(default)]
    characters: Option<u64>,
    /// The location belongs to the work account.
    #[serde(default)]
    managed_account: bool,
    /// How data is sent; the app hands it over itself unless said otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    way: Option<Way>,
    /// What is known of the other app; the policy knows whether it is managed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    relation: Option<Relation>,
    /// The identity that incoming data carries.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tag: Option<Tag>,
    /// Whose data it is.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    owner: Option<Owner>,
    /// How the device is managed.
    #[serde(default)]
    #[schema(schema_with = crate::http::schema::management)]
    pub(super) management: ManagementState,
    /// `en` or `nl`.
    #[serde(default)]
    pub(super) lang: Option<String>,
}

fn actions() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    crate::http::schema::one_of(ACTIONS)
}

/// What may be asked about.
pub(super) const ACTIONS: [&str; 20] = [
    "send",
    "receive",
    "copy",
    "paste",
    "saveTo",
    "openFrom",
    "openLink",
    "dial",
    "message",
    "print",
    "notify",
    "keyboard",
    "screenCapture",
    "backup",
    "contactSync",
    "widget",
    "systemSearch",
    "genmoji",
    "writingTools",
    "open",
];

impl Question {
    /// The language of the answer; what is none counts as English.
    pub(super) fn lang(&self) -> Lang {
        self.lang.as_deref().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The request that `decide` takes.
    pub(super) fn request(&self) -> Result<Request<'_>, FieldProblem> {
        let peer = Peer {
            scheme: self.scheme.as_deref(),
            ..Peer::new(self.to.as_deref().unwrap_or_default(), self.relation.unwrap_or(Relation::Unknown))
        };
        let location = Location::parse(self.to.as_deref().unwrap_or_default());
        let account = if self.managed_account { LocationAccount::Managed } else { LocationAccount::Other };
        let tag = self.tag.unwrap_or(Tag::Untagged);
        let characters = self.characters.unwrap_or(0);
        let action = match self.action.as_str() {
            "send" => Action::Send { way: self.way.unwrap_or(Way::Launch), to: peer },
            "receive" => Action::Receive { from: peer, tag, can_open_as_personal: false },
            "copy" => Action::Copy { to: peer, characters },
            "paste" => Action::Paste { from: peer, characters },
            "saveTo" => Action::Save { location, account, in_place: false },
            "openFrom" | "open" => Action::Open { location, account, tag },
            "openLink" => {
                Action::Link { url: self.url.as_deref().unwrap_or_default(), with: self.opener(peer) }
            }
            "dial" => Action::Dial { with: peer },
            "message" => Action::Message { with: peer },
            "print" => Action::Print,
            "notify" => Action::Notify { can_redact: true },
            "keyboard" => Action::Keyboard { id: peer.id, system: false },
            "screenCapture" => Action::ScreenCapture,
            "backup" => Action::Backup,
            "contactSync" => Action::SyncNative,
            "widget" => Action::Widget,
            "systemSearch" => Action::SystemSearch,
            "genmoji" => Action::Genmoji,
            "writingTools" => Action::WritingTools,
            other => {
                return Err(FieldProblem {
                    path: "action".to_owned(),
                    value: Some(other.to_owned()),
                    problem: "is not an action".to_owned(),
                    allowed: Some(ACTIONS.join(", ")),
                });
            }
        };
        let enrolled = self.management != ManagementState::Unmanaged;
        Ok(Request { owner: self.owner.unwrap_or(Owner::Work), enrolled, action })
    }

    fn opener<'a>(&self, peer: Peer<'a>) -> Opener<'a> {
        if self.to.as_deref().is_some_and(|to| to.eq_ignore_ascii_case("managedBrowser")) {
            Opener::ManagedBrowser
        } else {
            Opener::Browser(peer)
        }
    }
}
