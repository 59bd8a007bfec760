//! Encodings, shapes and limits of imported input.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const ONE: &str = r##"{"@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Grüße"}"##;

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn every_encoding_is_read() {
    let marked = [b"\xEF\xBB\xBF".as_slice(), ONE.as_bytes()].concat();
    let inputs = [
        ONE.as_bytes().to_vec(),
        marked,
        utf16(ONE, false, true),
        utf16(ONE, true, true),
        utf16(ONE, false, false),
        utf16(ONE, true, false),
        ONE.replace(", ", ",\r\n\t").into_bytes(),
    ];
    for input in inputs {
        let documents = decode(&input).unwrap();
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].document.display_name(), "Grüße");
        assert_eq!(documents[0].path, "");
    }
}

#[test]
fn every_shape_is_read() {
    let table = [
        (format!("[{ONE}, {ONE}]"), vec!["[0]", "[1]"]),
        (format!(r#"{{"@odata.context": "x", "value": [{ONE}, {ONE}]}}"#), vec!["value[0]", "value[1]"]),
        (format!(r#"{{"value": {ONE}}}"#), vec!["value"]),
    ];
    for (text, expected) in table {
        let documents = decode(text.as_bytes()).unwrap();
        assert_eq!(documents.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let table: [(&[u8], &str, &str); 15] = [
        (b"", "import_empty", "empty"),
        (b" \r\n", "import_empty", "empty"),
        (b"\xEF\xBB\xBF", "import_empty", "empty"),
        (b"\xFF\xFE", "import_empty", "empty"),
        (b"{\"a\": \"\xFF\"}", "import_encoding", "UTF-8"),
        (b"\xFF\xFE{\0\x00\xD8", "import_encoding", "UTF-16"),
        (b"{\"displayName\": \"a\",\n \"pinRequired\": tr", "import_truncated", "line 2, column 18"),
        (b"{\"displayName\": \"a\", \"apps\": [", "import_truncated", "cut off"),
        (b"{\"displayName\": 'a'}", "import_syntax", "line 1, column 17"),
        (b"{\n\"displayName\": \"a\",\n}", "import_syntax", "line 3, column 1"),
        (
            b"{\"displayName\": \"a\",\n\"x\": {\"pinRequired\": true, \"pinRequired\": false}}",
            "import_syntax",
            "line 2, column 40: names the member `pinRequired` twice",
        ),
        (b"[]", "import_no_documents", "no policy"),
        (b"{\"value\": []}", "import_no_documents", "no policy"),
        (b"[{\"@odata.type\": \"#microsoft.graph.user\"}]", "import_not_a_policy", "`[0].@odata.type`"),
        (b"42", "import_not_a_policy", "`(document)`"),
    ];
    for (input, code, text) in table {
        let error = decode(input).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_hundred_megabytes_of_brackets_are_refused_at_once() {
    let started = Instant::now();
    let all = vec![b'['; 100 * 1024 * 1024];
    assert_eq!(decode(&all), Err(ImportError::TooLarge { found: all.len() }));
    assert_eq!(decode(&all[..MOST_BYTES]), Err(ImportError::TooDeep { line: 1, column: DEEPEST + 1 }));
    let nested = format!("{}{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
    assert!(decode_json(nested.as_bytes()).is_ok());
    assert!(decode_json(br#"["[[[[[", "\"[[[["]"#).is_ok());
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_document_cut_anywhere_is_never_accepted() {
    let text = ONE.replace("Grüße", "Plain");
    for end in 1..text.len() {
        let error = decode(&text.as_bytes()[..end]).unwrap_err();
        assert_eq!(error.code(), "import_truncated", "{end}: {error}");
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_stands_there(numbers in proptest::collection::vec(any::<f64>(), 0..5), text in "\\PC{0,20}", whole in any::<i64>(), big in any::<u64>()) {
        let json = serde_json::json!({"numbers": numbers, "text": {"inner": [text, whole, big, null, true]}});
        let printed = serde_json::to_string(&json).unwrap();
        let plain: serde_json::Value = serde_json::from_str(&printed).unwrap();
        prop_assert_eq!(decode_json(printed.as_bytes()), Ok(plain));
    }

    #[test]
    fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn any_punctuation_is_refused_without_panic(text in "[\\[\\]{}\",:a0 \n]{0,300}") {
        let _ = decode(text.as_bytes());
    }
}
