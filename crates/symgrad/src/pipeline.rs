//! One run, stage by stage; each stage reads files of the run's folder and writes one.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use symgrad_data::{DirectionField, FieldColumns, Table, Triplets};
use symgrad_experiments::{Splits, generate};
use symgrad_report::{
    Curve, FrontLabels, FrontPoint, ScatterLabels, pareto_svg, scatter_svg, training_curve_svg,
};
use symgrad_search::{Objective, Search};
use symgrad_siamese::{Backend, CurvePoint, Encoder, Neuron, Progress, TrainObserver, Training};

use crate::check::{RECOVERED, check};
use crate::files::{read_json, write_json};
use crate::findings::{formula_of_columns, to_milliseconds};
use crate::folder::{Folder, Owner, Sources, set_aside};
use crate::pairs;
use crate::statistics::{pearson, spearman};
use crate::steps::{
    CONFIG, CURVE, ENCODER, FIELD, FRONT, FRONT_PICTURE, RECORD, RESULT, SCATTER_PICTURE, Step,
    Steps, TEST, TRAIN, TRAINING_PICTURE, VALIDATION,
};
use crate::{
    Case, Error, Findings, Observer, Origin, REPORT, Record, Resumable, RunConfig, SECONDS,
    Seconds, Stage, States, VerdictRecord, published_front, published_mse, recipe_name,
    search_field, write_report,
};

