//! §5.1 to §5.3, §5.5: from app to app.

use super::cells;

cells! {
    s5_1_all_apps_target_managed_is_allow_if_targets_r_accepts:
        "5.1" | "All apps" | "Target managed" = "allow, if target's R accepts" [
            "S all apps, target managed",
            "S all apps, target managed, its R none",
        ]
    s5_1_all_apps_target_exempt_is_allow:
        "5.1" | "All apps" | "Target exempt" = "allow" [
            "S all apps, exemptions do not matter",
        ]
    s5_1_all_apps_other_target_is_allow_plain:
        "5.1" | "All apps" | "Other target" = "allow (plain)" [
            "S all apps, other target, plain",
            "S all apps, share sheet, plain",
            "S not set, target unmanaged",
        ]
    s5_1_policy_managed_apps_target_managed_is_allow_if_r_accepts:
        "5.1" | "Policy managed apps" | "Target managed" = "allow, if R accepts" [
            "S managed apps, target managed",
            "S managed apps, id covered by the policy, other case",
            "S managed apps, target managed, its R none",
            "S managed apps, open-in to a managed app",
        ]
    s5_1_policy_managed_apps_target_exempt_is_allow_by_url_scheme_package_only:
        "5.1" | "Policy managed apps" | "Target exempt" = "allow by URL scheme/package only" [
            "S managed apps, exempt URL scheme, launch",
            "S managed apps, exempt URL scheme, but by share sheet",
            "S managed apps, exempt URL scheme, but by open-in",
            "S managed apps, exempt package, other case",
            "S managed apps, exempt package, by share sheet (an intent)",
            "S managed apps, other URL scheme",
            "S managed apps, other package",
        ]
    s5_1_policy_managed_apps_other_target_is_deny_ios_share_open_in_that_cannot_be_stopped_encrypted:
        "5.1" | "Policy managed apps" | "Other target" = "deny; iOS share/open-in that cannot be stopped: encrypted" [
            "S managed apps, other target",
            "S managed apps, unknown target",
            "S managed apps, target managed for another account",
            "S managed apps, share sheet",
            "S managed apps, share sheet to another app: cannot be stopped",
            "S managed apps, open-in to another app: cannot be stopped",
            "S managed apps, open-in, managed for another account",
        ]
    s5_1_managed_and_os_sharing_target_managed_is_allow:
        "5.1" | "Managed + OS sharing" | "Target managed" = "allow" [
            "S managed with OS sharing, D, target managed",
            "S managed with OS sharing, without D, target managed",
        ]
    s5_1_managed_and_os_sharing_target_exempt_is_allow:
        "5.1" | "Managed + OS sharing" | "Target exempt" = "allow" [
            "S managed with OS sharing, D, exempt URL scheme",
            "S managed with OS sharing, without D, exempt URL scheme",
        ]
    s5_1_managed_and_os_sharing_other_target_is_allow_to_mdm_managed_apps_else_deny_without_d_as_policy_managed_apps:
        "5.1" | "Managed + OS sharing" | "Other target" = "allow to MDM-managed apps, else deny; without D as Policy managed apps" [
            "S managed with OS sharing, D, target MDM-managed",
            "S managed with OS sharing, D, other target",
            "S managed with OS sharing, without D: as managed apps",
            "S managed with OS sharing, without D, other target by launch",
        ]
    s5_1_managed_and_filter_target_managed_is_allow_only_managed_apps_listed:
        "5.1" | "Managed + filter" | "Target managed" = "allow; only managed apps listed" [
            "S managed with filter, target managed",
            "S managed with filter, open-in, target managed",
        ]
    s5_1_managed_and_filter_target_exempt_is_allow_scheme:
        "5.1" | "Managed + filter" | "Target exempt" = "allow (scheme)" [
            "S managed with filter, exempt URL scheme",
        ]
    s5_1_managed_and_filter_other_target_is_not_offered:
        "5.1" | "Managed + filter" | "Other target" = "not offered" [
            "S managed with filter, other target not offered",
            "S managed with filter, open-in, other target not offered",
            "S managed with filter and OS sharing, D, MDM-managed",
        ]
    s5_1_none_target_managed_is_deny_also_to_managed_apps_open_in_yields_encrypted_unreadable_data:
        "5.1" | "None" | "Target managed" = "deny also to managed apps; open-in yields encrypted unreadable data" [
            "S none, target managed",
            "S none, open-in, even to a managed app",
        ]
    s5_1_none_target_exempt_is_deny_derived:
        "5.1" | "None" | "Target exempt" = "deny (derived)" [
            "S none, exempt URL scheme",
            "S none, exempt package",
        ]
    s5_1_none_other_target_is_deny:
        "5.1" | "None" | "Other target" = "deny" [
            "S none, other target",
        ]
    s5_1_note_both_sides_count_is_cannot_send_to_r_none_cannot_receive_from_s_none:
        "5.1" | "Note" | "Both sides count" = "cannot send to R none, cannot receive from S none" [
            "S managed apps, target managed, its R none",
            "both sides count: R all apps, sender's S none",
        ]
    s5_1_note_same_app_other_account_is_treated_as_a_transfer_needs_s_of_the_owner:
        "5.1" | "Note" | "Same app, other account" = "treated as a transfer; needs S of the owner" [
            "S managed apps, same app, other account",
            "S all apps, same app, other account",
            "S none, same app, other account",
        ]
    s5_1_note_search_and_assistant_is_blocked_unless_s_all_apps:
        "5.1" | "Note" | "Search and assistant" = "blocked unless S = All apps" [
            "search and assistant, S all apps",
            "search and assistant, S managed apps",
        ]
    s5_1_note_instant_apps_is_count_as_unmanaged:
        "5.1" | "Note" | "Instant apps" = "count as unmanaged" [
            "S all apps, instant app",
        ]
    s5_1_note_personal_data_is_untouched:
        "5.1" | "Note" | "Personal data" = "untouched" [
            "S none, personal data, other target",
        ]
    s5_2_all_apps_managed_same_account_is_allow:
        "5.2" | "All apps" | "Managed, same account" = "allow" [
            "R all apps, from managed, same account",
        ]
    s5_2_all_apps_managed_other_account_is_see_identity_rule:
        "5.2" | "All apps" | "Managed, other account" = "see identity rule" [
            "identity rule: owner signed in, app switches",
            "identity rule: owner not signed in",
            "identity rule: owner not managed in this app",
            "identity rule: app cannot switch",
            "identity rule: owner needs the app from device management",
        ]
    s5_2_all_apps_unmanaged_or_no_identity_is_allow_stays_personal:
        "5.2" | "All apps" | "Unmanaged or no identity" = "allow (stays personal)" [
            "R all apps, from unmanaged: stays personal",
        ]
    s5_2_incoming_org_data_managed_same_account_is_allow:
        "5.2" | "Incoming org data" | "Managed, same account" = "allow" [
            "R all apps with incoming org data, D, from managed",
        ]
    s5_2_incoming_org_data_managed_other_account_is_see_identity_rule:
        "5.2" | "Incoming org data" | "Managed, other account" = "see identity rule" [
            "R all apps with incoming org data, D, other account signed in",
            "R all apps with incoming org data, D, other account not signed in",
        ]
    s5_2_incoming_org_data_unmanaged_or_no_identity_is_allow_and_tag_as_org_data_otherwise_untagged:
        "5.2" | "Incoming org data" | "Unmanaged or no identity" = "allow and tag as org data; otherwise untagged" [
            "R all apps with incoming org data, D, from unmanaged",
            "R all apps with incoming org data, without D",
        ]
    s5_2_policy_managed_apps_managed_same_account_is_allow:
        "5.2" | "Policy managed apps" | "Managed, same account" = "allow" [
            "R managed apps, from managed, same account",
            "R managed apps, from an app the policy covers",
        ]
    s5_2_policy_managed_apps_managed_other_account_is_see_identity_rule:
        "5.2" | "Policy managed apps" | "Managed, other account" = "see identity rule" [
            "R managed apps, other account signed in",
            "R managed apps, other account not signed in",
            "R managed apps, other account not managed here",
            "R managed apps, other account, app cannot switch",
            "R managed apps, from managed for another account, no identity",
        ]
    s5_2_policy_managed_apps_unmanaged_or_no_identity_is_tries_to_switch_to_an_unmanaged_account_else_deny:
        "5.2" | "Policy managed apps" | "Unmanaged or no identity" = "tries to switch to an unmanaged account; else deny" [
            "R managed apps, from unmanaged, app can switch",
            "R managed apps, from unmanaged",
            "R managed apps, from unknown",
        ]
    s5_2_none_managed_same_account_is_deny:
        "5.2" | "None" | "Managed, same account" = "deny" [
            "R none, from managed",
            "R none, own account's tagged data",
        ]
    s5_2_none_managed_other_account_is_deny:
        "5.2" | "None" | "Managed, other account" = "deny" [
            "R none, from managed, other account",
        ]
    s5_2_none_unmanaged_or_no_identity_is_same_switch_attempt_else_deny:
        "5.2" | "None" | "Unmanaged or no identity" = "same switch attempt, else deny" [
            "R none, from unmanaged, app can switch",
            "R none, from unmanaged",
        ]
    s5_2_identity_rule_tagged_data_is_opens_only_under_its_owner:
        "5.2" | "Identity rule" | "Tagged data" = "opens only under its owner" [
            "identity rule: own account's data, from anywhere",
            "identity rule: owner signed in, app switches",
        ]
    s5_2_identity_rule_refusals_is_refused_with_its_own_message_four_cases:
        "5.2" | "Identity rule" | "Refusals" = "refused with its own message (four cases)" [
            "identity rule: owner not signed in",
            "identity rule: owner not managed in this app",
            "identity rule: app cannot switch",
            "identity rule: owner needs the app from device management",
            "identity rule holds for a personal identity too",
        ]
    s5_2_personal_identity_untagged_is_stays_personal:
        "5.2" | "Personal identity" | "Untagged" = "stays personal" [
            "R none, personal identity, from unmanaged",
        ]
    s5_3_exemptions_ios_is_by_url_scheme_for_launch_only:
        "5.3" | "Exemptions" | "iOS" = "by URL scheme, for launch only" [
            "S managed apps, exempt URL scheme, launch",
            "S managed apps, exempt URL scheme, but by share sheet",
            "S managed apps, exempt URL scheme, but by open-in",
            "S managed apps, other URL scheme",
        ]
    s5_3_exemptions_android_is_by_package:
        "5.3" | "Exemptions" | "Android" = "by package" [
            "S managed apps, exempt package, other case",
            "S managed apps, exempt package, by share sheet (an intent)",
            "S managed apps, other package",
        ]
    s5_3_exemptions_clipboard_is_not_for_cut_copy_paste:
        "5.3" | "Exemptions" | "Clipboard" = "not for cut/copy/paste" [
            "no exemptions for the clipboard",
        ]
    s5_3_exemptions_android_system_is_full_exemptions:
        "5.3" | "Exemptions" | "Android system" = "full exemptions" [
            "S managed apps, part of the system",
        ]
    s5_5_share_sheet_other_apps_is_encrypted_before_it_leaves:
        "5.5" | "Share sheet" | "Other apps" = "encrypted before it leaves" [
            "S managed apps, share sheet to another app: cannot be stopped",
            "S managed apps, open-in to another app: cannot be stopped",
            "S managed apps, open-in, managed for another account",
            "S none, share sheet",
            "S none, open-in, even to a managed app",
        ]
    s5_5_share_sheet_managed_apps_of_the_account_is_can_read_it:
        "5.5" | "Share sheet" | "Managed apps of the account" = "can read it" [
            "S managed apps, open-in to a managed app",
        ]
}
