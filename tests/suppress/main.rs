//! Setting findings aside: by comments, and by a baseline.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod baseline;
mod ignores;
mod writing;

use jiff::civil::Date;
use unmoor::{
    rules::load,
    scan::{Scan, ScanOptions, Scanner},
};

/// Scans a text on a day in June 2026.
fn scan(path: &str, text: &str) -> Scan {
    let options = ScanOptions { ignores: Some(Date::constant(2026, 6, 15)), ..ScanOptions::of_any_file() };
    Scanner::new(load::built_in().unwrap()).scan_text(path, text.into(), &options)
}
