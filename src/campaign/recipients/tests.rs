use super::*;

/// Reads a whole file in chunks of a size.
fn read(format: Format, file: &[u8], chunk: usize) -> Result<Vec<Line>, FileError> {
    let mut lines = Vec::new();
    let mut reader = Reader::new(format);
    for bytes in file.chunks(chunk) {
        reader.feed(bytes, &mut |line| lines.push(line))?;
    }
    reader.finish(&mut |line| lines.push(line))?;
    Ok(lines)
}

/// The same whatever the chunks are.
fn lines(format: Format, file: &[u8]) -> Vec<(u64, Result<String, LineError>)> {
    let whole = read(format, file, file.len().max(1)).unwrap();
    for chunk in [1, 2, 3, 7, 64] {
        assert_eq!(
            read(format, file, chunk).unwrap(),
            whole,
            "chunks of {chunk}"
        );
    }
    let show = |recipient: Recipient| {
        let mut text = recipient.to.to_string();
        for (name, value) in recipient.variables {
            text.push_str(&format!(" {name}={value}"));
        }
        text
    };
    whole
        .into_iter()
        .map(|line| (line.number, line.outcome.map(show)))
        .collect()
}

fn good(text: &str) -> Result<String, LineError> {
    Ok(text.to_owned())
}

