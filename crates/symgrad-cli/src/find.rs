//! `symgrad search`: from a file of gradients to formulas.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use symgrad::data::{DirectionField, FieldColumns, FieldOptions, Table, TangentMode};
use symgrad::expr::{Costs, OpSet};
use symgrad::report::{FrontLabels, TextTable, format_loss, pareto_svg};
use symgrad::search::{
    ConstantUnits, ConstraintConfig, Hints, Limit, Objective, SearchConfig, Units,
};
use symgrad::{
    Error, Findings, SearchSettings, Stage, open_search, prepare_folder, run_search, write_file,
};

use crate::progress::SearchBar;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Points and gradients, .csv or .npz: inputs NAME with gradients `g_NAME`, or g1, g2, …
    field: PathBuf,
    #[command(flatten, next_help_heading = "Data")]
    data: Data,
    #[command(flatten, next_help_heading = "Formulas")]
    formulas: Formulas,
    #[command(flatten, next_help_heading = "What answers must keep to")]
    constraints: Constraints,
    #[command(flatten, next_help_heading = "Search")]
    effort: Effort,
    /// Folder for result.json, front.csv and front.svg
    #[arg(long, help_heading = "Output")]
    out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
}

#[derive(Args)]
struct Data {
    /// The input columns, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    points: Option<Vec<String>>,
    /// The gradient columns in the order of the inputs, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    gradients: Option<Vec<String>>,
    /// Fit the values of this column instead of gradients: ordinary regression
    #[arg(long, value_name = "NAME", conflicts_with = "gradients")]
    values: Option<String>,
    /// With --values: a formula f counts as the best a·f + b
    #[arg(long, requires = "values")]
    linear_scaling: bool,
    /// Projection on the surface of the data: auto, off, or its dimension
    #[arg(long, default_value = "auto", value_parser = tangent)]
    tangent: TangentMode,
}

#[derive(Args)]
struct Formulas {
    /// Operators, such as "+ - * / sqrt sin"
    #[arg(long)]
    ops: Option<OpSet>,
    /// An operator of your own, such as "gauss(t) = exp(-t^2)"; may be repeated
    #[arg(long, value_name = "DEFINITION")]
    define: Vec<String>,
    /// Complexities, such as "sin=3, const=2, x=2"; const are constants, var all inputs
    #[arg(long, value_name = "LIST")]
    cost: Vec<Costs>,
    /// Largest complexity to explore
    #[arg(long)]
    max_complexity: Option<u32>,
    /// A formula to start from, such as "v^2/2 + x^2/2"; may be repeated
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    guess: Vec<String>,
    /// Operators, loss and largest size to start from
    #[arg(long, value_enum)]
    preset: Option<Preset>,
}

#[derive(Args)]
struct Constraints {
    /// Limits: "depth <= 6", "constants <= 3", "uses(sin) <= 2", "size(pow.right) <= 1",
    /// "sin in sin|exp <= 0"; separated by commas
    #[arg(long, value_delimiter = ',', value_name = "LIMITS")]
    limit: Vec<Limit>,
    /// Inputs that must not appear, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    exclude: Vec<String>,
    /// Inputs that must all appear, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    require: Vec<String>,
    /// A skeleton to fill in, such as "f(x, y)/g(z)"; f and g are unknown functions
    #[arg(long, value_name = "SKELETON", allow_hyphen_values = true)]
    structure: Option<String>,
    /// Units, such as "x=m, v=m/s, m=kg"; answers whose units agree
    #[arg(long, value_name = "LIST")]
    units: Option<Units>,
    /// Which units constants may have: those that their place needs, or none
    #[arg(long, value_enum)]
    constants: Option<ConstantKind>,
}

#[derive(Args)]
struct Effort {
    /// Seed of every random choice
    #[arg(long, value_parser = seeds())]
    seed: Option<u64>,
    /// Threads; all cores by default. The result does not depend on it
    #[arg(long, value_parser = thread_count)]
    threads: Option<usize>,
    /// Evaluations after which the search stops
    #[arg(long)]
    budget: Option<u64>,
    /// Seconds after which it stops; the result then depends on the machine
    #[arg(long)]
    seconds: Option<f64>,
    /// A loss that is good enough to stop at
    #[arg(long, value_name = "LOSS")]
    target_loss: Option<f64>,
    /// Settings in TOML; options given here win
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the state of the search to this file as it goes, to be resumed
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Go on with a search that --save has written, on the same data
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

/// Units of constants, as the command line spells them.
#[derive(Clone, Copy, ValueEnum)]
enum ConstantKind {
    /// Those that their place needs
    Any,
    /// None: constants are pure numbers
    Dimensionless,
}

#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// A wide choice of operators, a loss without sign
    Default,
    /// The settings of arXiv 2409.05305
    Published,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table of the front, then the answer
    Text,
    /// The same as result.json
    Json,
}

