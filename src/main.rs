//! The entry point: owns the process. It reads the arguments, opens the streams, runs the command, and turns what comes
//! of it into an exit code.

use std::{
    io::{self, BufWriter, ErrorKind, IsTerminal, Write},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::{self, ExitCode},
    sync::{Mutex, PoisonError},
};

use anstream::{AutoStream, ColorChoice};
use unmoor::{
    cli::{self, Arguments, Color, Exit, Streams},
    migrate::apply,
};

/// The exit code of a program that was interrupted, as shells have it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// What the last panic said, for the request to report it.
static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

fn main() -> ExitCode {
    panic::set_hook(Box::new(remember));
    // Without a handler a signal ends the program at once, which loses no more than a temporary file.
    let _ = ctrlc::set_handler(|| {
        let _whole = apply::between_files();
        process::exit(INTERRUPTED);
    });
    let parsed = Arguments::parse_from(std::env::args_os());
    let choice = parsed.as_ref().map_or(ColorChoice::Auto, |arguments| color_choice(arguments.color()));
    let mut out = BufWriter::new(AutoStream::new(io::stdout().lock(), choice));
    // Not locked for good: the progress line is drawn by another thread.
    let mut err = AutoStream::new(io::stderr(), choice);
    // A log is nobody's terminal, even where it claims to be one.
    let watched = io::stderr().is_terminal() && std::env::var_os("CI").is_none();
    let done = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut streams = Streams { input: &mut io::stdin().lock(), out: &mut out, err: &mut err, watched };
        let exit = match &parsed {
            Ok(arguments) => cli::run(arguments, &mut streams),
            Err(problem) => cli::show(problem, &mut streams),
        }?;
        streams.out.flush()?;
        io::Result::Ok(exit)
    }));
    let failure = match done {
        Ok(Ok(exit)) => return exit.into(),
        // Whoever reads the output has seen enough: `unmoor scan | head`.
        Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return Exit::Clean.into(),
        Ok(Err(error)) => {
            let message = format!("the output cannot be written: {error}");
            let _ = writeln!(err, "error: {message}");
            return Exit::Usage.into();
        }
        Err(_) => LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner).take(),
    };
    let _ = cli::show_failure(failure.as_deref().unwrap_or("for an unknown reason"), &mut err);
    Exit::Internal.into()
}

fn color_choice(color: Color) -> ColorChoice {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}

/// Keeps what a panic says instead of printing it: a panic on one file is told with that file, any other at the end.
fn remember(info: &PanicHookInfo<'_>) {
    let said = payload(info);
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
    let backtrace = std::backtrace::Backtrace::capture();
    let mut message = format!("{said}{}", place.unwrap_or_default());
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        message = format!("{message}\n{backtrace}");
    }
    *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
}

fn payload<'p>(info: &'p PanicHookInfo<'_>) -> &'p str {
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
