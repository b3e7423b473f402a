//! `symgrad discover`: from trajectories, or other groups of points, to laws.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use symgrad::data::{
    DataError, GroupColumns, GroupError, GroupReading, Groups, Matrices, Sheet, Table,
};
use symgrad::expr::OpSet;
use symgrad::laws::{Equations, Motion, Source};
use symgrad::{
    DiscoverSettings, Discovery, DiscoveryKind, Error, FoundBy, Latents, LawRecord,
    NetworkSettings, REPORT, SECONDS, Seconds, Stage, box_of_points, discover,
    discover_with_network,
};

use crate::fail::{FAILED, Failure, MISSED};
use crate::law_bar::LawBar;
use crate::numbers::{count, seed};
use crate::origin::of_laws;
use crate::running::Running;
use crate::show::{Format, json, write_page, write_seconds};
use crate::table::{NameList, TableOptions, name, names, tell_notes};
use crate::talk::{print, tell};
use crate::watch::{Event, WatchOptions, event};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Points, .csv, .tsv, .npz or .parquet, or - for standard input: a row for each moment, with
    /// the number of its trajectory, or for each pair; may be left out where --rhs says how things
    /// move
    #[arg(required_unless_present = "rhs")]
    data: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Data")]
    columns: Columns,
    /// Operators of formulas; those to be named are ^ cube tan tanh abs asin acos atan atan2 sinh
    /// cosh erf [default: + - * / neg square sqrt exp log sin cos inv]
    #[arg(long, value_name = "OPERATORS", help_heading = "Formulas")]
    ops: Option<OpSet>,
    /// Who proposes formulas; the groups that are held out judge in any case
    #[arg(long, value_enum, default_value_t = Road::Direct, help_heading = "Search")]
    road: Road,
    /// How many laws the network is to learn, or auto: one more as long as it adds something that
    /// holds on groups that it does not learn from [default: 1]
    #[arg(long, value_name = "K|auto", value_parser = latents, help_heading = "Search")]
    latents: Option<Latents>,
    /// Decides which groups are held out, and how the network begins
    #[arg(long, default_value_t = 0, value_parser = seed, help_heading = "Search")]
    seed: u64,
    /// Folder for result.json and the page report.html [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    /// End with exit code 1 where no law is found
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    #[command(flatten, next_help_heading = "Output")]
    pub(crate) watch: WatchOptions,
}

/// Ways to laws.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Road {
    /// Constancy within groups alone
    Direct,
    /// A network that is trained on the groups, and a search for what it has learned
    Network,
    /// Both
    Both,
}

#[derive(Args)]
struct Columns {
    #[command(flatten)]
    table: TableOptions,
    /// The column that numbers or names the trajectories or groups, by name or position
    /// [default: `group`, `trajectory`, `trial`, `run`, …]
    #[arg(long, value_parser = name, value_name = "NAME")]
    group: Option<String>,
    /// The column of the time, numbers or dates such as 2024-05-01T12:00:00, which are read as seconds since
    /// the first; named among --inputs as well, laws may depend on it
    /// [default: `time` or `t`]
    #[arg(long, value_parser = name, value_name = "NAME")]
    time: Option<String>,
    /// The inputs of formulas, separated by commas [default: all other columns of numbers]
    #[arg(long, value_parser = names, value_name = "NAMES")]
    inputs: Option<NameList>,
    /// The columns of the inputs' derivatives in time, in the order of --inputs; groups are then not
    /// needed [default: none]
    #[arg(long, value_parser = names, value_name = "NAMES", requires = "inputs", conflicts_with = "rhs")]
    rates: Option<NameList>,
    /// A table of the points that share their value with those of DATA, row by row
    /// [default: columns `positive_NAME`, if there are any]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["group", "time", "rates", "rhs"])]
    positive: Option<PathBuf>,
    /// A table of points of other values than those of DATA, row by row
    /// [default: columns `negative_NAME`, if there are any]
    #[arg(long, value_name = "FILE", requires = "positive")]
    negative: Option<PathBuf>,
    /// Equations of motion, such as "x' = v, v' = -x - x^3" [default: none]
    #[arg(long, value_name = "EQUATIONS", conflicts_with = "inputs")]
    rhs: Option<String>,
    /// The noise of the inputs as a share of their standard deviation, such as 0.01
    /// [default: told from how they change in time]
    #[arg(long, value_parser = share, value_name = "SHARE")]
    noise: Option<f64>,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share));
    share.ok_or_else(|| "write a share from 0 to 1, such as 0.01".to_owned())
}

fn latents(text: &str) -> Result<Latents, String> {
    const MOST: usize = 16;
    if text == "auto" {
        return Ok(Latents::Auto);
    }
    let latents = count(text).ok().filter(|latents| (1..=MOST).contains(latents));
    latents.map(Latents::Count).ok_or_else(|| format!("write a number from 1 to {MOST}, or `auto`"))
}

