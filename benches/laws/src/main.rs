//! Recovery of conserved quantities from trajectories: `cargo xtask bench laws`.

mod error;
mod noise;
mod run;
mod summary;
mod system;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use error::Error;
use run::{Record, Road, run};
use system::{Set, System, systems};

/// Looks for the laws of systems whose laws are known, and of some that have none.
#[derive(Parser)]
#[command(name = "laws")]
struct Options {
    /// Which systems: those of the table, or such as other formulas come near to
    #[arg(long, value_enum, default_value_t = Set::Laws)]
    set: Set,
    /// Only these systems, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Noise in per cent of each input's standard deviation
    #[arg(long, value_delimiter = ',', default_values_t = [0.0, 1.0, 5.0])]
    noise: Vec<f64>,
    /// Who proposes formulas: direct, network or both; the network with as many latents as hold
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [Road::Direct])]
    road: Vec<Road>,
    /// Numbers of trajectories
    #[arg(long, value_delimiter = ',', default_values_t = [20, 50, 200])]
    groups: Vec<usize>,
    /// Seeds
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 2])]
    seeds: Vec<u64>,
    /// Folder of results.csv and summary.md
    #[arg(long, default_value = "target/laws")]
    out: PathBuf,
    /// List the systems with their laws
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match act(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            let mut label = "error";
            while let Some(this) = cause {
                eprintln!("{label}: {this}");
                (cause, label) = (this.source(), "  because");
            }
            ExitCode::from(2)
        }
    }
}

fn act(options: &Options) -> Result<ExitCode, Error> {
    let all = systems(options.set)?;
    if options.list {
        let line = |system: &System| format!("{}: {}\n", system.name, system.laws.join("; "));
        say(&all.iter().map(line).collect::<String>());
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(name) = options.only.iter().find(|name| all.iter().all(|s| s.name != **name)) {
        return Err(Error::Unknown { name: name.clone() });
    }
    let wanted = |system: &&System| options.only.is_empty() || options.only.contains(&system.name);
    let mut records: Vec<Record> = vec![];
    for system in all.iter().filter(wanted) {
        for &noise in &options.noise {
            for &groups in &options.groups {
                for (&seed, &road) in options
                    .seeds
                    .iter()
                    .flat_map(|seed| options.road.iter().map(move |road| (seed, road)))
                {
                    let record = run(system, noise, groups, seed, road)?;
                    tell(&record);
                    records.push(record);
                }
            }
        }
    }
    let text = summary::summary(&records);
    write(options, &records, &text)?;
    say(&text);
    let misled = records.iter().any(|record| record.laws == 0 && record.verdict == "laws");
    Ok(if misled { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(record: &Record) {
    let Record { name, road, noise, groups, seed, laws, recovered, wrong, .. } = record;
    let Record { verdict, found, ambiguous, next, cpu_seconds, .. } = record;
    eprintln!(
        "{name}, {road}, {noise} %, {groups} trajectories, seed {seed}: {recovered} of {laws}, {wrong} \
         wrong, {verdict}, {cpu_seconds:.1} CPU s: {found} | {ambiguous} | {next}"
    );
}

fn write(options: &Options, records: &[Record], text: &str) -> Result<(), Error> {
    let failed = |path: &PathBuf| {
        let path = path.clone();
        move |source| Error::Write { path, source }
    };
    std::fs::create_dir_all(&options.out).map_err(failed(&options.out))?;
    let mut writer = csv::Writer::from_path(options.out.join("results.csv"))?;
    records.iter().try_for_each(|record| writer.serialize(record))?;
    writer.flush().map_err(failed(&options.out))?;
    let path = options.out.join("summary.md");
    std::fs::write(&path, text).map_err(failed(&path))
}

/// A closed pipe is the reader's wish to read no further.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
