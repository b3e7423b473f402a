//! `symgrad inspect`: what a network is made of.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use symgrad::Model;
use symgrad::report::TextTable;

use crate::fail::Failure;
use crate::talk::print;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The network: .onnx, .safetensors, .pt, .pth, or an encoder of symgrad, .bpk
    model: PathBuf,
    /// What the layers are, in TOML, for files that hold weights alone
    #[arg(long, value_name = "FILE")]
    architecture: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let model = Model::open(&arguments.model, arguments.architecture.as_deref())?;
    let mut table = TextTable::new(["", "layer", "operator", "shape", "neurons"]);
    for layer in model.layers() {
        let mark = if layer.name == model.output() { "→" } else { "" };
        let shape: Vec<String> = layer.shape.iter().map(ToString::to_string).collect();
        let neurons = layer.neurons.to_string();
        table.row([mark.to_owned(), layer.name, layer.operator, shape.join(" × "), neurons]);
    }
    print(&format!("{} inputs; → is the output\n\n{}", model.inputs(), table.to_text()))?;
    Ok(ExitCode::SUCCESS)
}
