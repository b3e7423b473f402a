//! Finds all concepts that two neurons hold together, each a mixture of both:
//! `cargo run --release --example read_space`.

use std::path::Path;

use symgrad::data::Table;
use symgrad::models::Unit;
use symgrad::{InterpretSettings, Model, interpret_space};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    let model = Model::open(&folder.join("invariants.onnx"), None)?;
    let points = Table::read(folder.join("invariants.csv"))?;

    let units = [Unit::Neuron(0), Unit::Neuron(1)];
    let settings = InterpretSettings::default();
    let found = interpret_space(&model, &points, model.output(), &units, None, &settings, &mut ())?;
    println!("{}", found.span);
    for concept in &found.concepts {
        println!("{}", concept.readable_answer());
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn std::error::Error>> {
    main()
}
