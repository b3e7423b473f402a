//! What can go wrong.

use std::path::PathBuf;

use symgrad_data::DataError;
use symgrad_expr::{EvalError, NamesError, ParseError};
use symgrad_report::ReportError;
use symgrad_search::SearchError;

/// Why the benchmark could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the list of formulas cannot be read")]
    Catalogue(#[source] toml::de::Error),
    #[error("the inputs of `{name}` cannot serve as names")]
    Names { name: String, source: NamesError },
    #[error("the formula of `{name}` cannot be read")]
    Parse { name: String, source: ParseError },
    #[error("`{name}` or its gradient is not finite at {count} points; narrow its ranges")]
    NotFinite { name: String, count: usize },
    #[error("`{name}` cannot be evaluated")]
    Evaluate { name: String, source: EvalError },
    #[error("the gradients of `{name}` make no direction field")]
    Field { name: String, source: DataError },
    #[error("the search for `{name}` cannot start")]
    Search { name: String, source: SearchError },
    #[error("there is no `{name}`; `--list` shows what there is")]
    NoSuchProblem { name: String },
    #[error("`{text}` is no {what}; write {example}")]
    Option { text: String, what: &'static str, example: &'static str },
    #[error("`--front` shows one run: name one problem with `--only`, one noise and one seed")]
    NotOne,
    #[error("cannot use {}; check that the folder exists and is writable", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "{} holds results of other settings; give another folder with `--out`, or remove it",
        path.display()
    )]
    OtherSettings { path: PathBuf },
    #[error("cannot write the settings")]
    Settings(#[source] toml::ser::Error),
    #[error("cannot write a row of results")]
    Row(#[source] csv::Error),
    #[error("cannot start the process of a run")]
    Process(#[source] std::io::Error),
    #[error("the run `{run}` failed: {reason}")]
    Run { run: String, reason: String },
    #[error(transparent)]
    Report(#[from] ReportError),
}
