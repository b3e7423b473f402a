//! Reads a classifier of pictures as a function of what its pictures are rendered from:
//! `cargo run --release --example read_through`.

use std::path::Path;

use symgrad::data::Table;
use symgrad::models::Unit;
use symgrad::{InterpretSettings, Model, interpret_neuron};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    let generator = Model::open(&folder.join("blob-generator.onnx"), None)?;
    let model = Model::open(&folder.join("blob.onnx"), None)?.through(generator)?;
    // The generator's inputs: place, width, height and brightness of a blob.
    let points = Table::read(folder.join("blob.csv"))?;

    // How far class 8 is ahead of class 1.
    let unit = Unit::Margin(8, 1);
    let settings = InterpretSettings::default();
    let layer = model.output();
    let found = interpret_neuron(&model, &points, layer, unit, &settings, &mut ())?;
    let findings = found.findings.ok_or("the margin never changes")?;
    println!("{}", findings.readable_answer());
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn std::error::Error>> {
    main()
}