/// A run of one case with one seed.
pub(crate) struct Run<'a> {
    pub(crate) case: Case,
    pub(crate) config: RunConfig,
    /// Folder of all runs.
    pub(crate) out: &'a Path,
    pub(crate) threads: usize,
    pub(crate) keep_triplets: bool,
    /// Whether what is in the folder is moved aside first.
    pub(crate) fresh: bool,
    pub(crate) quick: bool,
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

    /// Takes the steps that the folder's files leave to be done.
    pub(crate) fn execute(&self) -> Result<Record, Error> {
        if self.fresh {
            set_aside(&self.out.join(self.folder()))?;
        }
        let mut folder = Folder::open(&self.out.join(self.folder()))?;
        let config = self.config.to_toml()?;
        let is_same =
            |folder: &Folder| RunConfig::read(&folder.file(CONFIG)).is_ok_and(|c| c == self.config);
        let steps = Steps { folder: &mut folder, config: &config };
        let users = steps.users()?;
        let mut told = users.is_empty();
        let taken = steps.take(is_same, |steps, step| {
            if !std::mem::replace(&mut told, true) {
                self.observer.found(&self.name(), &users);
            }
            self.work(steps, step, &users)
        })?;
        // A page that was changed is the user's.
        if folder.file(RESULT).is_file() && folder.owner(REPORT)? != Owner::User {
            write_report(&mut folder, Some(RESULT))?;
        }
        // What a later call would read, to the last digit.
        let record = read_json(&self.file(RECORD))?;
        self.observer.finished(&self.name(), &record, taken.is_empty());
        Ok(record)
    }

    fn work(&self, steps: &mut Steps<'_>, step: Step, users: &[String]) -> Result<(), Error> {
        let from = steps.sources(step)?;
        let folder = &mut *steps.folder;
        match step {
            Step::Train => self.train(folder, from),
            Step::Differentiate => {
                self.timed(folder, Stage::Gradients, |folder| self.differentiate(folder, from))
            }
            Step::Search => self.timed(folder, Stage::Search, |folder| self.search(folder, from)),
            Step::Check => {
                let record = self.timed(folder, Stage::Check, |folder| self.verify(folder))?;
                let (seconds, users_files) = (self.seconds(), users.to_vec());
                let record = Record { seconds, users_files, ..record };
                folder.make(step.result(), from, |path| write_json(path, &record))
            }
        }
    }

    /// Does a stage and keeps how long it took.
    fn timed<T>(
        &self,
        folder: &mut Folder,
        stage: Stage,
        work: impl FnOnce(&mut Folder) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.observer.started(&self.name(), stage);
        let start = Instant::now();
        let done = work(folder)?;
        let mut seconds = self.seconds();
        seconds.insert(stage, to_milliseconds(start.elapsed().as_secs_f64()));
        log::info!("{}: {} took {:?}", self.name(), stage.name(), start.elapsed());
        folder.make(SECONDS, Sources::new(), |path| write_json(path, &seconds))?;
        Ok(done)
    }

    fn seconds(&self) -> Seconds {
        read_json(&self.file(SECONDS)).unwrap_or_default()
    }

    /// Triplets to encoder.
    fn train(&self, folder: &mut Folder, from: Sources) -> Result<(), Error> {
        let (train, validation) =
            self.timed(folder, Stage::Data, |folder| self.training_triplets(folder))?;
        self.timed(folder, Stage::Training, |folder| {
            let states = States::beside(folder);
            states.make()?;
            let mut follower = Follower::new(self, &states);
            let (config, seed) = (&self.config.training, self.config.seed);
            let (encoder, curve) =
                Encoder::train(&train, &validation, config, seed, &mut follower)?;
            follower.go_on()?;
            let curve = curve_table(&curve.points)?;
            folder.make(CURVE, from.clone(), |path| curve.write(path))?;
            folder.make(ENCODER, from, |path| encoder.save(path))?;
            states.end();
            Ok(())
        })
    }

    fn training_triplets(&self, folder: &mut Folder) -> Result<(Triplets, Triplets), Error> {
        let sizes = Splits { test: 1, ..self.config.triplets };
        let data = generate(self.config.experiment, self.config.recipe, sizes, self.config.seed)?;
        let train = self.users_or(folder, TRAIN, data.train)?;
        Ok((train, self.users_or(folder, VALIDATION, data.validation)?))
    }

    /// The user's triplets in a file of the folder if there are any; otherwise those that were
    /// drawn, kept in that file if asked for.
    fn users_or(
        &self,
        folder: &mut Folder,
        name: &str,
        drawn: Triplets,
    ) -> Result<Triplets, Error> {
        if folder.owner(name)? == Owner::User {
            return Ok(Triplets::read(folder.file(name))?);
        }
        if self.keep_triplets {
            folder.make(name, Sources::new(), |path| drawn.write(path))?;
        }
        Ok(drawn)
    }

    /// Encoder to direction field.
    fn differentiate(&self, folder: &mut Folder, from: Sources) -> Result<(), Error> {
        let encoder = Encoder::load(self.file(ENCODER))?;
        let sizes = Splits { train: 1, validation: 1, ..self.config.triplets };
        let data = generate(self.config.experiment, self.config.recipe, sizes, self.config.seed)?;
        let points = self.users_or(folder, TEST, data.test)?.anchor().clone();
        let gradients = encoder.gradients(&points, Neuron::Latent(0))?;
        let field = DirectionField::from_gradients(points, &gradients, &self.config.field)?;
        folder.make(FIELD, from, |path| field.write(path))
    }

    /// The field of the file, and how many points had been dropped before it was written.
    fn field(&self) -> Result<(DirectionField, usize), Error> {
        let field =
            DirectionField::read(self.file(FIELD), &FieldColumns::default(), &self.config.field)?;
        let dropped = self.config.triplets.test.saturating_sub(field.len());
        Ok((field, dropped))
    }

    /// Direction field to front and answer.
    fn search(&self, folder: &mut Folder, from: Sources) -> Result<(), Error> {
        let (field, _) = self.field()?;
        let settings = self.config.search_settings(self.threads);
        let states = States::beside(folder);
        states.make()?;
        let mut follower = Follower::new(self, &states);
        let mut findings = search_field(&field, &settings, &mut follower)?;
        follower.go_on()?;
        self.judge_by_pairs(folder, &mut findings)?;
        self.remember(&field, &mut findings)?;
        folder.write(FRONT, findings.front_csv())?;
        folder.make(RESULT, from, |path| write_json(path, &findings.without_seconds()))?;
        states.end();
        Ok(())
    }

    /// What the run's page tells besides.
    fn remember(&self, field: &DirectionField, findings: &mut Findings) -> Result<(), Error> {
        findings.take_sample(&Objective::new(field, self.config.measure));
        if self.file(ENCODER).is_file() {
            let values = self.latent(field.points())?;
            findings.take_values("neuron", field.points(), &values, true)?;
        }
        findings.origin = Some(Origin {
            command: Some(self.command()),
            settings: Some(self.config.to_toml()?),
            ..Origin::default()
        });
        Ok(())
    }

    /// What repeats the run.
    fn command(&self) -> String {
        let (id, recipe, seed) = (self.case.id(), recipe_name(self.case.recipe), self.config.seed);
        let quick = if self.quick { " --quick" } else { "" };
        let backend = match self.config.training.backend {
            Backend::Flex => "",
            Backend::Ndarray => " --backend ndarray",
        };
        format!(
            "symgrad reproduce --suite all --only {id} --recipe {recipe} --seed {seed}{quick}{backend}"
        )
    }

    /// Lets the pairs of the test data say what they say of the answer.
    fn judge_by_pairs(&self, folder: &mut Folder, findings: &mut Findings) -> Result<(), Error> {
        // A field of the user's comes without an encoder.
        if !self.file(ENCODER).is_file() {
            return Ok(());
        }
        let sizes = Splits { train: 1, validation: 1, ..self.config.triplets };
        let data = generate(self.config.experiment, self.config.recipe, sizes, self.config.seed)?;
        let pairs = self.users_or(folder, TEST, data.test)?;
        let neuron = [self.latent(pairs.anchor())?, self.latent(pairs.positive())?];
        pairs::judge(findings, &pairs, &neuron)
    }

    /// Answer to record and pictures. Seconds are filled in by the caller.
    fn verify(&self, folder: &mut Folder) -> Result<Record, Error> {
        let findings: Findings = read_json(&self.file(RESULT))?;
        if findings.front.len() <= findings.answer {
            let reason = "the answer is not on the front".to_owned();
            return Err(Error::Content { path: self.file(RESULT), reason });
        }
        let (field, dropped) = self.field()?;
        let RunConfig { experiment, recipe, seed, .. } = self.config;
        let comparison = check(experiment, recipe, seed, &field, &findings)?;
        let latent = self.latent(field.points())?;
        let rank_correlation = self.draw(folder, &findings, field.points(), &latent)?;
        let answer = findings.answer();
        let to_mse = |loss: f64| loss * 2.0 / field.dim() as f64;
        // The front's losses are those of the points that the search has seen.
        let loss = Some(comparison.answer_loss).filter(|loss| loss.is_finite());
        let loss = loss.unwrap_or(answer.loss);
        Ok(Record {
            name: self.case.name.into(),
            system: self.case.system.map(Into::into),
            recipe,
            seed,
            recovered: comparison.mismatch < RECOVERED,
            verdict: VerdictRecord::of(&findings),
            answer: answer.expression.clone(),
            answer_latex: answer.latex.clone(),
            truth: experiment.truth().into(),
            mismatch: Some(comparison.mismatch).filter(|mismatch| mismatch.is_finite()),
            complexity: answer.complexity,
            loss,
            paper_mse_neuron: Some(to_mse(comparison.neuron_loss)).filter(|mse| mse.is_finite()),
            paper_mse_answer: to_mse(loss),
            published_paper_mse: published_mse(experiment),
            spearman: rank_correlation,
            dropped,
            tangent_rank: field.tangent().map(symgrad_data::Tangent::rank),
            also_conserved: comparison.also,
            mixture: comparison.mixture,
            evaluations: findings.evaluations,
            seconds: Seconds::new(),
            users_files: vec![],
            folder: self.folder(),
        })
    }

    /// The neuron's value at the points.
    fn latent(&self, points: &Table) -> Result<Vec<f64>, Error> {
        let mut latents = Encoder::load(self.file(ENCODER))?.latents(points)?;
        Ok(latents.swap_remove(0))
    }

    /// The pictures; returns the rank correlation of neuron and answer.
    fn draw(
        &self,
        folder: &mut Folder,
        findings: &Findings,
        points: &Table,
        latent: &[f64],
    ) -> Result<f64, Error> {
        let title = self.case.id();
        let printed = published_front(self.config.experiment);
        let behind: Option<(&str, &[FrontPoint])> =
            printed.as_ref().map(|printed| ("published", printed.front.as_slice()));
        // The printed losses are paper MSE, so ours are drawn as such.
        let front: Vec<FrontPoint> = findings
            .front_points()
            .into_iter()
            .zip(&findings.front)
            .map(|(point, entry)| FrontPoint {
                loss: entry.paper_mse.unwrap_or(entry.loss),
                ..point
            })
            .collect();
        let mse = findings.front.iter().all(|entry| entry.paper_mse.is_some());
        let labels = FrontLabels {
            title: &title,
            loss: if mse { "paper MSE" } else { findings.loss_name() },
            reference: behind,
            ..Default::default()
        };
        let picture = pareto_svg(&front, Some(findings.answer), &labels)?;
        folder.write(FRONT_PICTURE, &picture)?;

        let answer = formula_of_columns(points.names(), &findings.answer().expression)?;
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
        folder.write(SCATTER_PICTURE, scatter_svg(&latent, &formula, &labels)?)?;
        self.draw_training(folder, &title)?;
        Ok(rank)
    }

    fn draw_training(&self, folder: &mut Folder, title: &str) -> Result<(), Error> {
        // A user's own encoder comes without a curve, or with one of the user's.
        let own = folder.owner(ENCODER)? == Owner::User && folder.owner(CURVE)? != Owner::User;
        if own || !self.file(CURVE).is_file() {
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
        folder.write(TRAINING_PICTURE, training_curve_svg(&curves, title, "step")?)
    }
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

/// Passes the parts' reports on under the run's name, and keeps their states.
struct Follower<'a> {
    name: String,
    observer: &'a dyn Observer,
    states: &'a States,
    stopped: bool,
    /// Whether it was told that states cannot be kept.
    told: bool,
}

