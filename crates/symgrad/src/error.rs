//! What can go wrong between triplets and formulas.

use std::path::PathBuf;

use symgrad_data::{DataError, FileError, FileProblem};
#[cfg(feature = "training")]
use symgrad_experiments::GenerateError;
use symgrad_expr::{NamesError, ParseError, nearest};
use symgrad_laws::{EquationError, MotionError};
use symgrad_models::{ModelError, Unit};
use symgrad_report::ReportError;
use symgrad_search::{ConstraintError, SearchError};
#[cfg(feature = "training")]
use symgrad_siamese::SiameseError;

use crate::IslandError;

/// A run that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Data that cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Triplets that could not be drawn.
    #[cfg(feature = "training")]
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// Equations of motion.
    #[error(transparent)]
    Equations(#[from] EquationError),
    /// Derivatives in time.
    #[error(transparent)]
    Motion(#[from] MotionError),
    /// The encoder.
    #[cfg(feature = "training")]
    #[error(transparent)]
    Siamese(#[from] SiameseError),
    /// The network's road, without groups to train on.
    #[cfg(feature = "training")]
    #[error(
        "the network's road learns from groups of points; equations or derivatives are for the \
         direct road"
    )]
    NoGroups,
    /// As many latents as inputs.
    #[cfg(feature = "training")]
    #[error(
        "{latents} latents are too many for {inputs} inputs: as many independent quantities as inputs \
         tell points apart, and groups share fewer"
    )]
    TooManyLatents {
        /// Latents asked for.
        latents: usize,
        /// Inputs of the network.
        inputs: usize,
    },
    /// Latents of a network, where none is trained.
    #[cfg(feature = "training")]
    #[error("a number of latents is given, but the direct road trains no network")]
    NoNetwork,
    /// A network from a file.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A layer that a network does not have.
    #[error("the network has no layer `{name}`; there are {known}")]
    NoLayer {
        /// The name as given.
        name: String,
        /// The layers there are.
        known: String,
    },
    /// A layer of several neurons, and none was named.
    #[error("layer `{layer}` has {neurons} neurons: which?")]
    WhichNeuron {
        /// The layer.
        layer: String,
        /// Its neurons.
        neurons: usize,
    },
    /// Values or gradients of another number of units than named.
    #[error("{what} of {columns} units are given, but {units} units are named")]
    Recorded {
        /// The units named.
        units: usize,
        /// Those that are given.
        columns: usize,
        /// What is given.
        what: String,
    },
    /// A neuron that two parts of a layer hold.
    #[error("neuron {unit} of `{layer}` is in two of the parts")]
    Twice {
        /// The layer.
        layer: String,
        /// The neuron.
        unit: Unit,
    },
    /// A composition of networks that symgrad cannot run, or with an encoder.
    #[error("only networks from files can be put behind one another")]
    NotThrough,
    /// A search that cannot start.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A search of several islands.
    #[error(transparent)]
    Islands(#[from] IslandError),
    /// Inputs whose names cannot stand in a formula.
    #[error("the inputs' names cannot be used in formulas")]
    Names(#[from] NamesError),
    /// A formula in a file of the run.
    #[error("`{text}` is no formula")]
    Formula {
        /// As written.
        text: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A column that the table does not have.
    #[error("no column `{name}`; there are {known}")]
    NoColumn {
        /// The column asked for.
        name: String,
        /// The columns there are.
        known: String,
    },
    /// An input that is required, and tells nothing.
    #[error("an input is required of which nothing can be learnt: {column} at all points")]
    Superfluous {
        /// Its name, and what it is.
        column: String,
    },
    /// Settings that cannot be read.
    #[error("the settings cannot be read")]
    Settings {
        /// What is wrong, with the line.
        source: toml::de::Error,
    },
    /// A template that cannot be read.
    #[error("a template cannot be read\n{}", source.render())]
    Template {
        /// What is wrong with it.
        source: ParseError,
    },
    /// A guess that is no formula of the inputs.
    #[error("the guess `{text}` cannot be read\n{}", source.render())]
    Guess {
        /// As written.
        text: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A picture or summary.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The search ended without any formula.
    #[error("no formula has a finite gradient at all points")]
    NothingFound,
    /// A state that cannot be written down.
    #[error("the state cannot be kept: {reason}")]
    Unsaved {
        /// What the writer says.
        reason: String,
    },
    /// The observer stopped the run.
    #[error("it was stopped before its end")]
    Stopped,
    /// A name that is no experiment's.
    #[error("unknown experiment `{name}`; this suite has: {known}")]
    UnknownExperiment {
        /// The name as given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A folder or file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that symgrad did not write, or that was changed since, stands where a result
    /// belongs.
    #[error(
        "{} is in the way: symgrad did not write it, or it was changed since, and so it will not be \
         overwritten",
        path.display()
    )]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// A folder to which somebody else is writing.
    #[error("another symgrad is writing to {}", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A folder without a result.
    #[error("no result in {}: expected one of {}", path.display(), crate::RESULTS.join(", "))]
    NoResult {
        /// The folder.
        path: PathBuf,
    },
    /// A file that no page can be made of.
    #[error("{} is not as expected, and no page can be made of it: {reason}", path.display())]
    NoPage {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of the run could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of the run does not hold what it should.
    #[error("{} is not as expected: {reason}; delete it to have it made again", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A configuration that cannot be written down.
    #[error("the configuration cannot be written as TOML: {reason}")]
    Config {
        /// What the writer says.
        reason: String,
    },
}

impl Error {
    /// The name that was probably meant where one is not known.
    pub fn meant(&self) -> Option<String> {
        let (name, known, between) = match self {
            Self::Data(DataError::File(FileError { problem, .. })) => match &**problem {
                FileProblem::MissingColumn { name, known } => (name, known, ", "),
                _ => return None,
            },
            Self::NoColumn { name, known } | Self::NoLayer { name, known } => (name, known, ", "),
            Self::Search(SearchError::Constraints(ConstraintError::UnknownInput {
                name,
                inputs,
                ..
            })) => (name, inputs, ", "),
            Self::UnknownExperiment { name, known } => (name, known, " "),
            _ => return None,
        };
        nearest(name, known.split(between)).map(str::to_owned)
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            error if has_no_room(error) => {
                "make room there; the same command then goes on with what the run has kept"
            }
            Self::Data(DataError::File(FileError { problem, .. })) => file_hint(problem),
            Self::Data(error) => data_hint(error),
            #[cfg(feature = "training")]
            Self::Generate(_) => "draw fewer triplets, or take the other recipe",
            Self::Equations(_) => "write --rhs \"x' = v, v' = -x - x^3\", over the columns' names",
            Self::Motion(_) => "--rates names a derivative in time for each of --inputs",
            Self::NoLayer { .. } => LAYERS,
            Self::Model(error) => model_hint(error),
            Self::Recorded { .. } => "give a column of values and gradients for each unit",
            Self::Twice { .. } => "name the folder of each part once",
            Self::WhichNeuron { .. } => "name one with --neuron, or take them all with --all",
            Self::NotThrough => "networks from ONNX, safetensors and PyTorch files can be composed",
            #[cfg(feature = "training")]
            Self::NoGroups => "leave --road out, or give a table with a column of groups",
            #[cfg(feature = "training")]
            Self::TooManyLatents { .. } => "give a smaller --latents, or --latents auto",
            #[cfg(feature = "training")]
            Self::NoNetwork => "leave --latents out, or add --road network or --road both",
            #[cfg(feature = "training")]
            Self::Siamese(SiameseError::Io { .. }) => {
                "check the path, that you may read and write there, and that there is room"
            }
            #[cfg(feature = "training")]
            Self::Siamese(SiameseError::Diverged { .. }) => {
                "give inputs in units in which they are neither huge nor tiny, and leave outliers out; \
                 the direct road of `discover` trains nothing"
            }
            #[cfg(feature = "training")]
            Self::Siamese(_) => "`symgrad reproduce --quick` shows whether a short training works",
            Self::Search(_) => "`symgrad search --help` says what each setting means",
            Self::Islands(error) => error.hint(),
            Self::NoColumn { .. } => {
                "the file's columns are named in its first line, or by its arrays"
            }
            Self::Superfluous { .. } => "take it out of --require, or give points where it varies",
            Self::Settings { .. } | Self::Template { .. } | Self::Guess { .. } => {
                "docs/search.md shows every setting with an example"
            }
            Self::Names(_) => {
                "name the columns with letters, digits and `_`, such as `x1` or `v_x`"
            }
            Self::Stopped => "`symgrad resume`, or the same call once more, goes on from there",
            Self::NothingFound => "allow more operators with --ops, or a larger --budget",
            Self::UnknownExperiment { .. } => "`symgrad list` shows all experiments",
            Self::Write { .. } => "choose a folder that you may write to with --out",
            Self::InTheWay { .. } => {
                "choose another folder with --out, or move the file away; `symgrad reproduce \
                 --fresh` moves aside what an earlier call has left"
            }
            Self::Locked { .. } => "wait until it has ended, or choose another folder",
            Self::Formula { .. } | Self::Read { .. } | Self::Content { .. } => {
                "delete the run's folder, or choose another with --out, to start afresh"
            }
            Self::Report(_) => "the other files of the run are complete; please report this",
            Self::NoResult { .. } | Self::NoPage { .. } => {
                "name folders that `symgrad search`, `interpret` or `reproduce` have written with --out"
            }
            Self::Unsaved { .. } => "this is a fault of symgrad's: please report it",
            Self::Config { .. } => "choose seeds below 2^63 and finite settings",
        }
    }
}

/// As on a full disk, and where a user has no more.
fn has_no_room(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge))
}

