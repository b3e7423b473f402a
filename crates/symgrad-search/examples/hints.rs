//! Prints what a direction field given as CSV tells before any search: `hints FILE`.
use symgrad_data::{DirectionField, FieldColumns, FieldOptions};
use symgrad_search::Hints;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: hints FILE")?;
    let field = DirectionField::read(path, &FieldColumns::default(), &FieldOptions::default())?;
    print!("{}", Hints::of(&field));
    Ok(())
}
