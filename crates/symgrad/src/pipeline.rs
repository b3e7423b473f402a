//! One run, stage by stage; each stage reads files of the run's folder and writes one.

mod drawing;
mod follower;
mod laws;

use std::path::{Path, PathBuf};
use std::time::Instant;

use symgrad_data::{DirectionField, FieldColumns, Table, Triplets};
use symgrad_experiments::{Splits, generate};
use symgrad_search::Objective;
use symgrad_siamese::{Backend, CurvePoint, Encoder, Neuron};

use self::follower::Follower;
use crate::check::{RECOVERED, check};
use crate::files::{read_json, write_json};
use crate::findings::to_milliseconds;
use crate::folder::{Folder, Owner, Sources, set_aside};
use crate::pairs;
use crate::steps::{
    CONFIG, CURVE, ENCODER, FIELD, FRONT, LAWS, RECORD, RESULT, Step, Steps, TEST, TRAIN,
    VALIDATION,
};
use crate::{
    Case, Discovery, Error, Findings, Observer, Origin, PairsRecord, REPORT, Record, RunConfig,
    SECONDS, Seconds, Stage, States, VerdictRecord, published_mse, recipe_name, search_field,
    write_report,
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
            Step::Laws => self.timed(folder, Stage::Laws, |folder| self.find_laws(folder, from)),
            Step::Check => {
                let record =
                    self.timed(folder, Stage::Check, |folder| self.verify(folder, users))?;
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
        if let Some(own) = users_triplets(folder, name)? {
            return Ok(own);
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
    fn verify(&self, folder: &mut Folder, users: &[String]) -> Result<Record, Error> {
        let findings: Findings = read_json(&self.file(RESULT))?;
        if findings.front.len() <= findings.answer {
            let reason = "the answer is not on the front".to_owned();
            return Err(Error::Content { path: self.file(RESULT), reason });
        }
        let laws: Discovery = read_json(&self.file(LAWS))?;
        let (field, dropped) = self.field()?;
        let RunConfig { experiment, recipe, seed, .. } = self.config;
        // What a user's own triplets share, nobody has said.
        let is_known = [TRAIN, VALIDATION, TEST].iter().all(|own| !users.iter().any(|u| u == own));
        let comparison = check(experiment, recipe, seed, &field, &findings, &laws)?;
        let latent = self.latent(field.points())?;
        let rank_correlation = self.draw(folder, &findings, field.points(), &latent)?;
        let answer = findings.answer();
        let to_mse = |loss: f64| loss * 2.0 / field.dim() as f64;
        // The front's losses are those of the points that the search has seen.
        let loss = Some(comparison.answer_loss).filter(|loss| loss.is_finite());
        let loss = loss.unwrap_or(answer.loss);
        let record = Record {
            name: self.case.name.into(),
            system: self.case.system.map(Into::into),
            recipe,
            seed,
            recovered: Some(comparison.mismatch < RECOVERED),
            verdict: VerdictRecord::of(&findings),
            answer: answer.expression.clone(),
            answer_latex: answer.latex.clone(),
            truth: Some(experiment.truth().into()),
            mismatch: Some(comparison.mismatch).filter(|mismatch| mismatch.is_finite()),
            pairs: Some(PairsRecord::of(&laws, &comparison.laws)),
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
        };
        Ok(if is_known { record } else { record.without_truth() })
    }

    /// The neuron's value at the points.
    fn latent(&self, points: &Table) -> Result<Vec<f64>, Error> {
        let mut latents = Encoder::load(self.file(ENCODER))?.latents(points)?;
        Ok(latents.swap_remove(0))
    }
}

/// The triplets of a file, if it is a user's.
fn users_triplets(folder: &Folder, name: &str) -> Result<Option<Triplets>, Error> {
    let is_users = folder.owner(name)? == Owner::User;
    Ok(is_users.then(|| Triplets::read(folder.file(name))).transpose()?)
}

/// The losses by step as a table.
fn curve_table(points: &[CurvePoint]) -> Result<Table, Error> {
    let names = ["step", "learning_rate", "training_loss", "validation_loss", "round"];
    let column = |value: fn(&CurvePoint) -> f64| points.iter().map(value).collect();
    let columns = vec![
        column(|point| point.step as f64),
        column(|point| point.learning_rate),
        column(|point| point.training_loss),
        column(|point| point.validation_loss),
        column(|point| point.round as f64),
    ];
    Ok(Table::new(names.map(str::to_owned).to_vec(), columns)?)
}