const LAYERS: &str = "`symgrad inspect MODEL` lists layers and neurons";

fn model_hint(error: &ModelError) -> &'static str {
    match error {
        ModelError::File { source, .. } => model_hint(source),
        ModelError::NoSuchLayer { .. }
        | ModelError::NoSuchUnit { .. }
        | ModelError::Unreadable { .. }
        | ModelError::BadUnit { .. } => LAYERS,
        ModelError::Read { .. } => "check the path and that you may read the file",
        ModelError::WrongPoints { .. } => {
            "--inputs a,b,c picks the table's columns that are the inputs, in the network's order"
        }
        ModelError::Set { .. } => {
            "--set NAME=VALUE makes an input of the graph constant, or gives an open size"
        }
        ModelError::NoArchitecture { .. } => {
            "correct what is proposed, save it beside the model as a .toml file of the same name, \
             or give it with --architecture"
        }
        _ => "docs/interpret.md says which files are read, and how to write them",
    }
}

fn file_hint(problem: &FileProblem) -> &'static str {
    match problem {
        FileProblem::NotThere => "check the path; `-` reads the standard input",
        FileProblem::Io { action: "write", .. } => "choose a folder that you may write to",
        FileProblem::Io { .. } => "check the path and that you may read the file",
        FileProblem::UnknownKind
        | FileProblem::NoParquet
        | FileProblem::Archive { .. }
        | FileProblem::Array { .. } => {
            "tables are read from .csv (or .tsv, .txt, .dat), .npz and .parquet files"
        }
        FileProblem::NoGroupInputs { .. }
        | FileProblem::GroupType { .. }
        | FileProblem::TimeType { .. } => GROUPS,
        FileProblem::MissingColumn { .. }
        | FileProblem::MissingGradient { .. }
        | FileProblem::NoInputs { .. }
        | FileProblem::SurplusGradient { .. }
        | FileProblem::TwoRoles { .. }
        | FileProblem::NamedTwice { .. }
        | FileProblem::ColumnCount { .. } => {
            "say which columns are which, as in --points a,b --gradients ga,gb for a search, and --group run \
             --time t --inputs a,b for laws"
        }
        FileProblem::Parquet { .. }
        | FileProblem::ParquetColumn { .. }
        | FileProblem::NoNumbers { .. }
        | FileProblem::ColumnType { .. } => "every column needs a finite number in every row",
        FileProblem::NotANumber { .. } | FileProblem::NotFinite { .. } => {
            "a column that is no input is left out where the inputs are named, with --inputs or, for a \
             search, --points"
        }
        FileProblem::InputCount { .. } => {
            "name the network's inputs, as in --inputs a,b; a column `weight` is none unless named"
        }
        FileProblem::Missing { .. } | FileProblem::AllMissing { .. } => {
            "--skip-missing leaves out rows without a number in a column that is used"
        }
        FileProblem::Comma { .. } => "if commas are between fields, say --separator ,",
        FileProblem::Separator { .. } => "write --separator ';', --separator , or --separator tab",
        FileProblem::Content(error) => data_hint(error),
        _ => {
            "expected a header line of names, then rows of numbers, as in\n  x,v\n  0.5,1.25\n  0.75,-2"
        }
    }
}

const GROUPS: &str = "a row for each moment, with the number of its trajectory in a column, as in\n  \
                      run,time,x,v\n  0,0.0,1,0.2\ndocs/discover.md shows it";

fn data_hint(error: &DataError) -> &'static str {
    match error {
        DataError::NoDirections { .. } => {
            "gradients of zero have no direction; export those of a neuron that is alive"
        }
        DataError::Groups(_) => GROUPS,
        DataError::TangentRank { .. } | DataError::NoTangent => {
            "--tangent takes `auto`, `off` or the number of directions in which the data extend"
        }
        _ => {
            "every point needs finite numbers: its inputs and, where gradients are given, one along each"
        }
    }
}
