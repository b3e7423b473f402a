//! `symgrad search`: from a file of gradients to formulas.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use symgrad::data::{
    DirectionField, FieldBuilder, FieldColumns, FieldOptions, Matrices, Reading, Table, TangentMode,
};
use symgrad::search::{Hints, Objective, StopReason, Verdict};
use symgrad::{Error, Findings, SearchSettings, Stage, open_search, run_search};

use crate::fail::{FAILED, Failure, MISSED};
use crate::islands::{IslandOptions, search_by};
use crate::options::{SearchOptions, tangent};
use crate::origin::origin;
use crate::progress::{PointBar, Save, SearchBar};
use crate::running::Running;
use crate::show::{FINDINGS, Format, json, tell_names, tell_verdict, text, write_findings};
use crate::table::{NameList, TableOptions, Usable, name, names};
use crate::talk::{print, tell};
use crate::watch::{self, WatchOptions};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Points and gradients, .csv, .tsv, .npz or .parquet, or - for standard input: inputs NAME with
    /// gradients `g_NAME`, or g1, g2, …; a column `weight` weighs the points
    field: PathBuf,
    #[command(flatten, next_help_heading = "Data")]
    data: Data,
    #[command(flatten)]
    options: SearchOptions,
    #[command(flatten, next_help_heading = "Search")]
    islands: IslandOptions,
    /// Write the state of the search to this file as it goes, to be resumed [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Search", conflicts_with = "islands")]
    save: Option<PathBuf>,
    /// Go on with a search that --save has written, on the same data [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Search", conflicts_with = "islands")]
    resume: Option<PathBuf>,
    /// Folder for result.json, front.csv, front.svg and the page report.html [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    /// End with exit code 1 unless the verdict is *identified*
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    #[command(flatten, next_help_heading = "Output")]
    pub(crate) watch: WatchOptions,
}

#[derive(Args)]
struct Data {
    #[command(flatten)]
    table: TableOptions,
    /// The input columns by name or position, separated by commas, as in a,b or 'mass (kg),v' or
    /// 1,2 [default: those that hold numbers and are no gradients, values, weights, row numbers]
    #[arg(long, value_parser = names, value_name = "NAMES")]
    points: Option<NameList>,
    /// The gradient columns in the order of the inputs, separated by commas
    /// [default: told by the names]
    #[arg(long, value_parser = names, value_name = "NAMES")]
    gradients: Option<NameList>,
    /// Fit the values of this column instead of gradients: ordinary regression [default: none]
    #[arg(long, value_parser = name, value_name = "NAME", conflicts_with = "gradients")]
    values: Option<String>,
    /// Take this column for a neuron's values and estimate its gradients from neighbouring points
    /// [default: none]
    #[arg(long, value_parser = name, value_name = "NAME", conflicts_with_all = ["gradients", "values"])]
    estimate: Option<String>,
    /// With --values: a formula f counts as the best a·f + b
    #[arg(long, requires = "values")]
    linear_scaling: bool,
    /// The surface on which the data lie: auto, off, its dimension, curved, or curved:3
    #[arg(long, value_name = "SURFACE", default_value = "auto", value_parser = tangent)]
    tangent: TangentMode,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let start = std::time::Instant::now();
    let asked = arguments.options.settings()?;
    let Usable { reading, mut settings, left_out } =
        arguments.data.read(&arguments.field, &asked)?;
    let origin = origin(&arguments.field, reading.points.rows(), None, &asked);
    // Pictures on the page need the values beside their points.
    let pictured = arguments.out.as_ref().and_then(|_| arguments.data.valued(&reading));
    let objective = arguments.data.objective(reading, &arguments.field, &mut settings)?;
    let saved = arguments.resume.as_deref().map(read_bytes).transpose()?;
    let search = open_search(&objective, &settings, saved.as_deref())?;
    let islands = arguments.islands.count(&settings)?;
    let save = arguments.save.clone().map(Save::new).transpose()?;
    let mut running = Running::open(arguments.out.as_deref(), &FINDINGS)?;
    running.begin()?;
    tell_hints(search.hints());
    let read = start.elapsed().as_secs_f64();

    let mut bar = SearchBar::new(save, running.keeper(), "search");
    let found = match islands {
        None => run_search(search, &mut bar),
        Some(count) => search_by(count, &objective, &settings, running.keeper(), "search"),
    };
    let mut findings = match found {
        Err(Error::Stopped) => return Ok(running.interrupted()),
        found => found?,
    };
    findings.look_for_strays(&objective);
    findings.left_out = left_out;
    if let Some(reason) = findings.stopped {
        tell!("search stopped after {} evaluations: {reason}", findings.evaluations);
    }
    findings.seconds.insert(Stage::Data, (read * 1e3).round() / 1e3);
    findings.origin = Some(origin);

