//! Files of a run: whole or not at all.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// How the names of files begin that are not complete.
pub(crate) const PART: &str = ".symgrad-part-";

/// Makes a folder, and makes sure that files can be written to it.
pub(crate) fn prepare_folder(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: folder.into(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    tempfile::Builder::new().prefix(PART).tempfile_in(folder).map_err(failed)?;
    Ok(())
}

/// Writes a file beside its final place, then moves it there: a reader finds the old file or
/// the new one, never a part.
pub fn write_file(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    replace(path, None, content.as_ref())
        .map_err(|source| Error::Write { path: path.into(), source })
}

/// The same; what was there before is moved to another place first, if one is given.
pub(crate) fn replace(path: &Path, before: Option<&Path>, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART);
    // Temporary files are private by default; the final one follows the user's umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    if let Some(before) = before.filter(|_| path.exists()) {
        std::fs::rename(path, before)?;
    }
    file.persist(path)?;
    Ok(())
}

/// Writes a value as indented JSON.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::Write {
        path: path.into(),
        source: std::io::Error::other(error),
    })?;
    write_file(path, text + "\n")
}

/// Reads a value from JSON.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_str(&read_file(path)?)
        .map_err(|error| Error::Content { path: path.into(), reason: error.to_string() })
}

/// Reads a text.
pub(crate) fn read_file(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.into(), source })
}
