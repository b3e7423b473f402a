//! What can go wrong in the bench.

use std::path::PathBuf;

/// A bench that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the catalogue cannot be read")]
    Catalogue(#[from] toml::de::Error),
    #[error("{name}: {reason}")]
    System { name: String, reason: String },
    #[error(transparent)]
    Data(#[from] symgrad_data::DataError),
    #[error(transparent)]
    Discover(#[from] symgrad::Error),
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the results cannot be written as CSV")]
    Csv(#[from] csv::Error),
    #[error("no system is called `{name}`; `--list` shows all")]
    Unknown { name: String },
}