/// The files of --out.
const FILES: [&str; 3] = ["result.json", SECONDS, REPORT];

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let start = std::time::Instant::now();
    let network = arguments.network()?;
    let source = arguments.columns.source(arguments.data.as_deref())?;
    let mut running = Running::open(arguments.out.as_deref(), &FILES)?;
    running.begin()?;
    let read = start.elapsed().as_secs_f64();
    let settings = DiscoverSettings {
        ops: arguments.ops.clone().unwrap_or_default(),
        seed: arguments.seed,
        noise: arguments.columns.noise,
        ..Default::default()
    };
    let mut bar = LawBar::new(running.keeper());
    let found = match &network {
        Some(network) => discover_with_network(&source, &settings, network, &mut bar),
        None => discover(&source, &settings, &mut bar),
    };
    let stopped = bar.finish();
    if matches!(found, Err(Error::Stopped)) {
        return Ok(running.interrupted());
    }
    let mut found = found?;
    found.seconds.insert(Stage::Data, (read * 1e3).round() / 1e3);
    if !found.left_out.is_empty() {
        tell!("warning: columns left out of the search: {}", found.left_out.join(", "));
    }
    if found.far > 0 {
        tell!("warning: {} points far outside all others are left out", found.far);
    }
    if let Some(failure) = &found.network_failure {
        tell!("warning: the network's road failed, and the direct one stands alone: {failure}");
    }

    for LawRecord { expression, verdict, .. } in &found.laws {
        event(&Event::Law { expression, verdict: &verdict.summary });
    }
    // Whatever else fails now, the answer is shown.
    let written = running.folder.as_mut().map_or(Ok(()), |folder| {
        write_seconds(&found.seconds, folder)?;
        let origin = Some(of_laws(arguments.data.as_deref()));
        let timeless = Discovery { seconds: Seconds::new(), origin, ..found.clone() };
        folder.write(FILES[0], json(&timeless) + "\n")?;
        write_page(folder, FILES[0])
    });
    print(&match arguments.format {
        Format::Text => text(&found),
        Format::Json => json(&found) + "\n",
        notation => found.laws.iter().map(|law| spell(law, notation).to_owned() + "\n").collect(),
    })?;
    if arguments.format != Format::Text {
        tell!("{}", found.verdict.summary);
    }
    if let Err(error) = written {
        Failure::from(error).warn();
        return Ok(ExitCode::from(FAILED));
    }
    if stopped {
        return Ok(running.interrupted());
    }
    running.complete();
    let missed = arguments.exit_code && found.verdict.kind != DiscoveryKind::Laws;
    Ok(if missed { ExitCode::from(MISSED) } else { ExitCode::SUCCESS })
}

impl Arguments {
    /// How the network's road is taken, if it is.
    fn network(&self) -> Result<Option<NetworkSettings>, Error> {
        let direct = match self.road {
            Road::Direct if self.latents.is_some() => return Err(Error::NoNetwork),
            Road::Direct => return Ok(None),
            Road::Network => false,
            Road::Both => true,
        };
        if self.columns.rhs.is_some() || self.columns.rates.is_some() {
            return Err(Error::NoGroups);
        }
        let latents = self.latents.unwrap_or(Latents::Count(1));
        Ok(Some(NetworkSettings::new(latents, direct)))
    }
}

impl Columns {
    fn source(&self, data: Option<&Path>) -> Result<Source, Error> {
        let equations = self.rhs.as_deref().map(Equations::parse).transpose()?;
        let Some(data) = data else {
            let Some(equations) = equations else { return Err(Error::NothingFound) };
            let points = box_of_points(&equations)?;
            tell!("{} points, each variable between 0.2 and 2.2", points.rows());
            return motion_of(&equations, points, None);
        };
        let sheet = self.table.open(data, Matrices::Long)?;
        let list = |names: &Option<NameList>| names.as_ref().map(|list| list.0.clone());
        if let Some(positive) = &self.positive {
            let inputs = list(&self.inputs);
            return self.pairs_of_files(data, &sheet, positive, inputs);
        }
        let is_paired = equations.is_none() && self.rates.is_none() && self.group.is_none();
        if is_paired && sheet.has_pairs() {
            if self.time.is_some() {
                return Err(DataError::from(GroupError::PairsInTime).in_file(data).into());
            }
            let reading = sheet.pairs(list(&self.inputs).as_deref())?;
            tell_notes(&reading.notes);
            let groups = reading.groups().map_err(|error| error.in_file(data))?;
            return Ok(told_pairs(groups, reading.anchor.rows()));
        }
        let variables = equations
            .as_ref()
            .map(|equations| equations.names.iter().map(str::to_owned).collect::<Vec<_>>());
        let reading = sheet.groups(&GroupColumns {
            group: self.group.clone(),
            time: self.time.clone(),
            inputs: variables.or_else(|| list(&self.inputs)),
            rates: list(&self.rates),
        })?;
        tell_notes(&reading.notes);
        let GroupReading { labels, rates, points, .. } = &reading;
        if let Some(equations) = &equations {
            return motion_of(equations, points.clone(), labels.clone());
        }
        if let Some(rates) = rates {
            let motion = Motion::new(points.clone(), rates.clone(), labels.clone(), false)?;
            tell!("{} points, {} inputs with their derivatives", points.rows(), points.dim());
            return Ok(Source::Motion(motion));
        }
        let groups = reading.groups().map_err(|error| error.in_file(data))?;
        let (points, dim) = (groups.points().rows(), groups.points().dim());
        let in_time = if groups.time().is_some() { " in time" } else { "" };
        tell!("{points} points, {dim} inputs, {} groups{in_time}", groups.len());
        if groups.left_out() > 0 {
            tell!("warning: {} groups of a single row are left out", groups.left_out());
        }
        Ok(Source::Groups(groups))
    }

