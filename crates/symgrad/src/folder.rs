//! Folders of results, and whose the files in them are.
//!
//! One rule: symgrad replaces what it has written itself, and nothing else. It records a digest of
//! every file that it writes; a file that is not recorded, or that was changed since, is the
//! user's.

use std::collections::BTreeMap;
use std::fs::TryLockError;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::files::{PART, prepare_folder, read_json, write_file, write_json};

/// Name of the file that says what symgrad has written beside it.
const RECORD: &str = ".symgrad.json";

/// Name of the file that is locked while somebody writes to the folder. It stays: to remove it would
/// let two take different files for it.
const LOCK: &str = ".symgrad.lock";

/// A folder in which symgrad replaces what it has written itself, and nothing else.
///
/// ```
/// use symgrad::{Error, Folder};
/// # let temporary = tempfile::tempdir()?;
/// # let path = temporary.path();
/// let mut folder = Folder::open(path)?;
/// folder.write("result.json", "1")?;
/// folder.write("result.json", "2")?;
///
/// std::fs::write(path.join("result.json"), "a user's own")?;
/// let refused = folder.write("result.json", "3");
/// assert!(matches!(refused, Err(Error::InTheWay { .. })));
/// assert_eq!(std::fs::read_to_string(path.join("result.json"))?, "a user's own");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As long as there is the value, the folder is locked: nobody else opens it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    record: Record,
    /// Held until it is dropped; none where the file system knows no locks.
    _lock: Option<std::fs::File>,
}

/// What symgrad has written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    files: BTreeMap<String, Made>,
}

/// A file as symgrad wrote it.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    digest: String,
    /// The digest of symgrad's own file in whose place it was put: the record is written first,
    /// so that a program stopped between the two leaves no file that it does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// Digests of what it was made from.
    #[serde(default, skip_serializing_if = "Sources::is_empty")]
    from: Sources,
}

/// What a file is made from: names with digests.
pub(crate) type Sources = BTreeMap<String, String>;

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// There is no such file.
    Nobody,
    /// As symgrad wrote it.
    Symgrad,
    /// Not written by symgrad, or changed since.
    User,
}

impl Folder {
    /// Makes the folder if need be, makes sure that files can be written to it, and reads what
    /// symgrad has written there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        prepare_folder(path)?;
        let lock = lock(path)?;
        remove_parts(path);
        let file = path.join(RECORD);
        let record = match std::fs::symlink_metadata(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Record::default(),
            _ => read_json(&file)?,
        };
        Ok(Self { path: path.into(), record, _lock: lock })
    }

    /// The place of a file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes sure that files of these names can be written: none of them is a user's.
    pub fn check(&self, names: &[&str]) -> Result<(), Error> {
        for name in names {
            if self.owner(name)? == Owner::User {
                return Err(Error::InTheWay { path: self.file(name) });
            }
        }
        Ok(())
    }

    /// Writes a file, whole or not at all; one that symgrad has written before is replaced, and a
    /// user's is an error.
    pub fn write(&mut self, name: &str, content: impl AsRef<[u8]>) -> Result<(), Error> {
        self.make(name, Sources::new(), |path| write_file(path, content))
    }

    /// The same with whatever writes the file, remembering what it is made from.
    pub(crate) fn make<E: Into<Error>>(
        &mut self,
        name: &str,
        from: Sources,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), Error> {
        self.check(&[name])?;
        let path = self.file(name);
        log::debug!("writing {}", path.display());
        let failed = |source| Error::Write { path: path.clone(), source };
        let temporary = tempfile::Builder::new().prefix(PART).tempdir_in(&self.path);
        let temporary = temporary.map_err(failed)?;
        let part = temporary.path().join(name);
        write(&part).map_err(Into::into)?;
        let before = self.record.files.remove(name).map(|made| made.digest);
        let made = Made { digest: digest_of(&part)?, before, from };
        self.record.files.insert(name.to_owned(), made);
        write_json(&self.path.join(RECORD), &self.record)?;
        std::fs::rename(&part, &path).map_err(failed)
    }

    /// Whether symgrad made the one file from the other.
    pub(crate) fn is_made_from(&self, name: &str, source: &str) -> bool {
        self.record.files.get(name).is_some_and(|made| made.from.contains_key(source))
    }

    /// The digest of a file.
    pub(crate) fn digest_of(&self, name: &str) -> Result<String, Error> {
        digest_of(&self.file(name))
    }

    /// Whose a file is.
    pub(crate) fn owner(&self, name: &str) -> Result<Owner, Error> {
        let path = self.file(name);
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Owner::Nobody),
            Err(source) => return Err(Error::Read { path, source }),
            // A folder, or a link that leads nowhere.
            Ok(_) if !path.is_file() => return Ok(Owner::User),
            Ok(_) => {}
        }
        let Some(made) = self.record.files.get(name) else { return Ok(Owner::User) };
        let digest = digest_of(&path)?;
        let known = digest == made.digest || Some(&digest) == made.before.as_ref();
        Ok(if known { Owner::Symgrad } else { Owner::User })
    }

    #[cfg(feature = "training")]
    /// Whether a file is there and need not be made: it is the user's, or symgrad made it from just
    /// these.
    pub(crate) fn is_current(&self, name: &str, from: &Sources) -> Result<bool, Error> {
        Ok(match self.owner(name)? {
            Owner::Nobody => false,
            Owner::User => true,
            Owner::Symgrad => {
                let digest = digest_of(&self.file(name))?;
                let made = self.record.files.get(name);
                made.is_some_and(|made| made.digest == digest && made.from == *from)
            }
        })
    }

    #[cfg(feature = "training")]
    /// Those of the files that are the user's, with their digests.
    pub(crate) fn users(&self, names: &[&str]) -> Result<Sources, Error> {
        let mut found = Sources::new();
        for &name in names {
            if self.owner(name)? == Owner::User {
                let path = self.file(name);
                let digest = if path.is_file() { digest_of(&path)? } else { String::new() };
                found.insert(name.to_owned(), digest);
            }
        }
        Ok(found)
    }

    #[cfg(feature = "training")]
    /// Moves the user's among these files to names that are free.
    pub(crate) fn set_users_aside(&self, names: &[&str]) -> Result<(), Error> {
        for name in names {
            if self.owner(name)? == Owner::User {
                set_aside(&self.file(name))?;
            }
        }
        Ok(())
    }
}

