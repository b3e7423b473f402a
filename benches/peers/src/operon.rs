//! Runs of Operon, a C++ engine, through its Python package.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use symgrad_expr::Op;

use crate::regression::Data;
use crate::tasks::Task;

const PACKAGE: &str = "pyoperon==0.6.2";

/// Drives one search and scores what it finds.
const SCRIPT: &str = include_str!("operon.py");

/// A Python environment that has Operon.
pub(crate) struct Operon {
    folder: PathBuf,
}

impl Operon {
    /// Installs it beside this program, unless it is there; or says why that cannot be.
    pub(crate) fn installed() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let folder = program.parent().unwrap_or(Path::new(".")).join("operon");
        let operon = Self { folder };
        if operon
            .python()
            .arg("-c")
            .arg("import pyoperon")
            .output()
            .is_ok_and(|o| o.status.success())
        {
            return Ok(operon);
        }
        eprintln!("installing {PACKAGE} into {}", operon.folder.display());
        let mut environment = Command::new("python3");
        succeed(environment.args(["-m", "venv"]).arg(&operon.folder))?;
        succeed(operon.python().args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
        succeed(operon.python().args(["-c", "import pyoperon"]))?;
        Ok(operon)
    }

    fn python(&self) -> Command {
        let path = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        Command::new(self.folder.join(path))
    }

    /// Searches on the first of two sets of data; returns what the find leaves of
    /// the variance on the second, infinite if there is none, and the CPU seconds.
    pub(crate) fn search(
        &self,
        task: &Task,
        data: [&Data; 2],
        seed: u64,
        seconds: f64,
        enough: f64,
    ) -> Result<(f64, f64), Box<dyn Error>> {
        let files = ["train.csv", "fresh.csv"].map(|name| self.folder.join(name));
        for (file, data) in files.iter().zip(data) {
            std::fs::write(file, csv(data)?)?;
        }
        let symbols: Vec<&str> = task.ops.iter().map(|op| symbol(*op)).collect();
        let output = self
            .python()
            .args(["-c", SCRIPT])
            .args(files)
            .args([seed.to_string(), symbols.join(","), task.size.to_string()])
            .args([seconds.to_string(), enough.to_string()])
            .env("OMP_NUM_THREADS", "1")
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        match numbers[..] {
            [loss, cpu_seconds] => Ok((loss, cpu_seconds)),
            _ => Err(format!("Operon: {}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let talk = String::from_utf8_lossy(&output.stderr);
    Err(talk.lines().last().unwrap_or("it failed without a word").to_owned())
}

fn csv(data: &Data) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for (row, value) in data.values.iter().enumerate() {
        for column in &data.columns {
            write!(text, "{},", column[row])?;
        }
        writeln!(text, "{value}")?;
    }
    Ok(text)
}

/// What Operon calls an operator.
fn symbol(op: Op) -> &'static str {
    match op {
        Op::Add => "add",
        Op::Sub => "sub",
        Op::Mul => "mul",
        Op::Div => "div",
        other => other.name(),
    }
}
