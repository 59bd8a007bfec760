//! §5.7: links, calls, print and the other ways out.

use super::cells;

cells! {
    s5_7_http_s_link_any_app_is_any:
        "5.7" | "http(s) link" | "Any app" = "any" [
            "web link, any app",
            "web link in personal data",
        ]
    s5_7_http_s_link_protected_browser_is_protected_browser:
        "5.7" | "http(s) link" | "Protected browser" = "protected browser" [
            "web link, protected browser required, opens there",
            "web link, protected browser required, other browser",
            "web link, protected browser required, none named",
            "web link, protected browser required, managed browser app",
            "web link, protected browser required, managed app on iOS",
        ]
    s5_7_http_s_link_one_unmanaged_browser_is_one_unmanaged_browser:
        "5.7" | "http(s) link" | "One unmanaged browser" = "one unmanaged browser" [
            "web link, one browser, its protocol",
            "web link, one browser, its protocol for https",
            "web link, one browser, another protocol",
            "web link, one browser, managed app does not qualify",
            "web link, one browser, the protected browser",
            "web link, one browser, its package",
            "web link, one browser, another package",
            "web link, one browser, managed app handling links",
            "web link, protected and one browser: the protected one",
        ]
    s5_7_claimed_link_ios_is_exempt_list_managed_list_else_protected_browser:
        "5.7" | "Claimed link" | "iOS" = "exempt list, managed list, else protected browser" [
            "universal link on the exempt list",
            "universal link on the managed list, managed app",
            "universal link on the managed list, other app",
            "universal link on no list, managed app",
        ]
    s5_7_claimed_link_android_is_app_links_follow_s:
        "5.7" | "Claimed link" | "Android" = "App Links follow S" [
            "app link, S managed apps, managed app",
            "app link, S managed apps, other app",
            "app link, S managed apps, exempt app",
        ]
    s5_7_claimed_link_no_protected_browser_required_is_follows_s:
        "5.7" | "Claimed link" | "No protected browser required" = "follows S" [
            "claimed link, no browser required",
            "claimed link, S all apps",
            "claimed link, S none",
        ]
    s5_7_tel_telecom_setting_is_telecom_setting:
        "5.7" | "tel" | "Telecom setting" = "telecom setting" [
            "tel, any dialler",
            "tel, none",
            "tel, any managed dialler: managed",
            "tel, any managed dialler: other",
            "tel, a specific dialler by protocol",
            "tel, a specific dialler by package",
            "tel, a specific dialler: other",
            "tel, a specific dialler, none named",
        ]
    s5_7_sms_messaging_setting_is_messaging_setting:
        "5.7" | "sms" | "Messaging setting" = "messaging setting" [
            "sms, any app",
            "sms, none",
            "sms, any managed app: managed",
            "sms, any managed app: other",
            "sms, a specific app by protocol",
            "sms, a specific app by package",
            "sms, a specific app: other",
        ]
    s5_7_print_print_api_is_block_at_the_print_api:
        "5.7" | "Print" | "Print API" = "block at the print API" [
            "print, allowed",
            "print, blocked",
            "print personal data, blocked",
        ]
    s5_7_screenshot_mirroring_assistant_rule_is_see_1_1:
        "5.7" | "Screenshot, mirroring, assistant" | "Rule" = "see 1.1" [
            "screen capture, allowed",
            "screen capture, blocked on iOS",
            "screen capture, S managed apps alone does not block it",
            "screen capture, blocked on Android",
        ]
    s5_7_notification_rule_is_allow_org_free_text_none:
        "5.7" | "Notification" | "Rule" = "allow; org-free text; none" [
            "notification, allow",
            "notification, block org data",
            "notification, block org data, app cannot: shown",
            "notification, block org data, app cannot: held back",
            "notification, block",
        ]
    s5_7_keyboard_ios_is_block_all_third_party:
        "5.7" | "Keyboard" | "iOS" = "block all third-party" [
            "keyboard, no rule",
            "keyboard, third-party blocked",
            "keyboard, the system's own",
            "keyboard, third-party, personal account too",
        ]
    s5_7_keyboard_android_is_approved_list:
        "5.7" | "Keyboard" | "Android" = "approved list" [
            "keyboard, approved",
            "keyboard, not approved",
            "keyboard, none approved",
            "keyboard, not approved, personal account",
        ]
    s5_7_backup_rule_is_per_1_1:
        "5.7" | "Backup" | "Rule" = "per 1.1" [
            "backup, allowed",
            "backup, blocked",
        ]
    s5_7_contacts_widgets_add_ins_rule_is_per_1_1:
        "5.7" | "Contacts/widgets/add-ins" | "Rule" = "per 1.1" [
            "contacts, allowed",
            "contacts, blocked",
            "widget, S all apps",
            "widget, sync blocked",
            "widget, S managed apps",
            "widget, S managed apps, content allowed",
        ]
    s5_7_system_intelligence_rule_is_per_1_1:
        "5.7" | "System intelligence" | "Rule" = "per 1.1" [
            "generated emoji, blocked",
            "writing help, blocked",
            "generated emoji, not configured",
            "writing help, not configured",
        ]
}