/// Seeds that a configuration file can hold.
pub(crate) fn seeds() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..1 << 63)
}

/// A number of threads: more than the system grants would end in a failure much later.
pub(crate) fn thread_count(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
    count.ok_or_else(|| format!("write a number from 1 to {MOST}"))
}

fn tangent(text: &str) -> Result<TangentMode, String> {
    match text {
        "auto" => Ok(TangentMode::Auto),
        "off" => Ok(TangentMode::Off),
        _ => text.parse().map(TangentMode::Rank).map_err(|_| {
            "write `auto`, `off`, or the number of directions in which the data extend".into()
        }),
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let start = std::time::Instant::now();
    let settings = arguments.settings()?;
    let objective = arguments.data.objective(&arguments.field, &settings)?;
    let saved = arguments.effort.resume.as_deref().map(read_bytes).transpose()?;
    let search = open_search(&objective, &settings, saved.as_deref())?;
    if let Some(folder) = &arguments.out {
        prepare_folder(folder)?;
    }
    tell_hints(search.hints());
    let read = start.elapsed().as_secs_f64();

    let mut bar = SearchBar::new(arguments.effort.save.clone());
    let mut findings = run_search(search, &mut bar)?;
    bar.finish()?;
    findings.seconds.insert(Stage::Data, (read * 1e3).round() / 1e3);

    if let Some(folder) = &arguments.out {
        write(&findings, folder)?;
    }
    match arguments.format {
        Format::Text => print!("{}", text(&findings)),
        Format::Json => println!("{}", json(&findings)),
    }
    Ok(ExitCode::SUCCESS)
}

impl Data {
    /// Reads what is to be matched, and says what a reader should know before believing it.
    fn objective(&self, file: &Path, settings: &SearchSettings) -> Result<Objective, Error> {
        let Some(name) = &self.values else {
            let columns =
                FieldColumns { points: self.points.clone(), gradients: self.gradients.clone() };
            let options = FieldOptions { tangent: self.tangent, ..FieldOptions::default() };
            let field = DirectionField::read(file, &columns, &options)?;
            tell_about(&field);
            return Ok(Objective::new(&field, settings.measure));
        };
        let table = Table::read(file)?;
        let column = |name: &String| {
            let position = table.names().iter().position(|known| known == name);
            position.map(|index| table.column(index).to_vec()).ok_or_else(|| Error::NoColumn {
                name: name.clone(),
                known: table.names().join(", "),
            })
        };
        let values = column(name)?;
        let all = || table.names().iter().filter(|known| *known != name).cloned().collect();
        let inputs: Vec<String> = self.points.clone().unwrap_or_else(all);
        let columns = inputs.iter().map(column).collect::<Result<_, _>>()?;
        let points = Table::new(inputs, columns)?;
        eprintln!("{} points, {} inputs, values of {name}", points.rows(), points.dim());
        Ok(Objective::regression(&points, &values, self.linear_scaling)?)
    }
}

impl Arguments {
    /// What the file says, where no option says otherwise.
    fn settings(&self) -> Result<SearchSettings, Error> {
        let file = self.effort.config.as_deref();
        let mut settings = file.map(SearchSettings::read).transpose()?.unwrap_or_default();
        self.formulas.apply(&mut settings)?;
        self.constraints.apply(&mut settings.config.constraints);
        self.effort.apply(&mut settings.config);
        Ok(settings)
    }
}

impl Formulas {
    fn apply(&self, settings: &mut SearchSettings) -> Result<(), Error> {
        if let Some(preset) = self.preset {
            let base = match preset {
                Preset::Default => SearchSettings::default(),
                Preset::Published => SearchSettings::published(),
            };
            settings.ops = base.ops;
            settings.measure = base.measure;
            settings.config.max_complexity = base.config.max_complexity;
        }
        set(&mut settings.ops, self.ops.as_ref());
        set(&mut settings.config.max_complexity, self.max_complexity.as_ref());
        for text in &self.define {
            let defined = settings.config.templates.define(text).map(|_| ());
            defined.map_err(|source| Error::Template { source })?;
        }
        for costs in &self.cost {
            settings.config.costs.extend(costs.clone());
        }
        settings.guesses.extend(self.guess.iter().cloned());
        Ok(())
    }
}

impl Constraints {
    fn apply(&self, config: &mut ConstraintConfig) {
        config.limits.extend(self.limit.iter().cloned());
        config.exclude.extend(self.exclude.iter().map(|name| name.trim().to_owned()));
        config.require.extend(self.require.iter().map(|name| name.trim().to_owned()));
        set(&mut config.units, self.units.as_ref());
        if self.structure.is_some() {
            config.structure.clone_from(&self.structure);
        }
        match self.constants {
            Some(ConstantKind::Any) => config.constants = ConstantUnits::Any,
            Some(ConstantKind::Dimensionless) => config.constants = ConstantUnits::Dimensionless,
            None => {}
        }
    }
}

impl Effort {
    fn apply(&self, config: &mut SearchConfig) {
        set(&mut config.seed, self.seed.as_ref());
        set(&mut config.budget, self.budget.as_ref());
        config.threads = self.threads.or(config.threads);
        config.seconds = self.seconds.or(config.seconds);
        config.target_loss = self.target_loss.or(config.target_loss);
    }
}

fn set<T: Clone>(setting: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        setting.clone_from(given);
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.into(), source })
}