#[test]
fn ndjson_is_read_line_by_line_with_bad_lines_told() {
    let file = br#"{"to":"+14155550100","variables":{"name":"Zo\u00eb","n":3,"ok":true,"no":null}}

{"to":"whatsapp:US.1349120","variables":null}
{"to":"+14155550100"
[1]
{"to":"+14155550100","body":"x"}
{"variables":{}}
{"to":"415 555"}
{"to":"ACME"}
{"to":"+14155550100","variables":{"a":{}}}
{"to":"+14155550100","variables":{"a b":"x"}}
{"to":"+14155550199"}"#;
    let read = lines(Format::Ndjson, file);
    assert_eq!(read[0], (1, good("+14155550100 n=3 name=Zoë ok=true")));
    assert_eq!(read[1], (3, good("whatsapp:US.1349120")));
    assert!(matches!(read[2], (4, Err(LineError::NotJson { .. }))));
    assert_eq!(read[3], (5, Err(LineError::NotObject)));
    assert_eq!(
        read[4],
        (6, Err(LineError::UnknownField("body".to_owned())))
    );
    assert_eq!(read[5], (7, Err(LineError::NoAddress)));
    assert!(
        matches!(read[6], (8, Err(LineError::Address(_)))),
        "{:?}",
        read[6]
    );
    assert_eq!(read[7], (9, Err(LineError::NotReachable)));
    assert_eq!(read[8], (10, Err(LineError::NotVariables)));
    assert_eq!(read[9], (11, Err(LineError::VariableName)));
    assert_eq!(read[10], (12, good("+14155550199")));
    assert_eq!(read.len(), 11);
}

#[test]
fn csv_reads_a_byte_order_mark_crlf_quotes_and_line_breaks_in_fields() {
    let file = "\u{feff}Name,TO,note\r\n\
        Ann,+14155550100,\"says \"\"hi\"\", twice\"\r\n\
        \r\n\
        Bob,+14155550101,\"two\r\nlines\"\r\n\
        5\" pipe,+14155550102,\r\n";
    assert_eq!(
        lines(Format::Csv, file.as_bytes()),
        [
            (2, good("+14155550100 Name=Ann note=says \"hi\", twice")),
            (4, good("+14155550101 Name=Bob note=two\nlines")),
            (6, good("+14155550102 Name=5\" pipe")),
        ]
    );
}

#[test]
fn the_delimiter_is_the_headers() {
    for delimiter in [",", ";", "\t"] {
        let file = ["to", "\"a,b;c\"", "x\n+14155550100", "1", "2"].join(delimiter);
        let file = file.replace("\"a,b;c\"", "a");
        assert_eq!(
            lines(Format::Csv, file.as_bytes()),
            [(2, good("+14155550100 a=1 x=2"))]
        );
    }
    assert_eq!(
        lines(Format::Csv, b"to\n+14155550100"),
        [(2, good("+14155550100"))]
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line_only() {
    let mut file = "to,name\n+14155550100,\"Ann\n".to_owned();
    for n in 0..200 {
        file.push_str(&format!("+1415555{n:04},ok\n"));
    }
    let read = lines(Format::Csv, file.as_bytes());
    assert_eq!(read[0], (2, Err(LineError::OpenQuote)));
    assert_eq!(read.len(), 201);
    for (n, line) in read[1..].iter().enumerate() {
        assert_eq!(
            *line,
            (n as u64 + 3, good(&format!("+1415555{n:04} name=ok")))
        );
    }
}

#[test]
fn a_quote_closed_in_the_wrong_place_costs_its_own_line_only() {
    let file = b"to,name\n+14155550100,\"Ann\"x\n+14155550101,\"Bob\n+14155550102,\"Cy\"\n\
        +14155550103,Di\n+14155550104\n,Ed\n";
    assert_eq!(
        lines(Format::Csv, file),
        [
            (2, Err(LineError::TextAfterQuote)),
            (3, Err(LineError::TextAfterQuote)),
            (4, good("+14155550102 name=Cy")),
            (5, good("+14155550103 name=Di")),
            (
                6,
                Err(LineError::Fields {
                    expected: 2,
                    found: 1
                })
            ),
            (7, Err(LineError::NoAddress)),
        ]
    );
}

#[test]
fn other_encodings_are_told_by_line_and_byte() {
    let file = b"to,name\n+14155550100,Ren\xe9\n+14155550101,Ren\xc3\xa9\n+14155550102,\0a\n";
    assert_eq!(
        lines(Format::Csv, file),
        [
            (2, Err(LineError::NotUtf8 { column: 17 })),
            (3, good("+14155550101 name=René")),
            (4, Err(LineError::ZeroByte)),
        ]
    );
    for mark in [[0xff, 0xfe], [0xfe, 0xff]] {
        let mut file = mark.to_vec();
        for c in "to,name\r\n+14155550100,Ann".encode_utf16() {
            file.extend(c.to_le_bytes());
        }
        assert_eq!(read(Format::Csv, &file, 5).unwrap_err(), FileError::Utf16);
        assert_eq!(
            read(Format::Ndjson, &file[..8], 1).unwrap_err(),
            FileError::Utf16
        );
    }
}

#[test]
fn a_header_that_cannot_serve_refuses_the_file() {
    let error = |file: &str| read(Format::Csv, file.as_bytes(), 4).unwrap_err();
    assert_eq!(error("name,phone\nAnn,+14155550100"), FileError::NoToColumn);
    assert_eq!(error("to,a,a\n"), FileError::ColumnTwice("a".to_owned()));
    assert_eq!(error("to,To\n"), FileError::ColumnTwice("To".to_owned()));
    assert_eq!(
        error("to,a b\n"),
        FileError::Header(LineError::VariableName)
    );
    assert_eq!(error(""), FileError::NoToColumn);
    assert_eq!(error("to,\"a\n"), FileError::Header(LineError::OpenQuote));
    let wide = (0..60)
        .map(|n| format!("c{n}"))
        .collect::<Vec<_>>()
        .join(",");
    assert_eq!(
        error(&format!("to,{wide}\n")),
        FileError::Header(LineError::TooManyVariables)
    );
}

#[test]
fn a_line_of_ten_megabytes_is_refused_without_being_kept() {
    for format in [Format::Ndjson, Format::Csv] {
        let mut reader = Reader::new(format);
        let mut lines = Vec::new();
        let first: &[u8] = if format == Format::Csv {
            b"to\n"
        } else {
            b"\n"
        };
        reader.feed(first, &mut |line| lines.push(line)).unwrap();
        let chunk = [b'x'; 4096];
        for _ in 0..2_560 {
            reader.feed(&chunk, &mut |line| lines.push(line)).unwrap();
            assert!(reader.lines.kept() <= MAX_LINE);
        }
        let last: &[u8] = if format == Format::Csv {
            b"\n+14155550100"
        } else {
            b"\n{\"to\":\"+14155550100\"}"
        };
        reader.feed(last, &mut |line| lines.push(line)).unwrap();
        reader.finish(&mut |line| lines.push(line)).unwrap();
        assert_eq!(
            lines[0],
            Line {
                number: 2,
                outcome: Err(LineError::TooLong)
            }
        );
        assert_eq!(lines[1].number, 3);
        assert!(lines[1].outcome.is_ok());
    }
}

#[test]
fn a_million_duplicates_are_one_line_of_the_report() {
    let mut report = Report {
        accepted: 1,
        ..Report::default()
    };
    for line in 2..=1_000_000 {
        report.duplicate(line);
    }
    assert_eq!(report.duplicates, 999_999);
    assert_eq!(report.faults.len(), 1);
    assert_eq!(
        (report.faults[0].line, report.faults[0].last),
        (2, 1_000_000)
    );
}

#[test]
fn a_report_of_scattered_faults_stays_small_and_counts_all() {
    let mut report = Report::default();
    for line in 0..10_000 {
        report.bad(line * 2, LineError::NoAddress.to_string());
    }
    assert_eq!(
        (report.bad, report.faults.len(), report.not_listed),
        (10_000, 1_000, 9_000)
    );
}

#[test]
fn a_fault_never_quotes_what_the_line_says() {
    let files: [(Format, &[u8]); 3] = [
        (Format::Ndjson, br#"{"to":"secret-name"}"#),
        (
            Format::Ndjson,
            br#"{"to":"+14155550100","variables":"secret"}"#,
        ),
        (Format::Csv, b"to,name\nsecret\n"),
    ];
    for (format, file) in files {
        let line = read(format, file, 9).unwrap().remove(0);
        let told = line.outcome.unwrap_err().to_string();
        assert!(!told.contains("secret"), "{told}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_give_the_same_lines(
            file in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'"'), Just(b','), Just(b'\r'), any::<u8>()], 0..400),
            chunk in 1_usize..50,
        ) {
            for format in [Format::Ndjson, Format::Csv] {
                let mut with_header = b"to,x\n".to_vec();
                with_header.extend(&file);
                let whole = read(format, &with_header, with_header.len());
                prop_assert_eq!(&read(format, &with_header, chunk), &whole);
                // No line is told twice, and they come in order.
                let numbers: Vec<u64> = whole.unwrap().iter().map(|line| line.number).collect();
                prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", numbers);
            }
        }

        #[test]
        fn what_is_written_as_csv_is_read_back(
            rows in proptest::collection::vec("[ -~\n]{1,20}", 1..20),
        ) {
            let mut file = "to,x\n".to_owned();
            for row in &rows {
                file.push_str(&format!("+14155550100,{}\n", quoted(row)));
            }
            let read = read(Format::Csv, file.as_bytes(), 5).unwrap();
            let back: Vec<String> =
                read.into_iter().map(|line| line.outcome.unwrap().variables.get("x").cloned().unwrap()).collect();
            prop_assert_eq!(back, rows);
        }
    }
}
