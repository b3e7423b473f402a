//! `symgrad interpret`: from a network and points to formulas.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use symgrad::data::{FieldOptions, Matrices, Reading, Table, TangentMode};
use symgrad::models::{OpenOptions, Setting, Unit};
use symgrad::search::{Objective, StopReason, Verdict};
use symgrad::{
    Error, Findings, Folder, InterpretSettings, Interpretation, LayerInterpretation, Model, REPORT,
    SearchSettings, SpaceInterpretation, interpret_layer, interpret_neuron, interpret_neuron_by,
    interpret_space,
};

use crate::fail::{FAILED, Failure, MISSED};
use crate::interpreted::{layer_text, neuron_text, space_text};
use crate::islands::{IslandOptions, search_by};
use crate::merge::Part;
use crate::numbers::{count, number};
use crate::options::{SearchOptions, tangent};
use crate::origin::origin;
use crate::progress::{LayerBar, SearchBar};
use crate::running::Running;
use crate::show::{FINDINGS, Format, json, tell_names, tell_verdict, write_front, write_page};
use crate::table::{NameList, TableOptions, names, tell_notes, tell_superfluous};
use crate::talk::{print, tell};
use crate::watch::{self, WatchOptions};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten, next_help_heading = "Network")]
    network: Network,
    #[command(flatten, next_help_heading = "Data")]
    data: Data,
    #[command(flatten)]
    options: SearchOptions,
    #[command(flatten, next_help_heading = "Search")]
    islands: IslandOptions,
    /// With --all: neurons whose directions differ by less, 1 − |mean cos|, share a search
    /// [default: 0.01]
    #[arg(long, help_heading = "Search", value_name = "LOSS", value_parser = number)]
    alike: Option<f64>,
    /// Folder for what was found, pictures, and the page report.html [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    /// End with exit code 1 unless the verdict on every answer is *identified*
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    #[command(flatten, next_help_heading = "Output")]
    pub(crate) watch: WatchOptions,
}

#[derive(Args)]
struct Network {
    /// The network: .onnx, .safetensors, .pt, .pth, .ckpt, .bin, or an encoder of symgrad, .bpk
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// What the layers are, in TOML, for files that hold weights alone [default: NAME.toml beside it]
    #[arg(long, value_name = "FILE")]
    architecture: Option<PathBuf>,
    /// Make an input of an ONNX graph constant, or give a size that it leaves open, as in
    /// sr=16000 or state=zeros [default: none]
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<Setting>,
    /// A network whose output is this one's input; points are then its inputs [default: none]
    #[arg(long, value_name = "FILE")]
    through: Option<PathBuf>,
    /// The layer; `symgrad inspect` lists them [default: the network's output]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The neuron, counted from 0, or a difference of two such as 3-7; several such as 0,1 are
    /// read as one space [default: the only one]
    #[arg(long, value_name = "INDEX", value_delimiter = ',', conflicts_with = "all")]
    neuron: Vec<Unit>,
    /// How many concepts several neurons hold, if you know it [default: estimated]
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>)]
    concepts: Option<usize>,
    /// Every neuron of the layer
    #[arg(long, conflicts_with = "islands")]
    all: bool,
    /// With --all: one of so many parts of the layer, such as 3/40, for as many jobs; `symgrad merge`
    /// puts their folders together [default: the whole layer]
    #[arg(long, value_name = "K/N", requires = "all", conflicts_with = "neuron")]
    part: Option<Part>,
}