    // Whatever else fails now, the answer is shown.
    let written = running.folder.as_mut().map_or(Ok(()), |folder| {
        findings.take_sample(&objective);
        pictured.map_or(Ok(()), |pictured| pictured.sample(&mut findings))?;
        write_findings(&findings, folder)
    });
    let failures: Vec<Failure> =
        bar.finish().err().into_iter().chain(written.err()).map(Failure::from).collect();
    print(&match arguments.format {
        Format::Text => text(&findings, None),
        Format::Json => json(&findings) + "\n",
        notation => notation.spell(findings.answer()).to_owned() + "\n",
    })?;
    tell_names(&findings, arguments.format);
    tell_verdict(&findings, None, arguments.format, None);
    watch::found("search", &findings);
    failures.iter().for_each(Failure::warn);
    if findings.stopped == Some(StopReason::Observer) {
        return Ok(running.interrupted());
    }
    if !failures.is_empty() {
        return Ok(ExitCode::from(FAILED));
    }
    running.complete();
    let missed = arguments.exit_code && findings.verdict() != Some(&Verdict::Identified);
    Ok(if missed { ExitCode::from(MISSED) } else { ExitCode::SUCCESS })
}

impl Data {
    /// Reads the columns that are used.
    fn read(&self, file: &Path, settings: &SearchSettings) -> Result<Usable, Error> {
        let sheet = self.table.open(file, Matrices::Long)?;
        let list = |names: &Option<NameList>| names.as_ref().map(|list| list.0.clone());
        let (points, gradients) = (list(&self.points), list(&self.gradients));
        let reading = match self.values.as_ref().or(self.estimate.as_ref()) {
            None => sheet.field(&FieldColumns { points, gradients })?,
            Some(column) => sheet.values(column, points.as_deref())?,
        };
        Usable::of(reading, settings)
    }

    /// The values that are fitted, or that gradients are estimated from.
    fn valued(&self, reading: &Reading) -> Option<Valued> {
        let target = self.values.as_ref().or(self.estimate.as_ref())?.clone();
        let (points, values) = (reading.points.clone(), reading.values.clone()?);
        Some(Valued { target, points, values, bent: self.estimate.is_some() })
    }

    /// What is to be matched; says what a reader should know before believing the result. Where
    /// gradients are estimated, what is known of their errors joins the settings.
    fn objective(
        &self,
        reading: Reading,
        file: &Path,
        settings: &mut SearchSettings,
    ) -> Result<Objective, Error> {
        let Reading { points, gradients, values, weights, .. } = reading;
        if let (Some(name), Some(values)) = (&self.values, &values) {
            tell!("{} points, {} inputs, values of {name}", points.rows(), points.dim());
            let weights = weights.unwrap_or_else(|| vec![1.0; points.rows()]);
            let scaled = self.linear_scaling;
            return Ok(Objective::weighted_regression(&points, values, &weights, scaled)?);
        }
        let options = FieldOptions { tangent: self.tangent, ..FieldOptions::default() };
        let bar = PointBar::new();
        let builder = FieldBuilder::new(points).weights(weights).options(&options);
        let builder = builder.threads(settings.config.threads).progress(&bar);
        let (field, estimated) = match &values {
            None => (builder.neurons(&gradients), None),
            Some(values) => match builder.values(values) {
                Ok((field, estimated)) => (Ok(field), Some(estimated)),
                Err(error) => (Err(error), None),
            },
        };
        bar.finish();
        let field = field.map_err(|error| error.in_file(file))?;
        tell_about(&field);
        if let (Some(estimated), Some(name)) = (estimated, &self.estimate) {
            tell!("warning: gradients are estimated from values of {name}: {estimated}");
            let error = 2.0 * estimated.level_set_loss();
            settings.config.known_error.get_or_insert(error);
        }
        Ok(Objective::new(&field, settings.measure))
    }
}

/// Values with their points.
struct Valued {
    target: String,
    points: Table,
    values: Vec<f64>,
    /// Whether they are a function of the formula, rather than the formula's own.
    bent: bool,
}

impl Valued {
    fn sample(&self, findings: &mut Findings) -> Result<(), Error> {
        findings.take_values(&self.target, &self.points, &self.values, self.bent)
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.into(), source })
}

/// What a reader should know before believing the result.
fn tell_about(field: &DirectionField) {
    let (points, dim) = (field.len(), field.dim());
    let mut told = vec![format!("{points} points, {dim} inputs")];
    if field.neurons() > 1 {
        told.push(format!("{} neurons", field.neurons()));
    }
    if field.dropped() > 0 {
        told.push(format!("{} points dropped for weak gradients", field.dropped()));
    }
    if let Some(tangent) = field.tangent() {
        told.push(format!("{tangent}, gradients across it are ignored"));
    }
    tell!("{}", told.join("; "));
}

/// What the field alone tells of the formula, before the search.
fn tell_hints(hints: &Hints) {
    if !hints.is_empty() {
        tell!("the field alone tells of the formula g:");
        hints.to_string().lines().for_each(|line| tell!("  {line}"));
    }
}
