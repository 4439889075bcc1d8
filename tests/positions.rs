//! Offsets, lines and columns agree with each other and with a naive count, on any text.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use unmoor::input::text::{Decoded, LineIndex, Position, decode};

/// Text with many line ends and characters of every UTF-8 length, long enough to pass the index's checkpoints.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-z =\"]{0,8}",
        2 => prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\r")].prop_map(String::from),
        2 => select(vec!["é", "€", "😀", "\u{2028}", "\u{FEFF}"]).prop_map(String::from),
        1 => any::<String>(),
        1 => (200_usize..900, select(vec!["x", "é", "😀"])).prop_map(|(count, unit)| unit.repeat(count)),
    ];
    vec(pieces, 0..16).prop_map(|pieces| pieces.concat())
}

/// The position of a character boundary, counted from the start of the text.
fn naive(text: &str, offset: usize) -> Position {
    let (mut line, mut start) = (1, 0);
    for (at, character) in text.char_indices() {
        let inside_pair = character == '\r' && text[at + 1..].starts_with('\n');
        let end = at + character.len_utf8();
        if matches!(character, '\n' | '\r') && !inside_pair && end <= offset {
            line += 1;
            start = end;
        }
    }
    let before = &text[start..offset];
    Position { line, column: before.chars().count() as u32 + 1, column_utf16: before.encode_utf16().count() as u32 + 1 }
}

fn boundaries(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn positions_round_trip(text in texts()) {
        let index = LineIndex::new(&text);
        for offset in boundaries(&text) {
            let position = index.position(offset);
            prop_assert_eq!(index.offset(position.line, position.column), offset);
        }
    }

    #[test]
    fn positions_grow_with_the_offset(text in texts()) {
        let index = LineIndex::new(&text);
        let positions: Vec<_> = boundaries(&text).map(|offset| index.position(offset)).collect();
        prop_assert!(positions.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn positions_agree_with_a_naive_count(text in texts(), places in vec(any::<Index>(), 8)) {
        let index = LineIndex::new(&text);
        let offsets: Vec<_> = boundaries(&text).collect();
        for place in places {
            let offset = *place.get(&offsets);
            prop_assert_eq!(index.position(offset), naive(&text, offset));
        }
    }

    #[test]
    fn the_utf16_column_is_the_length_of_what_stands_before(text in texts()) {
        let index = LineIndex::new(&text);
        for offset in boundaries(&text) {
            let position = index.position(offset);
            let start = index.offset(position.line, 1);
            prop_assert_eq!(position.column_utf16 as usize, text[start..offset].encode_utf16().count() + 1);
        }
    }

    #[test]
    fn any_query_is_answered(text in texts(), offset in any::<usize>(), line in any::<u32>(), column in any::<u32>()) {
        let index = LineIndex::new(&text);
        prop_assert!(index.position(offset) <= index.position(text.len()));
        for near in [offset % (text.len() + 1), offset] {
            let position = index.position(near);
            prop_assert!(index.offset(position.line, position.column) <= near);
        }
        prop_assert!(text.is_char_boundary(index.offset(line, column)));
        prop_assert!(text.is_char_boundary(index.offset(line % (index.line_count() + 2), column % 2000)));
        prop_assert!(index.line_text(line).len() <= text.len());
    }

    #[test]
    fn lines_and_line_ends_make_up_the_text(text in texts()) {
        let index = LineIndex::new(&text);
        let mut end = 0;
        for line in 1..=index.line_count() {
            let span = index.line_span(line).unwrap_or_default();
            prop_assert!(matches!(&text[end..span.start], "" | "\n" | "\r" | "\r\n"));
            prop_assert!(!index.line_text(line).contains(['\n', '\r']));
            end = span.end;
        }
        prop_assert_eq!(end, text.len());
    }

    #[test]
    fn decoding_any_bytes_gives_text_or_binary(bytes in vec(any::<u8>(), 0..300)) {
        if let Decoded::Text(text) = decode(bytes.clone())
            && let Some(base) = text.offset_base() {
            prop_assert_eq!(&bytes[base..], text.text.as_bytes());
        }
    }

    #[test]
    fn decoding_undoes_utf16(text in texts()) {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        if let Decoded::Text(decoded) = decode(bytes) {
            prop_assert_eq!(decoded.text, text);
            prop_assert!(!decoded.lossy);
        } else {
            prop_assert!(text.contains('\0'));
        }
    }
}