#[derive(Args)]
struct Data {
    /// Points from where the network was trained, .csv, .tsv, .npz or .parquet, or - for standard
    /// input: a column for each input, in the network's order; a column `weight` weighs the points
    #[arg(long, value_name = "FILE")]
    points: PathBuf,
    /// The columns that are the network's inputs by name or position, in its order, separated by
    /// commas [default: those that hold numbers and are no weights or row numbers]
    #[arg(long, value_parser = names, value_name = "NAMES")]
    inputs: Option<NameList>,
    #[command(flatten)]
    table: TableOptions,
    /// The surface on which the data lie: auto, off, its dimension, curved, or curved:3
    #[arg(long, value_name = "SURFACE", default_value = "auto", value_parser = tangent)]
    tangent: TangentMode,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut settings = arguments.settings()?;
    let model = arguments.network.open()?;
    let Reading { points, weights, notes, .. } = arguments.data.read(model.inputs())?;
    settings.weights = weights;
    let rows = points.rows();
    let file = &arguments.network.model;
    let origin = Some(origin(&arguments.data.points, rows, Some(file), &settings.search));
    let name = arguments.network.layer.as_deref().unwrap_or(model.output());
    let neurons = model.layer(name)?.neurons;
    let out = arguments.out.as_deref();
    tell_notes(&notes);
    tell_superfluous(&points, &settings.search);
    if arguments.network.all {
        let mut running = Running::open(out, &[LAYER, REPORT])?;
        running.begin()?;
        let part = arguments.network.part.map_or(0..neurons, |part| part.neurons(neurons));
        let units: Vec<Unit> = part.map(Unit::Neuron).collect();
        let bar = LayerBar::new(running.keeper());
        let found = interpret_layer(&model, &points, name, &units, &settings, &bar);
        let so_far = bar.finish();
        let found = match found {
            Err(Error::Stopped) => {
                let (neurons, groups) = (so_far, vec![]);
                print(&layer_text(&LayerInterpretation { neurons, groups, origin: None }))?;
                return Ok(running.interrupted());
            }
            found => LayerInterpretation { origin, ..found? },
        };
        return arguments.show_layer(&found, running);
    }
    let unit = match arguments.network.neuron.as_slice() {
        [unit] => *unit,
        [] if neurons == 1 => Unit::Neuron(0),
        [] => return Err(Error::WhichNeuron { layer: name.into(), neurons }.into()),
        _ if arguments.islands.are_asked_for() => return Err(Failure::OneNeuron),
        units => {
            let mut running = Running::open(out, &[SPACE, REPORT])?;
            running.begin()?;
            let mut bar = SearchBar::new(None, running.keeper(), "concept").counted();
            let concepts = arguments.network.concepts;
            let found =
                interpret_space(&model, &points, name, units, concepts, &settings, &mut bar)?;
            bar.finish()?;
            let found = SpaceInterpretation { origin, ..found };
            return arguments.show_space(&found, running);
        }
    };
    let mut running = Running::open(out, &[&FINDINGS[..], &[NEURON, OUTER]].concat())?;
    running.begin()?;
    let of = format!("neuron {unit}");
    let found = match arguments.islands.count(&settings.search)? {
        None => {
            let mut bar = SearchBar::new(None, running.keeper(), &of);
            let found = interpret_neuron(&model, &points, name, unit, &settings, &mut bar)?;
            bar.finish()?;
            found
        }
        Some(count) => {
            let search = |objective: &Objective, settings: &SearchSettings| {
                search_by(count, objective, settings, running.keeper(), &of)
            };
            match interpret_neuron_by(&model, &points, name, unit, &settings, search) {
                Err(Error::Stopped) => return Ok(running.interrupted()),
                found => found?,
            }
        }
    };
    let mut found = Interpretation { origin, ..found };
    let sampled =
        running.folder.as_ref().map_or(Ok(()), |_| found.take_sample(&model, &points, &settings));
    let written = running
        .folder
        .as_mut()
        .map(|folder| sampled.and_then(|()| write_neuron(&found, &model, &points, folder)));
    arguments.show_neuron(&found, written, running)
}

impl Network {
    fn open(&self) -> Result<Model, Error> {
        let Self { architecture, set, .. } = self;
        let options = OpenOptions { architecture: architecture.clone(), set: set.clone() };
        let model = Model::open_with(&self.model, &options)?;
        let model = match &self.through {
            Some(generator) => model.through(Model::open(generator, None)?)?,
            None => model,
        };
        for note in model.notes().iter().filter(|note| note.is_guess()) {
            tell!("note: {note}");
        }
        Ok(model)
    }
}

impl Data {
    fn read(&self, inputs: usize) -> Result<Reading, Error> {
        let sheet = self.table.open(&self.points, Matrices::Wide(inputs))?;
        Ok(sheet.points(inputs, self.inputs.as_ref().map(|list| list.0.as_slice()))?)
    }
}

impl Arguments {
    fn settings(&self) -> Result<InterpretSettings, Error> {
        let mut settings = InterpretSettings {
            search: self.options.settings()?,
            field: FieldOptions { tangent: self.data.tangent, ..FieldOptions::default() },
            ..InterpretSettings::default()
        };
        settings.alike = self.alike.unwrap_or(settings.alike);
        Ok(settings)
    }

    fn show_neuron(
        &self,
        found: &Interpretation,
        written: Option<Result<(), Error>>,
        running: Running,
    ) -> Result<ExitCode, Failure> {
        match (self.format, &found.findings) {
            (Format::Json, _) => print(&(json(found) + "\n"))?,
            (Format::Text, _) => print(&neuron_text(found))?,
            (notation, Some(findings)) => {
                print(&(notation.spell(findings.answer()).to_owned() + "\n"))?;
                tell_names(findings, notation);
            }
            (_, None) => tell!("{}", neuron_text(found).trim_end()),
        }
        if let Some(findings) = &found.findings {
            watch::found(&format!("neuron {}", found.unit), findings);
            tell_verdict(findings, found.outer.as_ref(), self.format, None);
        }
        Ok(self.ended(written, running, found.findings.iter()))
    }