/// The lock of a folder.
fn lock(path: &Path) -> Result<Option<std::fs::File>, Error> {
    let failed = |source| Error::Write { path: path.into(), source };
    let options = std::fs::File::options().create(true).truncate(false).write(true).to_owned();
    let file = options.open(path.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: path.into() }),
        // Some file systems know no locks.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Removes what somebody who was killed left half written.
fn remove_parts(path: &Path) {
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PART) {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_dir_all(entry.path());
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(feature = "training")]
/// Moves a file or folder, if it is there, to `NAME.old-1`, or the next number that is free.
pub(crate) fn set_aside(path: &Path) -> Result<(), Error> {
    let there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    if !there(path) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1_u64..).map(|n| path.with_file_name(format!("{name}.old-{n}")));
    let failed = |source| Error::Write { path: path.into(), source };
    match free.into_iter().find(|free| !there(free)) {
        Some(free) => std::fs::rename(path, free).map_err(failed),
        None => Err(failed(ErrorKind::AlreadyExists.into())),
    }
}

const CRC: crc::Crc<u64> = crc::Crc::<u64>::new(&crc::CRC_64_XZ);

#[cfg(feature = "training")]
/// The digest of some bytes: their number and a checksum.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("{}-{:016x}", bytes.len(), CRC.checksum(bytes))
}

/// The digest of a file.
fn digest_of(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::Read { path: path.into(), source };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut sum, mut length, mut buffer) = (CRC.digest(), 0, vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(format!("{length}-{:016x}", sum.finalize())),
            count => {
                sum.update(&buffer[..count]);
                length += count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_whom_wrote_them_last() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let mut folder = Folder::open(temporary.path())?;
        assert_eq!(folder.owner("a")?, Owner::Nobody);
        folder.write("a", "one")?;
        assert_eq!(folder.owner("a")?, Owner::Symgrad);
        // One at a time; what is remembered outlives the program.
        assert!(matches!(Folder::open(temporary.path()), Err(Error::Locked { .. })));
        drop(folder);
        std::fs::write(temporary.path().join(format!("{PART}x")), "half")?;
        let mut folder = Folder::open(temporary.path())?;
        folder.write("a", "two")?;
        assert_eq!(folder.owner("a")?, Owner::Symgrad);
        assert_eq!(digest_of(&folder.file("a"))?, digest(b"two"));
        assert!(!folder.file(&format!("{PART}x")).exists());
        std::fs::write(folder.file("a"), "three")?;
        std::fs::create_dir(folder.file("b"))?;
        for name in ["a", "b"] {
            assert_eq!(folder.owner(name)?, Owner::User);
            assert!(matches!(folder.write(name, "four"), Err(Error::InTheWay { .. })));
        }
        std::fs::remove_file(folder.file("a"))?;
        folder.write("a", "five")?;
        Ok(())
    }

    #[test]
    fn nothing_is_lost_by_setting_aside() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let path = temporary.path().join("a.txt");
        for text in ["one", "two"] {
            std::fs::write(&path, text)?;
            set_aside(&path)?;
        }
        set_aside(&path)?;
        assert!(!path.exists());
        for (number, text) in [(1, "one"), (2, "two")] {
            let aside = temporary.path().join(format!("a.txt.old-{number}"));
            assert_eq!(std::fs::read_to_string(aside)?, text);
        }
        Ok(())
    }

    #[test]
    fn a_record_that_cannot_be_read_is_an_error() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        std::fs::write(temporary.path().join(RECORD), "a user's own")?;
        assert!(matches!(Folder::open(temporary.path()), Err(Error::Content { .. })));
        Ok(())
    }
}
