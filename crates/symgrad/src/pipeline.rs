//! One run, stage by stage; each stage reads files of the run's folder and writes one.

use std::path::{Path, PathBuf};
use std::time::Instant;

use symgrad_data::generate::{Splits, generate};
use symgrad_data::{DirectionField, FieldColumns, Table, Triplets};
use symgrad_expr::{Expr, Names};
use symgrad_report::{
    Curve, FrontLabels, FrontPoint, ScatterLabels, pareto_svg, scatter_svg, training_curve_svg,
};
use symgrad_search::Search;
use symgrad_siamese::{CurvePoint, Encoder, Neuron, Progress, TrainObserver};

use crate::check::{RECOVERED, check};
use crate::files::{prepare_folder, read_json, remove_file, write_file, write_json};
use crate::findings::{readable, to_milliseconds};
use crate::statistics::{pearson, spearman};
use crate::{
    Case, Error, Findings, Observer, Record, RunConfig, Seconds, Stage, VerdictRecord,
    published_front, published_mse, recipe_name, search_field,
};

/// The files of a run, in the order in which they are made.
const CONFIG: &str = "config.toml";
const ENCODER: &str = "encoder.bpk";
const CURVE: &str = "training.csv";
const FIELD: &str = "field.csv";
const RESULT: &str = "result.json";
const FRONT: &str = "front.csv";
const SECONDS: &str = "seconds.json";
const RECORD: &str = "check.json";

/// A run of one case with one seed.
pub(crate) struct Run<'a> {
    pub(crate) case: Case,
    pub(crate) config: RunConfig,
    /// Folder of all runs.
    pub(crate) out: &'a Path,
    pub(crate) threads: usize,
    pub(crate) keep_triplets: bool,
    pub(crate) observer: &'a dyn Observer,
}

