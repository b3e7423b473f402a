//! Reads all neurons of a layer, and which of them hold one concept:
//! `cargo run --release --example read_layer`.

use std::path::Path;

use symgrad::data::Table;
use symgrad::models::Unit;
use symgrad::{Findings, InterpretSettings, Model, interpret_layer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    let model = Model::open(&folder.join("motion.onnx"), None)?;
    let points = Table::read(folder.join("motion.csv"))?;

    let units: Vec<Unit> = (0..3).map(Unit::Neuron).collect();
    let settings = InterpretSettings::default();
    let found = interpret_layer(&model, &points, model.output(), &units, &settings, &())?;
    for neuron in &found.neurons {
        let answer = neuron.findings.as_ref().map(Findings::readable_answer);
        println!("{}: {}", neuron.unit, answer.unwrap_or_default());
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn std::error::Error>> {
    main()
}
