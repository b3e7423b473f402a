//! `symgrad report`: pages about results that are there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use symgrad::report::IndexRow;
use symgrad::{
    Error, Folder, INDEX, REPORT, RESULTS, SUMMARY, link, write_index, write_report,
    write_summary_page,
};

use crate::fail::{FAILED, Failure};
use crate::talk::print;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folders that `search`, `discover`, `interpret`, `merge` or `reproduce` have written with --out, or
    /// folders in which such folders are
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// Folder for the page that leads to those of several results, index.html [default: the one in
    /// which all of them are]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Do not list the pages
    #[arg(long)]
    quiet: bool,
}

/// How deep folders are looked for in one another.
const DEEPEST: usize = 6;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (mut folders, mut known): (Vec<PathBuf>, _) = (vec![], BTreeSet::new());
    for given in &arguments.folders {
        let found = results(given, DEEPEST);
        if found.is_empty() {
            return Err(Error::NoResult { path: given.clone() }.into());
        }
        folders.extend(found.into_iter().filter(|folder| known.insert(whole(folder))));
    }
    let (mut summaries, mut all) = (vec![], vec![]);
    for given in &arguments.folders {
        if given.join(SUMMARY).is_file() {
            summaries.push(given);
        } else {
            all.push(given);
        }
    }
    // The page of a summary leads to those of its runs.
    let covered = all.is_empty() && summaries.len() == 1 && arguments.out.is_none();
    let several = !covered && (folders.len() > 1 || arguments.out.is_some());
    let index = if several { Some(arguments.index(&folders)?) } else { None };
    let (mut rows, mut failed, mut told) = (vec![], false, vec![]);
    for folder in &folders {
        match page(folder) {
            Ok(row) => {
                told.push(format!("{}\n", folder.join(REPORT).display()));
                rows.push((folder, row));
            }
            // The other pages do not depend on it.
            Err(error) => {
                failed = true;
                Failure::from(error).warn();
            }
        }
    }
    for summary in summaries {
        match Folder::open(summary).and_then(|mut folder| write_summary_page(&mut folder)) {
            Ok(()) => told.push(format!("{}\n", summary.join(REPORT).display())),
            Err(error) => {
                failed = true;
                Failure::from(error).warn();
            }
        }
    }
    if let Some(index) = index {
        match write_rows(&index, rows) {
            Ok(()) => told.push(format!("{}\n", index.join(INDEX).display())),
            Err(error) => {
                failed = true;
                Failure::from(error).warn();
            }
        }
    }
    if !arguments.quiet {
        print(&told.concat())?;
    }
    Ok(if failed { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

/// Writes the index, by names.
fn write_rows(index: &Path, rows: Vec<(&PathBuf, IndexRow)>) -> Result<(), Error> {
    let mut folder = Folder::open(index)?;
    let mut rows: Vec<IndexRow> =
        rows.into_iter().map(|(folder, row)| placed(row, folder, index)).collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let title = last(&whole(index)).unwrap_or_else(|| "Results".into());
    write_index(&mut folder, &title, rows)
}

fn page(folder: &Path) -> Result<IndexRow, Error> {
    write_report(&mut Folder::open(folder)?, None)
}

/// The folder itself if it holds a result; or else those in it that do, in the order of their
/// names.
fn results(folder: &Path, depth: usize) -> Vec<PathBuf> {
    if RESULTS.iter().any(|name| folder.join(name).is_file()) {
        return vec![folder.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    // Links may lead in circles.
    let inner = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut inner: Vec<PathBuf> = inner.map(|entry| entry.path()).collect();
    inner.retain(|path| last(path).is_some_and(|name| !name.starts_with('.')));
    inner.sort();
    let deeper = |path: &PathBuf| depth.checked_sub(1).map_or(vec![], |depth| results(path, depth));
    inner.iter().flat_map(deeper).collect()
}

impl Arguments {
    /// The folder of the index: the one that was named, or the one in which all others are.
    fn index(&self, folders: &[PathBuf]) -> Result<PathBuf, Failure> {
        if let Some(out) = &self.out {
            return Ok(out.clone());
        }
        if let [only] = self.folders.as_slice() {
            return Ok(only.clone());
        }
        let all: Vec<PathBuf> = folders.iter().map(|folder| whole(folder)).collect();
        let shared = |ancestor: &&Path| all.iter().all(|folder| folder.starts_with(ancestor));
        let common = all.first().and_then(|first| first.ancestors().find(shared));
        match common {
            Some(common) if common.parent().is_some() => Ok(as_given(common)),
            _ => Err(Failure::NoPlace),
        }
    }
}

/// The path as it is named from the working folder, if it is there; or else the whole of it.
fn as_given(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(whole(&here)).ok().map(Path::to_owned));
    match below {
        Some(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Some(below) => below,
        None => path.to_owned(),
    }
}

/// The row with its name and link, as seen from the folder of the index.
fn placed(row: IndexRow, folder: &Path, index: &Path) -> IndexRow {
    let (folder, index) = (whole(folder), whole(index));
    let [there, here] = [&folder, &index].map(|path| path.components().collect::<Vec<_>>());
    let same = there.iter().zip(&here).take_while(|(a, b)| a == b).count();
    let up = here[same..].iter().map(|_| "..".to_owned());
    let down = there[same..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    let name = if parts.is_empty() { last(&folder).unwrap_or_default() } else { parts.join("/") };
    let link = link(parts.iter().map(String::as_str).chain([REPORT]));
    IndexRow { name, link, ..row }
}

/// The path without detours.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn last(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_the_index_to_the_pages() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(&path).expect("a folder");
            path
        };
        let link = |from: &str, to: &str| {
            let row = placed(IndexRow::default(), &at(to), &at(from));
            (row.name, row.link)
        };
        let pair = |name: &str, link: &str| (name.to_owned(), link.to_owned());
        assert_eq!(link("a", "a/b c"), pair("b c", "b%20c/report.html"));
        assert_eq!(link("a/x", "a/y"), pair("../y", "../y/report.html"));
        assert_eq!(link("a", "a"), pair("a", "report.html"));
        assert_eq!(link("a", "ü?#").1, "../%C3%BC%3F%23/report.html");
    }
}
