//! The summary as Markdown: all runs in the table, the first of each case in full.

use std::collections::BTreeSet;
use std::path::Path;

use symgrad_report::{Picture, Section, Summary};

use super::notes::notes_on;
use super::page::{facts, sections};
use super::tables::{FOUND, table};
use super::{Account, title};
use crate::files::read_file;
use crate::{Error, Record, recipe_name};

/// The summary with its pictures, which are in the runs' folders.
pub(super) fn summary(out: &Path, account: &Account) -> Result<Summary, Error> {
    let mut all = sections(account);
    let mut shown = BTreeSet::new();
    for record in &account.experiments {
        if shown.insert((title(record), recipe_name(record.recipe))) {
            all.push(section(out, record)?);
        }
    }
    Ok(Summary {
        title: super::page::TITLE.into(),
        facts: facts(account),
        table: Some(table(&account.experiments, &FOUND)),
        sections: all,
    })
}

/// The pictures of a run that the summary shows, and what is to be seen.
pub(super) const PICTURES: [(&str, &str); 2] = [
    ("front", "The Pareto front of the search"),
    ("scatter", "The neuron against the answer, at the field's points"),
];

/// The name of a run's picture among those of other runs.
pub(super) fn picture_name(run: &Path, name: &str) -> String {
    format!("{}-{name}", run.to_string_lossy().replace(['/', '\\'], "-"))
}

fn section(out: &Path, record: &Record) -> Result<Section, Error> {
    let picture = |(name, caption): (&str, &str)| -> Result<Picture, Error> {
        let svg = read_file(&out.join(&record.folder).join(format!("{name}.svg")))?;
        Ok(Picture { name: picture_name(&record.folder, name), caption: caption.into(), svg })
    };
    let mut text = vec![format!(
        "Truth: {}. {} recipe, seed {}. Rank correlation of neuron and answer: {:.5}.",
        record.truth.as_deref().unwrap_or("not known"),
        recipe_name(record.recipe),
        record.seed,
        record.spearman
    )];
    text.extend(record.verdict.iter().map(|verdict| format!("Verdict: {}.", verdict.summary)));
    text.extend(record.pairs.iter().map(|pairs| format!("Held-out pairs: {}.", pairs.summary)));
    text.extend(notes_on(record).into_iter().map(|note| format!("{note}.")));
    Ok(Section {
        title: title(record),
        formula: Some(record.answer.clone()),
        text,
        table: None,
        pictures: PICTURES.into_iter().map(picture).collect::<Result<_, _>>()?,
    })
}
