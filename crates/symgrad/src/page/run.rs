//! What the run of an experiment leaves beside its result: the check and the training.

use serde::Deserialize;
use symgrad_data::Table;
use symgrad_report::{PageTruth, ResultPage, format_loss};

use crate::discover::varies_by;
use crate::files::read_json;
use crate::{Findings, Folder, FoundBy};

/// The files, which only runs of experiments have.
pub(crate) const BESIDE: [&str; 2] = [CHECK, CURVE];

const CHECK: &str = "check.json";
const CURVE: &str = "training.csv";

/// What a page tells of the check: a part of its record.
#[derive(Deserialize)]
struct Checked {
    name: String,
    system: Option<String>,
    recipe: String,
    seed: u64,
    recovered: Option<bool>,
    truth: Option<String>,
    mismatch: Option<f64>,
    pairs: Option<Judged>,
    paper_mse_neuron: Option<f64>,
    paper_mse_answer: f64,
    #[serde(default)]
    users_files: Vec<String>,
}

/// What it tells of the other answer.
#[derive(Deserialize)]
struct Judged {
    laws: Vec<JudgedLaw>,
    recovered: Option<bool>,
    summary: String,
}

#[derive(Deserialize)]
struct JudgedLaw {
    expression: String,
    rho: f64,
    found_by: FoundBy,
}

/// The columns of the curve that are shown, and what they are.
const LOSSES: [(&str, &str); 2] =
    [("training_loss", "training loss"), ("validation_loss", "validation loss")];

impl Findings {
    /// Adds to the page what there is. A file that is something else adds nothing.
    pub(crate) fn add_run(&self, page: &mut ResultPage, folder: &Folder) {
        let Ok(checked) = read_json::<Checked>(&folder.file(CHECK)) else { return };
        let Checked { name, system, recipe, seed, .. } = &checked;
        let system = system.as_ref().map_or_else(String::new, |system| format!(" ({system})"));
        page.title = format!("{name}{system}, {recipe} recipe, seed {seed}");
        page.truth = checked.truth.as_ref().map(|truth| PageTruth {
            math: self.typeset(truth).0,
            sentences: checked.sentences(),
            text: truth.clone(),
        });
        page.remarks.extend(checked.pairs.iter().flat_map(Judged::remarks));
        if let Ok(curve) = Table::read(folder.file(CURVE)) {
            page.training = training(&curve);
            page.stages = stages(&curve);
        }
    }
}

impl Checked {
    fn sentences(&self) -> Vec<String> {
        let verdict = if self.recovered == Some(true) { "Recovered" } else { "Not recovered" };
        let agreement = self.mismatch.map_or_else(
            || "the answer is not finite at some fresh point".to_owned(),
            |mismatch| format!("1 − |mean cos| = {} at fresh points", format_loss(mismatch)),
        );
        let mut sentences = vec![format!("{verdict}: {agreement}.")];
        let mse = format_loss(self.paper_mse_answer);
        let errors = self.paper_mse_neuron.map_or_else(
            || format!("Paper MSE of the answer against the neuron: {mse}."),
            |neuron| {
                let neuron = format_loss(neuron);
                format!(
                    "Paper MSE of the neuron against the truth: {neuron}, of the answer against the \
                     neuron: {mse}."
                )
            },
        );
        sentences.push(errors);
        if !self.users_files.is_empty() {
            sentences.push(format!("Rests on a user's own {}.", self.users_files.join(", ")));
        }
        sentences
    }
}

impl Judged {
    fn remarks(&self) -> Vec<String> {
        let among = match self.recovered {
            Some(true) => "; the truth is among them",
            Some(false) => "; the truth is not among them",
            None => "",
        };
        let law = |JudgedLaw { expression, rho, found_by }: &JudgedLaw| {
            let road = match found_by {
                FoundBy::Direct => "by the direct road",
                FoundBy::Network => "by the network",
                FoundBy::Both => "by both roads",
            };
            format!(
                "law by held-out pairs, found {road}, varies by {}: {expression}",
                varies_by(*rho)
            )
        };
        let summary =
            format!("held-out pairs, without the network's word: {}{among}", self.summary);
        std::iter::once(summary).chain(self.laws.iter().map(law)).collect()
    }
}

/// With which steps the stages of a training begin, and what they are; none where there is one alone.
fn stages(curve: &Table) -> Vec<(f64, String)> {
    let both = column(curve, "step").zip(column(curve, "round"));
    let Some((steps, rounds)) = both else { return vec![] };
    let stage = |(begins, round): (f64, f64)| {
        let words = if round > 0.0 {
            format!("pairs alone make it precise, round {round}")
        } else {
            "the loss chooses a concept".to_owned()
        };
        (begins, words)
    };
    let first = rounds.first().map(|&round| (1.0, round));
    let changes = steps.iter().zip(rounds.windows(2)).filter(|(_, pair)| pair[0] != pair[1]);
    let all = first.into_iter().chain(changes.map(|(step, pair)| (step + 1.0, pair[1])));
    let all: Vec<(f64, String)> = all.map(stage).collect();
    if all.len() > 1 { all } else { vec![] }
}

/// The losses by step.
fn training(curve: &Table) -> Vec<(String, Vec<[f64; 2]>)> {
    let of = |(name, shown): (&str, &str)| {
        let pairs = column(curve, "step")?.iter().zip(column(curve, name)?);
        Some((shown.to_owned(), pairs.map(|(step, loss)| [*step, *loss]).collect()))
    };
    LOSSES.into_iter().filter_map(of).collect()
}

fn column<'a>(curve: &'a Table, name: &str) -> Option<&'a [f64]> {
    let place = curve.names().iter().position(|known| known == name)?;
    Some(curve.column(place))
}
