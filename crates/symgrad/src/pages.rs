//! The pages in folders of results.

use std::path::Path;

use serde::de::DeserializeOwned;
use symgrad_report::{Badge, IndexPage, IndexRow};

use crate::files::{read_file, read_json};
use crate::folder::Sources;
use crate::page::{BESIDE, badge};
use crate::{
    Discovery, Error, Findings, Folder, Interpretation, LayerInterpretation, SpaceInterpretation,
};

/// Name of the page about a folder's result.
pub const REPORT: &str = "report.html";

/// Name of the page that leads to those of many folders.
pub const INDEX: &str = "index.html";

/// Name of the file with the wall-clock seconds of each stage.
pub const SECONDS: &str = "seconds.json";

/// Names of the files that pages are made of, those that hold more before those that hold less.
pub const RESULTS: [&str; 4] = ["interpretation.json", "layer.json", "space.json", "result.json"];

/// Writes the page about a folder's result, made of that file alone; returns its row for
/// [`write_index`], which has no link yet.
///
/// Without a name it is the file that the folder's page was made of before, or else the first of
/// [`RESULTS`] that there is.
///
/// ```
/// use symgrad::{Error, Folder, write_report};
/// # let temporary = tempfile::tempdir()?;
/// let mut folder = Folder::open(temporary.path())?;
/// assert!(matches!(write_report(&mut folder, None), Err(Error::NoResult { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_report(folder: &mut Folder, result: Option<&str>) -> Result<IndexRow, Error> {
    let before = || RESULTS.into_iter().find(|name| folder.is_made_from(REPORT, name));
    let there = |name: &&str| folder.file(name).is_file();
    let found = result.or_else(|| before().filter(there));
    let found = found.or_else(|| RESULTS.into_iter().find(there));
    let Some(name) = found else { return Err(Error::NoResult { path: folder.file("") }) };
    let path = folder.file(name);
    let checked = |mut findings: Box<dyn Iterator<Item = &Findings> + '_>| {
        let complete = findings.all(|found| found.answer < found.front.len());
        let reason = || "the answer is not on the front".to_owned();
        if complete { Ok(()) } else { Err(Error::NoPage { path: path.clone(), reason: reason() }) }
    };
    let (page, row) = match name {
        "interpretation.json" => {
            let mut found: Interpretation = parsed(&path)?;
            found.findings.iter_mut().for_each(|findings| timed(findings, folder));
            checked(Box::new(found.findings.iter()))?;
            (found.page().to_html(), row_of(found.findings.as_ref(), Badge::Dead))
        }
        "layer.json" => {
            let found: LayerInterpretation = parsed(&path)?;
            checked(Box::new(found.neurons.iter().filter_map(|one| one.findings.as_ref())))?;
            let page = found.page();
            (page.to_html(), many(&page.badges(), "neurons"))
        }
        "space.json" => {
            let found: SpaceInterpretation = parsed(&path)?;
            checked(Box::new(found.concepts.iter()))?;
            let page = found.page();
            (page.to_html(), many(&page.badges(), "concepts"))
        }
        _ => {
            let found = parsed::<Findings>(&path);
            if let (Err(_), Ok(mut laws)) = (&found, parsed::<Discovery>(&path)) {
                laws.seconds = read_json(&folder.file(SECONDS)).unwrap_or_default();
                return written(folder, name, &laws.page().to_html(), laws.row());
            }
            let mut found = found?;
            timed(&mut found, folder);
            checked(Box::new(std::iter::once(&found)))?;
            let mut page = found.page();
            found.add_run(&mut page, folder);
            (page.to_html(), row_of(Some(&found), Badge::Unknown))
        }
    };
    written(folder, name, &page, row)
}

fn written(folder: &mut Folder, name: &str, page: &str, row: IndexRow) -> Result<IndexRow, Error> {
    let mut from = Sources::from([(name.to_owned(), folder.digest_of(name)?)]);
    for beside in BESIDE.into_iter().filter(|file| folder.file(file).is_file()) {
        from.insert(beside.to_owned(), folder.digest_of(beside)?);
    }
    folder.make(REPORT, from, |path| crate::write_file(path, page))?;
    Ok(row)
}

/// A result, or why it is none.
fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_str(&read_file(path)?)
        .map_err(|error| Error::NoPage { path: path.into(), reason: error.to_string() })
}

/// The seconds have a file of their own, so that the result is the same in every run.
fn timed(findings: &mut Findings, folder: &Folder) {
    if findings.seconds.is_empty() {
        findings.seconds = read_json(&folder.file(SECONDS)).unwrap_or_default();
    }
}

/// Writes the page that leads to many results.
pub fn write_index(folder: &mut Folder, title: &str, rows: Vec<IndexRow>) -> Result<(), Error> {
    let sentences = vec![format!("{} results", rows.len())];
    let page = IndexPage { title: title.to_owned(), sentences, rows, ..IndexPage::default() };
    folder.write(INDEX, page.to_html())
}

/// A path as it stands in a link of a page, part by part.
///
/// ```
/// assert_eq!(symgrad::link(["one & only", "report.html"]), "one%20%26%20only/report.html");
/// ```
pub fn link<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let part = |part: &str| part.bytes().map(byte).collect::<String>();
    parts.into_iter().map(part).collect::<Vec<_>>().join("/")
}

fn row_of(findings: Option<&Findings>, otherwise: Badge) -> IndexRow {
    let Some(findings) = findings else {
        return IndexRow { badge: Some(otherwise), ..IndexRow::default() };
    };
    IndexRow {
        badge: Some(badge(findings.verdict())),
        complexity: Some(findings.answer().complexity),
        loss: Some(findings.answer().loss),
        text: findings.readable_answer(),
        math: findings.typeset(&findings.answer().expression).0,
        ..IndexRow::default()
    }
}

/// Many answers in one row, which has no badge.
fn many(badges: &[Badge], noun: &str) -> IndexRow {
    let identified = badges.iter().filter(|badge| **badge == Badge::Identified).count();
    IndexRow {
        text: format!("{} {noun}, {identified} identified", badges.len()),
        ..IndexRow::default()
    }
}
