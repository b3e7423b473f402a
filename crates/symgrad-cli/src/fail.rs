//! Failures: the chain of causes and a way out, on standard error.

use std::error::Error as _;
use std::process::ExitCode;

use symgrad::Error;

/// Exit code of a result that misses what was asked.
pub(crate) const MISSED: u8 = 1;

/// Exit code of a failure.
const FAILED: u8 = 2;

/// Prints what went wrong and returns the exit code.
pub(crate) fn report(error: &Error) -> ExitCode {
    let mut told = error.to_string();
    eprintln!("error: {told}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        // Some errors include their cause in their own sentence.
        if !told.contains(&text) {
            eprintln!("  caused by: {text}");
        }
        told = text;
        cause = inner.source();
    }
    eprintln!("hint: {}", error.hint());
    match error {
        Error::NothingFound => ExitCode::from(MISSED),
        _ => ExitCode::from(FAILED),
    }
}
