//! Where a page ended: the next one begins behind that object, whatever came or went before it meanwhile.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The last object of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// What it is ordered by, as the order compares it.
    #[serde(rename = "k")]
    pub(crate) key: String,
    /// Its id, which breaks ties.
    #[serde(rename = "i")]
    pub(crate) id: String,
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// After so many objects. What is removed before them meanwhile moves others out of sight: for small sets only.
    Skip(usize),
    /// Behind an object.
    After(After),
}

impl After {
    /// Of an object in the order of ids.
    pub(crate) fn id(id: &impl ToString) -> Self {
        let id = id.to_string();
        Self { key: id.clone(), id }
    }

    /// Whether an object comes later.
    pub(crate) fn is_before(&self, key: &str, id: &str, descending: bool) -> bool {
        let order = self.key.as_str().cmp(key);
        let order = if descending { order.reverse() } else { order };
        order.then_with(|| self.id.as_str().cmp(id)).is_lt()
    }

    /// From a `$skiptoken`; `None` when it is none of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    pub(crate) fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}
