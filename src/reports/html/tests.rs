//! The page as text: what is in it, what cannot get out of its place, that it is the same twice. What it does is tested in a
//! browser, in tests/html.

use super::*;

fn page(report: Option<&str>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let names = ["bundle.json", "entries/000000000000"].map(str::to_owned);
    fs::create_dir(folder.path().join("entries")).expect("made");
    for name in &names {
        #[allow(clippy::disallowed_methods, reason = "a test's file")]
        fs::write(folder.path().join(name), name.repeat(9)).expect("written");
    }
    let mut out = Vec::new();
    write_page(&mut out, folder.path(), &names, report).expect("written");
    String::from_utf8(out).expect("text")
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

#[test]
fn the_policy_names_what_runs_and_nothing_else() {
    let page = page(None);
    let hash = |text: &str| Base64::encode_string(&Sha256::digest(text));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    let script = hash(between(&page, "<script>", "</script>"));
    let style = hash(between(&page, "<style>", "</style>"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; \
             base-uri 'none'; form-action 'none'"
        )
    );
}

#[test]
fn the_script_is_whole_and_cannot_end_early() {
    let script = script::script();
    for line in script.lines() {
        assert!(!line.starts_with("import "), "{line}");
        assert!(!line.starts_with("export "), "{line}");
    }
    let lower = script.to_lowercase();
    for ending in ["</script", "<script", "<!--"] {
        assert!(!lower.contains(ending), "{ending} would end the element");
    }
    for sink in [
        "innerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
    ] {
        assert!(!script.contains(sink), "{sink} has no place in the page");
    }
}

#[test]
fn a_report_cannot_leave_its_element() {
    let hostile = r#"{"title":"</script><img src=x onerror=alert(1)>&amp;<!--"}"#;
    let page = page(Some(hostile));
    let inside = between(&page, "id=\"report-value\">", "</script>");
    assert!(!inside.contains(['<', '>', '&']), "{inside}");
    let read: serde_json::Value = serde_json::from_str(inside).expect("JSON");
    assert_eq!(
        read,
        serde_json::from_str::<serde_json::Value>(hostile).expect("JSON")
    );
}

#[test]
fn a_file_comes_back_as_it_was() {
    let page = page(None);
    let packed = between(&page, "data-file=\"entries/000000000000\">", "</script>");
    let packed = Base64::decode_vec(packed).expect("base64");
    let mut bytes = Vec::new();
    io::copy(&mut flate2::read::GzDecoder::new(&*packed), &mut bytes).expect("gzip");
    assert_eq!(bytes, "entries/000000000000".repeat(9).into_bytes());
}

#[test]
fn the_same_files_give_the_same_page() {
    assert_eq!(page(Some("{}")), page(Some("{}")));
}

#[test]
fn nothing_is_embedded_that_the_check_does_not_read() {
    let full = [
        "bundle.json",
        "checkpoint",
        "entries/000000000000",
        "disclosures/000000000000",
    ];
    let partial = ["tile/0/000", "heads/000000000000"];
    for name in full {
        assert!(embeds(name, true) && embeds(name, false), "{name}");
    }
    for name in partial {
        assert!(!embeds(name, true) && embeds(name, false), "{name}");
    }
    for name in [
        "objects/aa",
        "format/ledger-format.md",
        "report.json",
        "verify.html",
    ] {
        assert!(!embeds(name, false), "{name}");
    }
}
