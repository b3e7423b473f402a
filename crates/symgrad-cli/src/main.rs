//! The `symgrad` command.
fn main() {}