impl Run<'_> {
    /// Name of the run among others.
    pub(crate) fn name(&self) -> String {
        self.folder().to_string_lossy().replace('\\', "/")
    }

    /// Folder of the run's files, relative to that of all runs.
    fn folder(&self) -> PathBuf {
        let recipe = recipe_name(self.case.recipe);
        Path::new(&format!("{}-{recipe}", self.case.id()))
            .join(format!("seed-{}", self.config.seed))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.out.join(self.folder()).join(name)
    }

    fn has(&self, name: &str) -> bool {
        self.file(name).is_file()
    }

    /// Does the stages whose files are not there yet.
    pub(crate) fn execute(&self) -> Result<Record, Error> {
        self.settle()?;
        if self.has(RECORD) {
            let record = read_json(&self.file(RECORD))?;
            self.observer.finished(&self.name(), &record, true);
            return Ok(record);
        }
        if !self.has(ENCODER) {
            self.train()?;
        }
        if !self.has(FIELD) {
            self.timed(Stage::Gradients, || self.differentiate())?;
        }
        if !self.has(RESULT) {
            self.timed(Stage::Search, || self.search())?;
        }
        let record = self.timed(Stage::Check, || self.verify())?;
        write_json(&self.file(RECORD), &Record { seconds: self.seconds(), ..record })?;
        // What a later call would read, to the last digit.
        let record = read_json(&self.file(RECORD))?;
        self.observer.finished(&self.name(), &record, false);
        Ok(record)
    }

    /// Files made under another configuration say nothing about this one.
    fn settle(&self) -> Result<(), Error> {
        let text = self.config.to_toml()?;
        prepare_folder(&self.out.join(self.folder()))?;
        let same = RunConfig::read(&self.file(CONFIG)).is_ok_and(|old| old == self.config);
        if !same {
            // The record goes first: with it gone, nothing looks complete.
            for name in [RECORD, RESULT, FRONT, FIELD, ENCODER, CURVE, SECONDS] {
                remove_file(&self.file(name))?;
            }
            for split in ["train", "validation", "test"] {
                remove_file(&self.file(&triplet_file(split)))?;
            }
            write_file(&self.file(CONFIG), &text)?;
        }
        Ok(())
    }

    /// Does a stage and keeps how long it took.
    fn timed<T>(&self, stage: Stage, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.observer.started(&self.name(), stage);
        let start = Instant::now();
        let done = work()?;
        let mut seconds = self.seconds();
        seconds.insert(stage, to_milliseconds(start.elapsed().as_secs_f64()));
        write_json(&self.file(SECONDS), &seconds)?;
        Ok(done)
    }

    fn seconds(&self) -> Seconds {
        read_json(&self.file(SECONDS)).unwrap_or_default()
    }

    /// Triplets to encoder.
    fn train(&self) -> Result<(), Error> {
        let (train, validation) = self.timed(Stage::Data, || self.training_triplets())?;
        self.timed(Stage::Training, || {
            let mut follower = Follower { name: self.name(), observer: self.observer };
            let (config, seed) = (&self.config.training, self.config.seed);
            let (encoder, curve) =
                Encoder::train(&train, &validation, config, seed, &mut follower)?;
            curve_table(&curve.points)?.write(self.file(CURVE))?;
            encoder.save(self.file(ENCODER))?;
            Ok(())
        })
    }

    fn training_triplets(&self) -> Result<(Triplets, Triplets), Error> {
        let sizes = Splits { test: 1, ..self.config.triplets };
        let data = generate(self.config.experiment, self.config.recipe, sizes, self.config.seed)?;
        let train = self.own_or("train", data.train)?;
        Ok((train, self.own_or("validation", data.validation)?))
    }

    /// The triplets in a file of the folder if there is one; if asked for, makes that file.
    fn own_or(&self, split: &str, drawn: Triplets) -> Result<Triplets, Error> {
        let path = self.file(&triplet_file(split));
        if path.is_file() {
            return Ok(Triplets::read(path)?);
        }
        if self.keep_triplets {
            drawn.write(path)?;
        }
        Ok(drawn)
    }

    /// Encoder to direction field.
    fn differentiate(&self) -> Result<(), Error> {
        let encoder = Encoder::load(self.file(ENCODER))?;
        let sizes = Splits { train: 1, validation: 1, ..self.config.triplets };
        let data = generate(self.config.experiment, self.config.recipe, sizes, self.config.seed)?;
        let points = self.own_or("test", data.test)?.anchor().clone();
        let gradients = encoder.gradients(&points, Neuron::Latent(0))?;
        let field = DirectionField::from_gradients(points, &gradients, &self.config.field)?;
        field.write(self.file(FIELD))?;
        Ok(())
    }

    /// The field of the file, and how many points had been dropped before it was written.
    fn field(&self) -> Result<(DirectionField, usize), Error> {
        let field =
            DirectionField::read(self.file(FIELD), &FieldColumns::default(), &self.config.field)?;
        let dropped = self.config.triplets.test.saturating_sub(field.len());
        Ok((field, dropped))
    }

    /// Direction field to front and answer.
    fn search(&self) -> Result<(), Error> {
        let (field, _) = self.field()?;
        let settings = self.config.search_settings(self.threads);
        let mut follower = Follower { name: self.name(), observer: self.observer };
        let mut findings = search_field(&field, &settings, &mut follower)?;
        for (stage, seconds) in self.seconds() {
            findings.seconds.entry(stage).or_insert(seconds);
        }
        write_file(&self.file(FRONT), findings.front_csv())?;
        write_json(&self.file(RESULT), &findings)
    }

    /// Answer to record and pictures. Seconds are filled in by the caller.
    fn verify(&self) -> Result<Record, Error> {
        let findings: Findings = read_json(&self.file(RESULT))?;
        if findings.front.len() <= findings.answer {
            let reason = "the answer is not on the front".to_owned();
            return Err(Error::Content { path: self.file(RESULT), reason });
        }
        let (field, dropped) = self.field()?;
        let RunConfig { experiment, recipe, seed, .. } = self.config;
        let comparison = check(experiment, recipe, seed, &field, &findings)?;
        let latent = self.latent(field.points())?;
        let rank_correlation = self.draw(&findings, field.points(), &latent)?;
        let answer = findings.answer();
        let to_mse = |loss: f64| loss.is_finite().then(|| loss * 2.0 / field.dim() as f64);
        // The front's losses are those of the points that the search has seen.
        let loss = Some(comparison.answer_loss).filter(|loss| loss.is_finite());
        Ok(Record {
            name: self.case.name.into(),
            system: self.case.system.map(Into::into),
            recipe,
            seed,
            recovered: comparison.mismatch < RECOVERED,
            verdict: VerdictRecord::of(&findings),
            answer: readable(&answer.expression, &findings.inputs),
            answer_latex: answer.latex.clone(),
            truth: experiment.truth().into(),
            mismatch: Some(comparison.mismatch).filter(|mismatch| mismatch.is_finite()),
            complexity: answer.complexity,
            loss: loss.unwrap_or(answer.loss),
            paper_mse_neuron: to_mse(comparison.neuron_loss),
            paper_mse_answer: loss.and_then(to_mse).unwrap_or(answer.paper_mse),
            published_paper_mse: published_mse(experiment),
            spearman: rank_correlation,
            dropped,
            tangent_rank: field.tangent().map(symgrad_data::Tangent::rank),
            also_conserved: comparison.also,
            mixture: comparison.mixture,
            evaluations: findings.evaluations,
            seconds: Seconds::new(),
            folder: self.folder(),
        })
    }

    /// The neuron's value at the points.
    fn latent(&self, points: &Table) -> Result<Vec<f64>, Error> {
        let mut latents = Encoder::load(self.file(ENCODER))?.latents(points)?;
        Ok(latents.swap_remove(0))
    }

    /// The pictures; returns the rank correlation of neuron and answer.
    fn draw(&self, findings: &Findings, points: &Table, latent: &[f64]) -> Result<f64, Error> {
        let title = self.case.id();
        let printed = published_front(self.config.experiment);
        let behind: Option<(&str, &[FrontPoint])> =
            printed.as_ref().map(|printed| ("published", printed.front.as_slice()));
        // The printed losses are paper MSE, so ours are drawn as such.
        let front: Vec<FrontPoint> = findings
            .front_points()
            .into_iter()
            .zip(&findings.front)
            .map(|(point, entry)| FrontPoint { loss: entry.paper_mse, ..point })
            .collect();
        let labels = FrontLabels {
            title: &title,
            loss: "paper MSE",
            reference: behind,
            ..Default::default()
        };
        let picture = pareto_svg(&front, Some(findings.answer), &labels)?;
        write_file(&self.file("front.svg"), &picture)?;

        let names = Names::new(findings.inputs.clone())?;
        let text = &findings.answer().expression;
        let answer = Expr::parse(text, &names)
            .map_err(|source| Error::Formula { text: text.clone(), source })?;
        let values = (0..points.rows()).map(|row| answer.eval(&points.row(row)));
        // Level sets do not mind values beyond all axes, pictures do.
        let drawable = |value: f64| value.abs() < 1e100;
        let (latent, formula): (Vec<f64>, Vec<f64>) =
            latent.iter().copied().zip(values).filter(|pair| drawable(pair.1)).unzip();
        let (r, rank) = (pearson(&latent, &formula), spearman(&latent, &formula));
        let shown = &front[findings.answer].expression;
        let labels = ScatterLabels {
            title: &title,
            formula: shown,
            latent: "neuron",
            r_squared: Some(r * r),
            spearman: Some(rank),
        };
        write_file(&self.file("scatter.svg"), &scatter_svg(&latent, &formula, &labels)?)?;
        self.draw_training(&title)?;
        Ok(rank)
    }

    fn draw_training(&self, title: &str) -> Result<(), Error> {
        // A user's own encoder comes without a curve.
        if !self.has(CURVE) {
            return Ok(());
        }
        let curve = Table::read(self.file(CURVE))?;
        let line = |index: usize| -> Vec<(f64, f64)> {
            curve.column(0).iter().copied().zip(curve.column(index).iter().copied()).collect()
        };
        let (training, validation) = (line(2), line(3));
        let curves = [
            Curve { name: "training", points: &training },
            Curve { name: "validation", points: &validation },
        ];
        write_file(&self.file("training.svg"), &training_curve_svg(&curves, title, "step")?)
    }
}

fn triplet_file(split: &str) -> String {
    format!("{split}.npz")
}

/// The losses by step as a table.
fn curve_table(points: &[CurvePoint]) -> Result<Table, Error> {
    let names = ["step", "learning_rate", "training_loss", "validation_loss"].map(str::to_owned);
    let column = |value: fn(&CurvePoint) -> f64| points.iter().map(value).collect();
    let columns = vec![
        column(|point| point.step as f64),
        column(|point| point.learning_rate),
        column(|point| point.training_loss),
        column(|point| point.validation_loss),
    ];
    Ok(Table::new(names.to_vec(), columns)?)
}

/// Passes the parts' reports on under the run's name.
struct Follower<'a> {
    name: String,
    observer: &'a dyn Observer,
}

impl TrainObserver for Follower<'_> {
    fn on_step(&mut self, progress: &Progress) {
        let (done, total) = (progress.step as u64, progress.steps as u64);
        self.observer.progress(&self.name, Stage::Training, done, total);
    }
}

impl symgrad_search::Observer for Follower<'_> {
    fn step(&mut self, search: &Search) {
        let (evaluations, budget) = (search.evaluations(), search.config().budget);
        self.observer.progress(&self.name, Stage::Search, evaluations.min(budget), budget);
    }
}
