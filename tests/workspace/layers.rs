//! Which crate may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, PackageId};

/// Each library with the crates of the workspace it may use: those above it in this list.
const LAYERS: [(&str, &[&str]); 12] = [
    ("symgrad-expr", &[]),
    ("symgrad-data", &[]),
    ("symgrad-report", &[]),
    ("symgrad-experiments", &["symgrad-data"]),
    ("symgrad-simplify", &["symgrad-expr"]),
    ("symgrad-search", &["symgrad-data", "symgrad-expr", "symgrad-simplify"]),
    ("symgrad-laws", &["symgrad-data", "symgrad-expr", "symgrad-search", "symgrad-simplify"]),
    ("symgrad-siamese", &["symgrad-data"]),
    ("symgrad-models", &["symgrad-data"]),
    (
        "symgrad",
        &[
            "symgrad-data",
            "symgrad-experiments",
            "symgrad-expr",
            "symgrad-laws",
            "symgrad-models",
            "symgrad-report",
            "symgrad-search",
            "symgrad-siamese",
            "symgrad-simplify",
        ],
    ),
    ("symgrad-cli", &["symgrad"]),
    ("symgrad-python", &["symgrad"]),
];

/// What makes experiments' data and checks their answers.
const OVER_EXPERIMENTS: [&str; 2] = ["symgrad", "symgrad-cli"];

#[test]
fn every_crate_keeps_to_its_layer() {
    let graph = Graph::new();
    for (index, (name, allowed)) in LAYERS.iter().enumerate() {
        let lower = |known: &&str| LAYERS[..index].iter().any(|(earlier, _)| earlier == known);
        assert!(allowed.iter().all(lower), "{name} looks up");
        for used in graph.direct(name).iter().filter(|used| used.starts_with("symgrad")) {
            assert!(allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
    }
}

/// What is published says what it is, and comes with the licences' texts.
#[test]
fn published_crates_are_complete() {
    let graph = Graph::new();
    for package in graph.metadata.workspace_packages() {
        // An empty list of registries is a crate that is not published.
        if package.publish.is_some() {
            continue;
        }
        let name = &package.name;
        let folder = package.manifest_path.parent().expect("a folder");
        for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert!(folder.join(file).is_file(), "{name} has no {file}");
        }
        let words = [&package.description, &package.license];
        assert!(words.iter().all(|text| text.is_some()), "{name}");
        assert!(package.readme.is_some() && package.rust_version.is_some(), "{name}");
        assert!(!package.keywords.is_empty() && !package.categories.is_empty(), "{name}");
    }
}

/// The border between the neural and the symbolic half is the direction field.
#[test]
fn the_search_reaches_no_machine_learning() {
    let graph = Graph::new();
    let learning = ["burn", "cubecl", "candle", "tch", "torch", "ort", "tract", "onnx"];
    for name in
        ["symgrad-search", "symgrad-laws", "symgrad-expr", "symgrad-data", "symgrad-simplify"]
    {
        let reached = graph.reachable(name);
        assert!(reached.len() > 5, "{name} reaches suspiciously little: {reached:?}");
        for found in &reached {
            let is_learning =
                learning.iter().any(|prefix| found.split(['-', '_']).next() == Some(prefix));
            assert!(
                !is_learning && !["symgrad-siamese", "symgrad-models"].contains(&found.as_str()),
                "{name} reaches {found}"
            );
        }
    }
    // The test would see it if it were there.
    assert!(graph.reachable("symgrad-siamese").contains("burn"));
}

/// Experiments know the truth; what proposes, judges or learns must not.
#[test]
fn the_truth_is_out_of_reach() {
    let graph = Graph::new();
    for (name, _) in LAYERS.iter().filter(|(name, _)| !OVER_EXPERIMENTS.contains(name)) {
        assert!(!graph.reachable(name).contains("symgrad-experiments"), "{name} reaches the truth");
    }
    // The test would see it if it were there.
    assert!(graph.reachable("symgrad").contains("symgrad-experiments"));
}

/// What is installed by `pip` reads networks and trains none.
#[test]
fn the_python_package_is_light() {
    let tree = |package: &str, features: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["tree", "--locked", "--prefix", "none", "-e", "normal,build", "-p", package]);
        let output = command.args(features).output().expect("cargo tree runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let reaches = |tree: &str, name: &str| {
        tree.lines().any(|line| line.split([' ', '-']).next() == Some(name))
    };
    let extension = tree("symgrad-python", &["--features", "extension"]);
    assert!(reaches(&extension, "pyo3") && reaches(&extension, "egg"));
    assert!(!reaches(&extension, "burn") && !extension.contains("symgrad-siamese"));
    assert!(!extension.contains("symgrad-experiments"));
    // Without the feature there is nothing to compile, and no Python to look for.
    assert_eq!(tree("symgrad-python", &[]).lines().count(), 1);
    assert!(reaches(&tree("symgrad", &[]), "burn"));
}

#[test]
fn heavy_libraries_have_one_owner() {
    let graph = Graph::new();
    for (library, owner) in
        [("burn", "symgrad-siamese"), ("prost", "symgrad-models"), ("egg", "symgrad-simplify")]
    {
        let users = LAYERS.map(|(name, _)| name).into_iter();
        let users: Vec<&str> = users.filter(|name| graph.direct(name).contains(library)).collect();
        assert_eq!(users, [owner], "{library}");
    }
}

/// What the crates need to be built, by name; what only their tests need does not count.
struct Graph {
    metadata: Metadata,
}

impl Graph {
    fn new() -> Self {
        let metadata = MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .other_options(vec!["--filter-platform".into(), host(), "--locked".into()])
            .exec()
            .expect("cargo metadata runs");
        Self { metadata }
    }

    fn direct(&self, name: &str) -> BTreeSet<String> {
        let node = self.nodes()[&self.id(name)];
        Self::needs(node).map(|id| self.name(id)).collect()
    }

    fn reachable(&self, name: &str) -> BTreeSet<String> {
        let nodes = self.nodes();
        let mut seen = BTreeSet::from([self.id(name)]);
        let mut open: Vec<PackageId> = seen.iter().cloned().collect();
        while let Some(id) = open.pop() {
            for next in Self::needs(nodes[&id]) {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen.iter().map(|id| self.name(id)).filter(|found| found != name).collect()
    }

    fn needs(node: &Node) -> impl Iterator<Item = &PackageId> {
        let built = |kind: DependencyKind| kind != DependencyKind::Development;
        let kept =
            move |dep: &&cargo_metadata::NodeDep| dep.dep_kinds.iter().any(|k| built(k.kind));
        node.deps.iter().filter(kept).map(|dep| &dep.pkg)
    }

    fn nodes(&self) -> BTreeMap<PackageId, &Node> {
        let resolve = self.metadata.resolve.as_ref().expect("a resolved graph");
        resolve.nodes.iter().map(|node| (node.id.clone(), node)).collect()
    }

    fn id(&self, name: &str) -> PackageId {
        let package = self.metadata.packages.iter().find(|package| package.name.as_str() == name);
        package.unwrap_or_else(|| panic!("no package {name}")).id.clone()
    }

    fn name(&self, id: &PackageId) -> String {
        self.metadata[id].name.to_string()
    }
}

/// The platform of this machine: without it, packages of all platforms would be fetched.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("rustc prints text");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host line").to_owned()
}
