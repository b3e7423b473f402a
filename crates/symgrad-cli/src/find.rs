//! `symgrad search`: from a file of gradients to formulas.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use symgrad::data::{DirectionField, FieldColumns, FieldOptions, Table, TangentMode};
use symgrad::search::{Hints, Objective};
use symgrad::{Error, Folder, SearchSettings, Stage, open_search, run_search};

use crate::fail::{FAILED, Failure};
use crate::options::{SearchOptions, tangent};
use crate::progress::{Save, SearchBar};
use crate::show::{FINDINGS, Format, json, tell_names, tell_verdict, text, write_findings};
use crate::talk::{print, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Points and gradients, .csv, .npz or .parquet: inputs NAME with gradients `g_NAME`, or g1, g2, …
    field: PathBuf,
    #[command(flatten, next_help_heading = "Data")]
    data: Data,
    #[command(flatten)]
    options: SearchOptions,
    /// Write the state of the search to this file as it goes, to be resumed [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    save: Option<PathBuf>,
    /// Go on with a search that --save has written, on the same data [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    resume: Option<PathBuf>,
    /// Folder for result.json, front.csv and front.svg [default: none]
    #[arg(long, help_heading = "Output")]
    out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
}

#[derive(Args)]
struct Data {
    /// The input columns, separated by commas [default: told by the names]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    points: Option<Vec<String>>,
    /// The gradient columns in the order of the inputs, separated by commas
    /// [default: told by the names]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    gradients: Option<Vec<String>>,
    /// Fit the values of this column instead of gradients: ordinary regression [default: none]
    #[arg(long, value_name = "NAME", conflicts_with = "gradients")]
    values: Option<String>,
    /// Take this column for a neuron's values and estimate its gradients from neighbouring points
    /// [default: none]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["gradients", "values"])]
    estimate: Option<String>,
    /// With --values: a formula f counts as the best a·f + b
    #[arg(long, requires = "values")]
    linear_scaling: bool,
    /// The surface on which the data lie: auto, off, its dimension, curved, or curved:3
    #[arg(long, default_value = "auto", value_parser = tangent)]
    tangent: TangentMode,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let start = std::time::Instant::now();
    let settings = arguments.options.settings()?;
    let objective = arguments.data.objective(&arguments.field, &settings)?;
    let saved = arguments.resume.as_deref().map(read_bytes).transpose()?;
    let search = open_search(&objective, &settings, saved.as_deref())?;
    let save = arguments.save.clone().map(Save::new).transpose()?;
    let mut folder = arguments.out.as_deref().map(Folder::open).transpose()?;
    if let Some(folder) = &folder {
        folder.check(&FINDINGS)?;
    }
    tell_hints(search.hints());
    let read = start.elapsed().as_secs_f64();

    let mut bar = SearchBar::new(save);
    let mut findings = run_search(search, &mut bar)?;
    findings.seconds.insert(Stage::Data, (read * 1e3).round() / 1e3);

    // Whatever else fails now, the answer is shown.
    let written = folder.as_mut().map_or(Ok(()), |folder| write_findings(&findings, folder));
    let failures: Vec<Failure> =
        bar.finish().err().into_iter().chain(written.err()).map(Failure::from).collect();
    print(&match arguments.format {
        Format::Text => text(&findings, None),
        Format::Json => json(&findings) + "\n",
        notation => notation.spell(findings.answer()).to_owned() + "\n",
    })?;
    tell_names(&findings, arguments.format);
    tell_verdict(&findings, None, arguments.format, None);
    failures.iter().for_each(Failure::warn);
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

impl Data {
    /// Reads what is to be matched, and says what a reader should know before believing it.
    fn objective(&self, file: &Path, settings: &SearchSettings) -> Result<Objective, Error> {
        let Some(name) = self.values.as_ref().or(self.estimate.as_ref()) else {
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
        if self.estimate.is_some() {
            let options = FieldOptions { tangent: self.tangent, ..FieldOptions::default() };
            let (field, estimated) = DirectionField::from_values(points, &values, &options)?;
            tell_about(&field);
            tell!("warning: gradients are estimated from values of {name}: {estimated}");
            return Ok(Objective::new(&field, settings.measure));
        }
        tell!("{} points, {} inputs, values of {name}", points.rows(), points.dim());
        Ok(Objective::regression(&points, &values, self.linear_scaling)?)
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
