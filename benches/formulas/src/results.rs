//! The file of results, which a later call continues.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use symgrad_search::SearchConfig;

use crate::error::Error;
use crate::run::{Case, Record};

/// The rows of `results.csv`, each written as soon as its run has ended.
pub(crate) struct Results {
    file: File,
    path: PathBuf,
    records: Vec<Record>,
}

impl Results {
    /// Opens a folder, with what earlier calls left there. A row that was cut off is forgotten.
    pub(crate) fn open(folder: &Path, config: &SearchConfig) -> Result<Self, Error> {
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        check_settings(&folder.join("settings.toml"), config)?;
        let path = folder.join("results.csv");
        let records: Vec<Record> = match File::open(&path) {
            Ok(file) => csv::Reader::from_reader(file).deserialize().flatten().collect(),
            Err(_) => vec![],
        };
        let partial = path.with_extension("csv.part");
        std::fs::write(&partial, rows(&records, true)?).map_err(at(&partial))?;
        std::fs::rename(&partial, &path).map_err(at(&path))?;
        let file = OpenOptions::new().append(true).open(&path).map_err(at(&path))?;
        Ok(Self { file, path, records })
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn holds(&self, case: &Case) -> bool {
        self.records.iter().any(|record| record.is_of(case))
    }

    /// Appends a row.
    pub(crate) fn add(&mut self, record: Record) -> Result<(), Error> {
        let row = rows(std::slice::from_ref(&record), self.records.is_empty())?;
        self.file
            .write_all(&row)
            .map_err(|source| Error::File { path: self.path.clone(), source })?;
        self.records.push(record);
        Ok(())
    }
}

/// Rows as CSV, with the names of the columns above the first of a file.
pub(crate) fn rows(records: &[Record], header: bool) -> Result<Vec<u8>, Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(header).from_writer(vec![]);
    for record in records {
        writer.serialize(record).map_err(Error::Row)?;
    }
    writer.into_inner().map_err(|error| Error::Row(error.into_error().into()))
}

/// Results of different settings do not go into one file.
fn check_settings(path: &Path, config: &SearchConfig) -> Result<(), Error> {
    let settings = toml::to_string(config).map_err(Error::Settings)?;
    match std::fs::read_to_string(path) {
        Ok(held) if held == settings => Ok(()),
        Ok(_) => Err(Error::OtherSettings { path: path.to_path_buf() }),
        Err(_) => std::fs::write(path, settings)
            .map_err(|source| Error::File { path: path.to_path_buf(), source }),
    }
}
