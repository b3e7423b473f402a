//! Errors as Python raises them.

use std::error::Error as _;

use pyo3::prelude::*;
use symgrad::Error;
use symgrad::models::ModelError;

/// The exception for an error: of a class that `symgrad._errors` defines, with the chain of causes
/// and, where it does not speak of the command, what to do.
pub(super) fn raised(error: impl Into<Error>) -> PyErr {
    let error = error.into();
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        // Some errors include their cause in their own sentence.
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = inner.source();
    }
    if let Some(meant) = error.meant() {
        message = format!("{message}\ndid you mean `{meant}`?");
    }
    let hint = error.hint();
    if !hint.contains("--") && !hint.contains('`') && !message.contains(hint) {
        message = format!("{message}\n{hint}");
    }
    let class = match error {
        // The search itself came to nothing.
        Error::NothingFound | Error::Stopped => "SymgradError",
        error if is_of_files(&error) => "FileError",
        _ => "InputError",
    };
    exception(class, message)
}

/// Whether a file could not be read or written, whatever it holds.
fn is_of_files(error: &Error) -> bool {
    match error {
        Error::Read { .. } | Error::Write { .. } | Error::Model(ModelError::Read { .. }) => true,
        Error::Model(ModelError::File { source, .. }) => {
            matches!(**source, ModelError::Read { .. })
        }
        _ => false,
    }
}

/// Something that is wrong with an argument.
pub(super) fn bad_input(message: impl std::fmt::Display) -> PyErr {
    exception("InputError", message.to_string())
}

/// Something that is wrong with symgrad.
pub(super) fn failed(message: impl std::fmt::Display) -> PyErr {
    exception("SymgradError", message.to_string())
}

fn exception(class: &str, message: String) -> PyErr {
    Python::attach(|py| {
        let made = py
            .import("symgrad._errors")
            .and_then(|module| module.getattr(class))
            .and_then(|class| class.call1((message,)));
        made.map_or_else(|error| error, PyErr::from_value)
    })
}