    fn show_space(
        &self,
        found: &SpaceInterpretation,
        mut running: Running,
    ) -> Result<ExitCode, Failure> {
        let whole = || json(&found.without_seconds());
        let written = running.folder.as_mut().map(|folder| write_whole(SPACE, whole(), folder));
        print(&match self.format {
            Format::Json => json(found) + "\n",
            Format::Text => space_text(found),
            notation => {
                let concepts = found.concepts.iter();
                concepts.map(|found| notation.spell(found.answer()).to_owned() + "\n").collect()
            }
        })?;
        if let Some(first) = found.concepts.first() {
            tell_names(first, self.format);
        }
        for (findings, number) in found.concepts.iter().zip(1..) {
            watch::found(&format!("concept {number}"), findings);
            tell_verdict(findings, None, self.format, Some(&format!("concept {number}")));
        }
        Ok(self.ended(written, running, found.concepts.iter()))
    }

    fn show_layer(
        &self,
        found: &LayerInterpretation,
        mut running: Running,
    ) -> Result<ExitCode, Failure> {
        let whole = || json(&found.without_seconds());
        let written = running.folder.as_mut().map(|folder| write_whole(LAYER, whole(), folder));
        let spelt = |notation: Format, neuron: &Interpretation| {
            let answer = neuron.findings.as_ref().map(Findings::answer);
            let answer = answer.map_or("", |answer| notation.spell(answer));
            format!("{}\t{answer}\n", neuron.unit)
        };
        print(&match self.format {
            Format::Json => json(found) + "\n",
            Format::Text => layer_text(found),
            notation => found.neurons.iter().map(|neuron| spelt(notation, neuron)).collect(),
        })?;
        // The inputs are the same for all neurons.
        if let Some(first) = found.neurons.iter().find_map(|neuron| neuron.findings.as_ref()) {
            tell_names(first, self.format);
        }
        for neuron in &found.neurons {
            let of = format!("neuron {}", neuron.unit);
            if let Some(findings) = &neuron.findings {
                watch::found(&of, findings);
                tell_verdict(findings, neuron.outer.as_ref(), self.format, Some(&of));
            }
        }
        // Searches of a layer that were stopped have not come this far.
        let findings = found.neurons.iter().filter_map(|neuron| neuron.findings.as_ref());
        Ok(self.ended(written, running, findings))
    }
}

impl Arguments {
    /// The exit code, after a warning if files could not be written, or how to go on if a search was
    /// interrupted.
    fn ended<'a>(
        &self,
        written: Option<Result<(), Error>>,
        running: Running,
        mut findings: impl Iterator<Item = &'a Findings> + Clone,
    ) -> ExitCode {
        let failed =
            written.and_then(Result::err).map(|error| Failure::from(error).warn()).is_some();
        if findings.clone().any(|found| found.stopped == Some(StopReason::Observer)) {
            return running.interrupted();
        }
        if failed {
            return ExitCode::from(FAILED);
        }
        running.complete();
        let missed = findings.any(|found| found.verdict() != Some(&Verdict::Identified));
        if self.exit_code && missed { ExitCode::from(MISSED) } else { ExitCode::SUCCESS }
    }
}

/// The files beside those of a search.
const NEURON: &str = "interpretation.json";
const OUTER: &str = "outer.svg";
const SPACE: &str = "space.json";
pub(crate) const LAYER: &str = "layer.json";

/// Writes interpretation.json, and beside it the files of a search, a picture of φ and the page.
fn write_neuron(
    found: &Interpretation,
    model: &Model,
    points: &Table,
    folder: &mut Folder,
) -> Result<(), Error> {
    if let Some(findings) = &found.findings {
        // The file says by itself where it comes from.
        let whole = Findings { origin: found.origin.clone(), ..findings.clone() };
        write_front(&whole, folder)?;
        folder.write(OUTER, found.outer_svg(model, points)?)?;
    }
    write_whole(NEURON, json(&found.without_seconds()), folder)
}

/// Writes what was found as one file, and the page about it.
pub(crate) fn write_whole(name: &str, json: String, folder: &mut Folder) -> Result<(), Error> {
    folder.write(name, json + "\n")?;
    write_page(folder, name)
}
