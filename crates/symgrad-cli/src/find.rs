//! `symgrad search`: from a file of gradients to formulas.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use symgrad::data::{DirectionField, FieldColumns, FieldOptions, TangentMode};
use symgrad::expr::{Names, OpSet};
use symgrad::report::{FrontLabels, TextTable, format_loss, pareto_svg};
use symgrad::search::Hints;
use symgrad::{Error, Findings, SearchSettings, Stage, prepare_folder, search_field, write_file};

use crate::progress::SearchBar;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Points and gradients, .csv or .npz: inputs NAME with gradients `g_NAME`, or g1, g2, …
    field: PathBuf,
    /// The input columns, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    points: Option<Vec<String>>,
    /// The gradient columns in the order of the inputs, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    gradients: Option<Vec<String>>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 0, value_parser = seeds())]
    seed: u64,
    /// Threads; all cores by default. The result does not depend on it
    #[arg(long, value_parser = thread_count)]
    threads: Option<usize>,
    /// Evaluations after which the search stops
    #[arg(long)]
    budget: Option<u64>,
    /// Operators, such as "+ - * / sqrt sin"
    #[arg(long)]
    ops: Option<OpSet>,
    /// Operators, loss and largest size to start from
    #[arg(long, value_enum, default_value_t = Preset::Default)]
    preset: Preset,
    /// Largest complexity to explore
    #[arg(long)]
    max_complexity: Option<u32>,
    /// Projection on the surface of the data: auto, off, or its dimension
    #[arg(long, default_value = "auto", value_parser = tangent)]
    tangent: TangentMode,
    /// Folder for result.json, front.csv and front.svg
    #[arg(long)]
    out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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
    let columns =
        FieldColumns { points: arguments.points.clone(), gradients: arguments.gradients.clone() };
    let options = FieldOptions { tangent: arguments.tangent, ..FieldOptions::default() };
    let field = DirectionField::read(&arguments.field, &columns, &options)?;
    Names::new(field.names().to_vec())?;
    if let Some(folder) = &arguments.out {
        prepare_folder(folder)?;
    }
    tell_about(&field);
    let read = start.elapsed().as_secs_f64();

    let mut bar = SearchBar::new();
    let mut findings = search_field(&field, &arguments.settings(), &mut bar)?;
    bar.finish();
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

impl Arguments {
    fn settings(&self) -> SearchSettings {
        let mut settings = match self.preset {
            Preset::Default => SearchSettings::default(),
            Preset::Published => SearchSettings::published(),
        };
        if let Some(ops) = &self.ops {
            settings.ops = ops.clone();
        }
        let config = &mut settings.config;
        config.seed = self.seed;
        config.threads = self.threads;
        config.budget = self.budget.unwrap_or(config.budget);
        config.max_complexity = self.max_complexity.unwrap_or(config.max_complexity);
        settings
    }
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
    let hints = Hints::of(field);
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
