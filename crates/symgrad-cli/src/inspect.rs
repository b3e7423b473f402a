//! `symgrad inspect`: what a network is made of.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use symgrad::Model;
use symgrad::models::{OpenOptions, Setting};
use symgrad::report::TextTable;

use crate::fail::Failure;
use crate::talk::{print, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The network: .onnx, .safetensors, .pt, .pth, .ckpt, .bin, or an encoder of symgrad, .bpk
    #[arg(value_name = "FILE")]
    model: PathBuf,
    /// What the layers are, in TOML, for files that hold weights alone [default: NAME.toml
    /// beside it]
    #[arg(long, value_name = "FILE")]
    architecture: Option<PathBuf>,
    /// Make an input of an ONNX graph constant, or give a size that it leaves open, as in
    /// sr=16000 or state=zeros [default: none]
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<Setting>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { model, architecture, set } = arguments;
    let options = OpenOptions { architecture: architecture.clone(), set: set.clone() };
    let model = Model::open_with(model, &options)?;
    let mut table = TextTable::new(["", "layer", "operator", "shape", "neurons"]);
    for layer in model.layers() {
        let mark = if layer.name == model.output() { "→" } else { "" };
        let shape: Vec<String> = layer.shape.iter().map(ToString::to_string).collect();
        let neurons = layer.neurons.to_string();
        table.row([mark.to_owned(), layer.name, layer.operator, shape.join(" × "), neurons]);
    }
    let notes =
        model.notes().iter().fold(String::new(), |text, note| text + &format!("\n{note}\n"));
    print(&format!("{} inputs; → is the output\n\n{}{notes}", model.inputs(), table.to_text()))?;
    if let Err(unreadable) = model.layer(model.output()) {
        tell!("warning: the network's output {unreadable}");
    }
    Ok(ExitCode::SUCCESS)
}
