//! Reads a formula from a neuron of a network that was trained elsewhere:
//! `cargo run --release --example read_neuron`.

use std::path::Path;

use symgrad::data::Table;
use symgrad::models::Unit;
use symgrad::{InterpretSettings, Model, interpret_neuron};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A network of PyTorch with a residual connection, and points from where it was trained.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    let model = Model::open(&folder.join("angular-momentum.onnx"), None)?;
    let points = Table::read(folder.join("angular-momentum.csv"))?;

    let settings = InterpretSettings::default();
    let layer = model.output();
    let found = interpret_neuron(&model, &points, layer, Unit::Neuron(0), &settings, &mut ())?;

    let findings = found.findings.ok_or("the neuron is dead")?;
    println!("{}", findings.readable_answer());
    println!("{}", findings.answer().numpy);
    if let Some(outer) = found.outer {
        println!("φ is {:?}, R² {:.4}", outer.trend, outer.r_squared);
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn std::error::Error>> {
    main()
}
