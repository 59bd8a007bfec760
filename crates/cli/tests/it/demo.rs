use crate::kit::{ringfence, run};

#[test]
fn the_demo_holds_in_both_languages() {
    for lang in ["en", "nl"] {
        let played = run(&mut ringfence(["demo", "--once", "--lang", lang]), b"");
        assert_eq!(played.status, 0, "{}\n{}", played.stdout, played.stderr);
        assert_eq!(played.stdout.lines().last(), Some("demo: 16 of 16 steps held"), "{}", played.stdout);
        assert!(!played.stdout.contains("FAIL"), "{}", played.stdout);
        assert!(!played.stdout.contains('\u{1b}'), "colour in a pipe");
    }
}
