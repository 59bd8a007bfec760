//! §5.6.

use ringfence_messages::ReasonCode as R;
use ringfence_model::settings::{Setting as S, Value};
use ringfence_policy::decide::{Action, Location as L, LocationAccount as A, Tag};

use super::{ALLOW, Row, allow, choice, deny, on, row};

fn places(setting: S, names: &[&'static str]) -> (S, Value) {
    (setting, Value::Choices(names.iter().copied().collect()))
}

fn save(location: L, account: A) -> Action<'static> {
    Action::Save { location, account, in_place: false }
}

fn open(location: L, account: A) -> Action<'static> {
    Action::Open { location, account, tag: Tag::Untagged }
}

pub(super) fn rows() -> Vec<Row> {
    [saving(), opening()].into_iter().flatten().collect()
}

fn saving() -> Vec<Row> {
    let send = |level| choice(S::AllowedOutboundDataTransferDestinations, level);
    let selected =
        places(S::AllowedDataStorageLocations, &["oneDriveForBusiness", "localStorage", "photoLibrary"]);
    let block = [send("managedApps"), on(S::SaveAsBlocked), selected.clone()];
    let all = [send("allApps"), on(S::SaveAsBlocked)];
    let none = [send("none"), on(S::SaveAsBlocked), selected];
    let yes = allow(R::AllowedSelectedService);
    let in_place = Action::Save { location: L::Other, account: A::Other, in_place: true };
    let mut rows = vec![
        row("5.6", "save in place, S none", &none, in_place, allow(R::AllowedSamePlace)),
        row("5.6", "save, S all apps, even if blocked", &all, save(L::Other, A::Other), ALLOW),
        row(
            "5.6",
            "save, S none, selected place",
            &none,
            save(L::OneDriveForBusiness, A::Managed),
            deny(R::SaveNone),
        ),
        row("5.6", "save, copies allowed", &block[..1], save(L::Other, A::Other), ALLOW),
        row(
            "5.6",
            "save, copies blocked, nothing selected",
            &block[..2],
            save(L::Box, A::Managed),
            deny(R::SaveNone),
        ),
        row(
            "5.6",
            "save, selected cloud, managed account",
            &block,
            save(L::OneDriveForBusiness, A::Managed),
            yes,
        ),
        row(
            "5.6",
            "save, selected cloud, other account",
            &block,
            save(L::OneDriveForBusiness, A::Other),
            deny(R::SaveAccountNotManaged),
        ),
        row("5.6", "save, selected local storage", &block, save(L::LocalStorage, A::Other), yes),
        row("5.6", "save, selected photo library", &block, save(L::PhotoLibrary, A::Other), yes),
        row(
            "5.6",
            "save, personal data, S none",
            &none,
            save(L::Other, A::Other),
            allow(R::AllowedPersonalData),
        )
        .personal(),
    ];
    for place in [L::SharePoint, L::Box, L::IManage, L::Egnyte, L::Camera, L::Other] {
        let cell = format!("save, {} not selected", place.as_str());
        rows.push(row("5.6", cell, &block, save(place, A::Managed), deny(R::SaveLocationNotAllowed)));
    }
    rows
}

fn opening() -> Vec<Row> {
    let receive = |level| choice(S::AllowedInboundDataTransferSources, level);
    let selected = places(S::AllowedDataIngestionLocations, &["sharePoint", "camera"]);
    let blocked = on(S::BlockDataIngestionIntoOrganizationDocuments);
    let block = [receive("managedApps"), blocked.clone(), selected.clone()];
    let all = [receive("allApps"), blocked];
    let none = [receive("none"), selected];
    let yes = allow(R::AllowedSelectedService);
    let tagged = |tag| Action::Open { location: L::LocalStorage, account: A::Other, tag };
    vec![
        row("5.6", "open, R all apps, even if blocked", &all, open(L::Other, A::Other), ALLOW),
        row(
            "5.6",
            "open, R none, selected source",
            &none,
            open(L::SharePoint, A::Managed),
            deny(R::OpenNone),
        ),
        row("5.6", "open, opening allowed", &block[..1], open(L::Other, A::Other), ALLOW),
        row(
            "5.6",
            "open, blocked, nothing selected",
            &block[..2],
            open(L::Camera, A::Other),
            deny(R::OpenNone),
        ),
        row("5.6", "open, selected cloud, managed account", &block, open(L::SharePoint, A::Managed), yes),
        row(
            "5.6",
            "open, selected cloud, other account",
            &block,
            open(L::SharePoint, A::Other),
            deny(R::OpenAccountNotManaged),
        ),
        row("5.6", "open, camera: a new picture", &block, open(L::Camera, A::Other), yes),
        row(
            "5.6",
            "open, photo library is not the camera",
            &block,
            open(L::PhotoLibrary, A::Other),
            deny(R::OpenSourceNotAllowed),
        ),
        row("5.6", "open, other source", &block, open(L::Other, A::Managed), deny(R::OpenSourceNotAllowed)),
        row(
            "5.6",
            "open, own tagged local file, R none",
            &none,
            tagged(Tag::SameAccount),
            allow(R::AllowedSamePlace),
        ),
        row(
            "5.6",
            "open, another owner's tagged local file",
            &all,
            tagged(Tag::OtherNotSignedIn),
            deny(R::ReceiveOwnerNotSignedIn),
        ),
        row(
            "5.6",
            "open into a personal document, R none",
            &none,
            open(L::Other, A::Other),
            allow(R::AllowedPersonalData),
        )
        .personal(),
    ]
}
