//! Copies the source of `symbolic_regression` and opens its loss types.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = "symbolic_regression-0.12.3";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let copy = PathBuf::from(std::env::var("OUT_DIR")?).join("src");
    fs::create_dir_all(&copy)?;
    for file in fs::read_dir(source()?.join("src"))? {
        let file = file?;
        if file.file_type()?.is_file() {
            fs::write(copy.join(file.file_name()), fs::read(file.path())?)?;
        }
    }
    let root = copy.join("lib.rs");
    let opened = fs::read_to_string(&root)? + "\npub use loss_functions::{LossFn, LossObject};\n";
    fs::write(root, opened)?;
    Ok(())
}

/// Where cargo keeps the crate, a dependency of the package above.
fn source() -> Result<PathBuf, Box<dyn Error>> {
    let manifest = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../Cargo.toml");
    let output = Command::new(std::env::var("CARGO")?)
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(manifest)
        .output()?;
    let metadata = String::from_utf8(output.stdout)?;
    let quoted = metadata.split('"').find(|text| {
        let path = Path::new(text);
        path.ends_with(Path::new(SOURCE).join("Cargo.toml"))
    });
    let manifest = quoted.ok_or_else(|| format!("cargo metadata does not name {SOURCE}"))?;
    let manifest = PathBuf::from(manifest.replace("\\\\", "\\"));
    Ok(manifest.parent().ok_or("a manifest lies in a folder")?.to_owned())
}