impl<'a> Follower<'a> {
    fn new(run: &Run<'a>, states: &'a States) -> Self {
        let (name, observer) = (run.name(), run.observer);
        Self { name, observer, states, stopped: false, told: false }
    }

    /// What was stopped halfway must not pass for a stage's result.
    fn go_on(&self) -> Result<(), Error> {
        if self.stopped { Err(Error::Stopped) } else { Ok(()) }
    }

    fn report(&mut self, stage: Stage, done: u64, total: u64) -> ControlFlow<()> {
        let flow = self.observer.progress(&self.name, stage, done, total);
        self.stopped |= flow.is_break();
        flow
    }

    fn restore<W: Resumable + ?Sized>(&self, work: &mut W) {
        self.observer.restored(&self.name, &self.states.restore(work));
    }

    /// What cannot be kept goes on all the same.
    fn keep<W: Resumable + ?Sized>(&mut self, work: &W) {
        if let Err(error) = self.states.keep(work, self.stopped)
            && !std::mem::replace(&mut self.told, true)
        {
            self.observer.unkept(&self.name, error);
        }
    }
}

impl TrainObserver for Follower<'_> {
    fn begins(&mut self, training: &mut dyn Training) {
        self.restore(training);
    }

    fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.report(Stage::Training, progress.step as u64, progress.steps as u64)
    }

    fn keeps(&mut self, training: &dyn Training) {
        self.keep(training);
    }
}

impl symgrad_search::Observer for Follower<'_> {
    fn begin(&mut self, search: &mut Search) {
        self.restore(search);
    }

    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let (evaluations, budget) = (search.evaluations(), search.config().budget);
        let flow = self.report(Stage::Search, evaluations.min(budget), budget);
        self.keep(search);
        flow
    }
}
