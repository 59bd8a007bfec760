//! §5.6: save-as and open-from.

use super::cells;

cells! {
    s5_6_1_in_place_is_always_allowed:
        "5.6" | "1" | "In place" = "always allowed" [
            "save in place, S none",
        ]
    s5_6_2_s_all_apps_or_none_is_s_all_apps_allow_s_none_deny:
        "5.6" | "2" | "S all apps or none" = "S all apps allow; S none deny" [
            "save, S all apps, even if blocked",
            "save, S none, selected place",
        ]
    s5_6_3_save_copies_allow_is_allow:
        "5.6" | "3" | "Save copies allow" = "allow" [
            "save, copies allowed",
        ]
    s5_6_3_save_copies_block_is_allow_only_if_l_is_selected_and_for_cloud_a_is_the_managed_account:
        "5.6" | "3" | "Save copies block" = "allow only if L is selected and for cloud a is the managed account" [
            "save, copies blocked, nothing selected",
            "save, selected cloud, managed account",
            "save, selected cloud, other account",
            "save, selected local storage",
            "save, selected photo library",
            "save, sharePoint not selected",
            "save, box not selected",
            "save, iManage not selected",
            "save, egnyte not selected",
            "save, camera not selected",
        ]
    s5_6_4_other_is_never_selectable:
        "5.6" | "4" | "Other" = "never selectable" [
            "save, other not selected",
            "open, other source",
        ]
    s5_6_5_unknown_account_is_unmanaged:
        "5.6" | "5" | "Unknown account" = "unmanaged" [
            "save, selected cloud, other account",
            "open, selected cloud, other account",
        ]
    s5_6_6_personal_data_is_the_destination_account_may_restrict_incoming:
        "5.6" | "6" | "Personal data" = "the destination account may restrict incoming" [
            "save, personal data, S none",
            "open into a personal document, R none",
            "open, R none, selected source",
        ]
    s5_6_open_from_receive_is_mirrors_it_with_receive:
        "5.6" | "Open from" | "Receive" = "mirrors it with Receive" [
            "open, R all apps, even if blocked",
            "open, R none, selected source",
        ]
    s5_6_open_from_open_data_into_org_documents_is_mirrors_it:
        "5.6" | "Open from" | "Open data into org documents" = "mirrors it" [
            "open, opening allowed",
            "open, blocked, nothing selected",
            "open, selected cloud, managed account",
            "open, selected cloud, other account",
            "open, other source",
        ]
    s5_6_open_from_camera_and_photo_library_is_camera_new_pictures_photo_library_existing_ones:
        "5.6" | "Open from" | "Camera and photo library" = "Camera = new pictures, Photo Library = existing ones" [
            "open, camera: a new picture",
            "open, photo library is not the camera",
        ]
    s5_6_open_from_tagged_local_files_is_judged_by_their_owner:
        "5.6" | "Open from" | "Tagged local files" = "judged by their owner" [
            "open, own tagged local file, R none",
            "open, another owner's tagged local file",
        ]
}
