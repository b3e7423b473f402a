//! `symgrad inspect`: what a network is made of.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use symgrad::report::TextTable;
use symgrad::{Error, Model};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The network: .onnx, .safetensors, .pt, .pth, or an encoder of symgrad, .bpk
    model: PathBuf,
    /// What the layers are, in TOML, for files that hold weights alone
    #[arg(long, value_name = "FILE")]
    architecture: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let model = Model::open(&arguments.model, arguments.architecture.as_deref())?;
    let mut table = TextTable::new(["", "layer", "operator", "shape", "neurons"]);
    for layer in model.layers() {
        let mark = if layer.name == model.output() { "→" } else { "" };
        let shape: Vec<String> = layer.shape.iter().map(ToString::to_string).collect();
        let neurons = layer.neurons.to_string();
        table.row([mark.to_owned(), layer.name, layer.operator, shape.join(" × "), neurons]);
    }
    println!("{} inputs; → is the output\n", model.inputs());
    print!("{}", table.to_text());
    Ok(ExitCode::SUCCESS)
}
