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
        page.training = training(folder);
        #[cfg(feature = "training")]
        {
            let last = |(_, curve): &(String, Vec<[f64; 2]>)| curve.last().map(|point| point[0]);
            page.stages =
                page.training.first().and_then(last).map_or(vec![], |last| stages(folder, last));
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

/// With which steps the stages of a training begin whose last step is known, and what they are; none
/// where there is one alone.
#[cfg(feature = "training")]
fn stages(folder: &Folder, last: f64) -> Vec<(f64, String)> {
    let Ok(config) = crate::RunConfig::read(&folder.file("config.toml")) else { return vec![] };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of steps"
    )]
    let rounds = config.training.refinements(last.clamp(0.0, 1e9) as usize);
    if rounds.is_empty() {
        return vec![];
    }
    let first = (1.0, "the loss chooses a concept".to_owned());
    let round = |(number, step): (usize, &usize)| {
        (*step as f64, format!("pairs alone make it precise, round {}", number + 1))
    };
    std::iter::once(first).chain(rounds.iter().enumerate().map(round)).collect()
}

/// The losses by step.
fn training(folder: &Folder) -> Vec<(String, Vec<[f64; 2]>)> {
    let Ok(curve) = Table::read(folder.file(CURVE)) else { return vec![] };
    let column = |name: &str| {
        let place = curve.names().iter().position(|known| known == name)?;
        Some(curve.column(place))
    };
    let of = |(name, shown): (&str, &str)| {
        let pairs = column("step")?.iter().zip(column(name)?);
        Some((shown.to_owned(), pairs.map(|(step, loss)| [*step, *loss]).collect()))
    };
    LOSSES.into_iter().filter_map(of).collect()
}