    /// Pairs, or triplets, with a file for each part.
    fn pairs_of_files(
        &self,
        data: &Path,
        anchors: &Sheet,
        positive: &Path,
        inputs: Option<Vec<String>>,
    ) -> Result<Source, Error> {
        let reading = anchors.groups(&GroupColumns { inputs, ..GroupColumns::default() })?;
        tell_notes(&reading.notes);
        let names = Some(reading.points.names().to_vec());
        let wanted = GroupColumns { inputs: names, ..GroupColumns::default() };
        let mut skipped = reading.notes.skipped;
        let mut part = |file: &Path| -> Result<Table, Error> {
            let reading = self.table.open(file, Matrices::Long)?.groups(&wanted)?;
            skipped += reading.notes.skipped;
            Ok(reading.points)
        };
        let positive = part(positive)?;
        let negative = self.negative.as_deref().map(part).transpose()?;
        if skipped > 0 {
            return Err(DataError::from(GroupError::PairsSkipped).into());
        }
        let groups = Groups::pairs(&reading.points, &positive, negative.as_ref());
        Ok(told_pairs(groups.map_err(|error| error.in_file(data))?, positive.rows()))
    }
}

fn told_pairs(groups: Groups, pairs: usize) -> Source {
    let (dim, count) = (groups.points().dim(), groups.len());
    let which = if groups.negatives().is_some() { "triplets" } else { "pairs" };
    tell!("{pairs} {which}, {dim} inputs, {count} groups of points");
    if groups.left_out() > 0 {
        tell!("warning: {} pairs of one and the same point are left out", groups.left_out());
    }
    Source::Groups(groups)
}

fn motion_of(
    equations: &Equations,
    points: Table,
    labels: Option<Vec<f64>>,
) -> Result<Source, Error> {
    let rates = equations.at(points.columns())?;
    Ok(Source::Motion(Motion::new(points, rates, labels, true)?))
}

fn spell(law: &LawRecord, format: Format) -> &str {
    match format {
        Format::Text | Format::Json => &law.expression,
        Format::Latex => &law.latex,
        Format::Sympy => &law.sympy,
        Format::Numpy => &law.numpy,
        Format::Rust => &law.rust,
    }
}

fn text(found: &Discovery) -> String {
    let mut lines = vec![found.verdict.summary.clone()];
    for law in &found.laws {
        lines.push(format!("law: {}", law.expression));
        let road = match law.found_by {
            _ if found.network.is_none() => "",
            FoundBy::Direct => "; found by the direct road",
            FoundBy::Network => "; found by the network's road",
            FoundBy::Both => "; found by both roads",
        };
        lines.push(format!("  {}{road}", law.verdict.summary));
    }
    for law in &found.ambiguous {
        lines.push(format!("ambiguous: {}", law.expression));
        if let Some(rival) = &law.rival {
            lines.push(format!("       or: {}", rival.expression));
        }
        lines.push(format!("  {}", law.verdict.summary));
    }
    if !found.parameters.is_empty() {
        lines.push(format!("constant within groups: {}", found.parameters.join(", ")));
    }
    for relation in &found.relations {
        lines.push(format!("the same at all points: {relation}"));
    }
    if let Some(next) = &found.next {
        lines.push(format!("next best: {}", next.expression));
        lines.push(format!("  {}", next.verdict.summary));
    }
    if let Some(network) = &found.network {
        lines.push(network.summary.clone());
        lines.extend(network.further.clone());
    }
    if !found.laws.is_empty() {
        lines.push(format!("(judged on {} groups that nothing was fitted on)", found.held_out));
    }
    lines.join("\n") + "\n"
}
