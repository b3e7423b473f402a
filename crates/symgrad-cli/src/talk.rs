//! Standard output, which is data, and standard error, which is talk. Either may be closed or full:
//! nothing here panics, and a lint keeps `print!` and its like out of the other files.

use std::fmt;
use std::io::{ErrorKind, Write as _};

use crate::fail::Failure;

/// Prints a result. A reader that has gone away, as `head` does in `symgrad … | head -1`, wants no
/// more of it; whatever else goes wrong is a failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Tells something in passing. There is nobody left to tell that it could not be told.
pub(crate) fn say(text: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// [`say`] with the arguments of `format!`.
macro_rules! tell {
    ($($argument:tt)*) => { $crate::talk::say(format_args!($($argument)*)) };
}
pub(crate) use tell;
