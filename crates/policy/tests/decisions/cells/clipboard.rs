//! §5.4: the clipboard.

use super::cells;

cells! {
    s5_4_blocked_org_to_managed_app_is_deny:
        "5.4" | "Blocked" | "Org to managed app" = "deny" [
            "blocked: org to managed app",
        ]
    s5_4_blocked_managed_to_org_is_deny_derived:
        "5.4" | "Blocked" | "Managed to org" = "deny (derived)" [
            "blocked: managed to org",
        ]
    s5_4_blocked_org_to_unmanaged_app_is_deny:
        "5.4" | "Blocked" | "Org to unmanaged app" = "deny" [
            "blocked: org to unmanaged app",
        ]
    s5_4_blocked_unmanaged_to_org_is_deny:
        "5.4" | "Blocked" | "Unmanaged to org" = "deny" [
            "blocked: unmanaged to org",
        ]
    s5_4_policy_managed_apps_org_to_managed_app_is_allow:
        "5.4" | "Policy managed apps" | "Org to managed app" = "allow" [
            "managed apps: org to managed app",
        ]
    s5_4_policy_managed_apps_managed_to_org_is_allow_derived:
        "5.4" | "Policy managed apps" | "Managed to org" = "allow (derived)" [
            "managed apps: managed to org",
        ]
    s5_4_policy_managed_apps_org_to_unmanaged_app_is_deny:
        "5.4" | "Policy managed apps" | "Org to unmanaged app" = "deny" [
            "managed apps: org to unmanaged app",
            "managed apps: org to an app managed for another account",
        ]
    s5_4_policy_managed_apps_unmanaged_to_org_is_deny:
        "5.4" | "Policy managed apps" | "Unmanaged to org" = "deny" [
            "managed apps: unmanaged to org",
        ]
    s5_4_managed_with_paste_in_org_to_managed_app_is_allow:
        "5.4" | "Managed with paste in" | "Org to managed app" = "allow" [
            "managed with paste in: org to managed app",
        ]
    s5_4_managed_with_paste_in_managed_to_org_is_allow_derived:
        "5.4" | "Managed with paste in" | "Managed to org" = "allow (derived)" [
            "managed with paste in: managed to org",
        ]
    s5_4_managed_with_paste_in_org_to_unmanaged_app_is_deny:
        "5.4" | "Managed with paste in" | "Org to unmanaged app" = "deny" [
            "managed with paste in: org to unmanaged app",
        ]
    s5_4_managed_with_paste_in_unmanaged_to_org_is_allow:
        "5.4" | "Managed with paste in" | "Unmanaged to org" = "allow" [
            "managed with paste in: unmanaged to org",
        ]
    s5_4_any_app_org_to_managed_app_is_allow:
        "5.4" | "Any app" | "Org to managed app" = "allow" [
            "any app: org to managed app",
        ]
    s5_4_any_app_managed_to_org_is_allow_derived:
        "5.4" | "Any app" | "Managed to org" = "allow (derived)" [
            "any app: managed to org",
        ]
    s5_4_any_app_org_to_unmanaged_app_is_allow:
        "5.4" | "Any app" | "Org to unmanaged app" = "allow" [
            "any app: org to unmanaged app",
        ]
    s5_4_any_app_unmanaged_to_org_is_allow:
        "5.4" | "Any app" | "Unmanaged to org" = "allow" [
            "any app: unmanaged to org",
        ]
    s5_4_note_character_limit_is_at_most_n_characters_may_cross_serves_both_ways:
        "5.4" | "Note" | "Character limit" = "at most n characters may cross; serves both ways" [
            "managed apps, limit 5: 5 characters out",
            "managed apps, limit 5: 6 characters out",
            "managed apps, limit 5: 5 characters in",
            "managed apps, limit 5: 6 characters in",
            "managed apps, limit 5: 6 characters to a managed app",
            "blocked, limit 5: 5 characters to a managed app",
            "blocked, limit 5: 6 characters to a managed app",
        ]
    s5_4_note_exemptions_is_no_exemptions_exist_for_the_clipboard:
        "5.4" | "Note" | "Exemptions" = "no exemptions exist for the clipboard" [
            "no exemptions for the clipboard",
        ]
    s5_4_note_personal_text_is_still_personal:
        "5.4" | "Note" | "Personal text" = "still personal" [
            "blocked: personal text out",
            "blocked: into a personal document",
        ]
}
