//! The entry point: parse arguments, run, print, exit code.

use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let code = unmoor::cli::run(&arguments[1..], &mut out, &mut std::io::stderr().lock());
    let _ = out.flush();
    ExitCode::from(code as u8)
}
