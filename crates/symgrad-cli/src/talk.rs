//! Standard output, which is data, and standard error, which is talk. Either may be closed or full:
//! nothing here panics, and a lint keeps `print!` and its like out of the other files.

use std::fmt;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

use symgrad::report::TextTable;

use crate::fail::Failure;
use crate::watch;

/// Prints a result. A reader that has gone away, as `head` does in `symgrad … | head -1`, wants no
/// more of it; whatever else goes wrong is a failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    if watch::owns_output() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Tells something in passing, unless warnings alone are wanted.
pub(crate) fn say(text: fmt::Arguments<'_>) {
    if !watch::is_quiet() || text.to_string().starts_with("warning: ") {
        insist(text);
    }
}

/// Tells what must be known. There is nobody left to tell that it could not be told.
pub(crate) fn insist(text: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The columns of the terminal; as many as are usual where that is not known.
pub(crate) fn width() -> u16 {
    const USUAL: u16 = 80;
    let terminal = console::Term::stderr();
    terminal.size_checked().map_or(USUAL, |(_, columns)| columns).max(USUAL / 2)
}

/// A table as text, on a terminal no wider than that.
pub(crate) fn fitted(table: &TextTable) -> String {
    if std::io::stdout().is_terminal() { table.to_text_fitting(width()) } else { table.to_text() }
}

/// As much of a line as fits.
pub(crate) fn shortened(line: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// [`say`] with the arguments of `format!`.
macro_rules! tell {
    ($($argument:tt)*) => { $crate::talk::say(format_args!($($argument)*)) };
}
pub(crate) use tell;