/// What a reader should know before believing the result.
fn tell_about(field: &DirectionField) {
    let (points, dim) = (field.len(), field.dim());
    eprint!("{points} points, {dim} inputs");
    if field.neurons() > 1 {
        eprint!(", {} neurons", field.neurons());
    }
    if field.dropped() > 0 {
        eprint!("; {} points dropped for weak gradients", field.dropped());
    }
    if let Some(tangent) = field.tangent() {
        eprint!("; the data fill {} of {dim} directions, the others are ignored", tangent.rank());
    }
    eprintln!();
}

/// What the field alone tells of the formula, before the search.
fn tell_hints(hints: &Hints) {
    if !hints.is_empty() {
        eprintln!("the field alone tells of the formula g:");
        hints.to_string().lines().for_each(|line| eprintln!("  {line}"));
    }
}

fn write(findings: &Findings, folder: &std::path::Path) -> Result<(), Error> {
    write_file(&folder.join("front.csv"), &findings.front_csv())?;
    let labels = FrontLabels::default();
    let picture = pareto_svg(&findings.front_points(), Some(findings.answer), &labels)?;
    write_file(&folder.join("front.svg"), &picture)?;
    write_file(&folder.join("result.json"), &(json(findings) + "\n"))
}

fn json(findings: &Findings) -> String {
    // Strings, finite numbers and maps with string keys always have a JSON form.
    serde_json::to_string_pretty(findings).unwrap_or_default()
}

fn text(findings: &Findings) -> String {
    let mut table =
        TextTable::new(["", "complexity", "loss", "held out", "95 %", "paper MSE", "expression"]);
    for (index, (entry, point)) in findings.front.iter().zip(findings.front_points()).enumerate() {
        let mark = if index == findings.answer { "→" } else { "" };
        let trust = findings.trust.as_ref().and_then(|trust| trust.entries.get(index));
        let held_out = trust.and_then(|trust| trust.held_out);
        let interval = |held: symgrad::search::Interval| {
            format!("{} – {}", format_loss(held.low), format_loss(held.high))
        };
        table.row([
            mark.to_owned(),
            entry.complexity.to_string(),
            format_loss(entry.loss),
            held_out.map_or_else(String::new, |held| format_loss(held.estimate)),
            held_out.map_or_else(String::new, interval),
            format_loss(entry.paper_mse),
            point.expression,
        ]);
    }
    let verdict = findings.trust.as_ref().map_or_else(String::new, |t| t.summary.clone() + "\n");
    format!(
        "{}\n{verdict}answer: {}\n",
        table.to_text(),
        findings.front_points()[findings.answer].expression
    )
}
