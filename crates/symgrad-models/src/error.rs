//! What can be wrong with a model, or with what is asked of it.

use std::path::PathBuf;

use crate::Unit;

/// A model that cannot be used, or a question that it cannot answer, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file that could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that does not hold a usable model.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<ModelError>,
    },
    /// A file of no known kind.
    #[error(
        "neither an ONNX, a safetensors nor a PyTorch file by its content or name (.onnx, \
         .safetensors, .pt, .pth, .ckpt, .bin)"
    )]
    UnknownKind,
    /// Bytes that do not follow the format.
    #[error("not a valid {format} file: {problem}; it may be truncated, write it again")]
    Malformed {
        /// The format.
        format: &'static str,
        /// What does not fit.
        problem: String,
    },
    /// A part of a format that is not read.
    #[error("{what}; {hint}")]
    NotRead {
        /// What the file holds.
        what: String,
        /// The way out.
        hint: &'static str,
    },
    /// An operator that is not known.
    #[error(
        "node `{node}`: operator {operator} is not supported; export the model without it, or \
         save gradients at points as a table (docs/gradients.md)"
    )]
    UnsupportedOperator {
        /// The node's name.
        node: String,
        /// Its operator, with the domain if it is not ONNX's own.
        operator: String,
    },
    /// Several nodes whose operators are not known.
    #[error(
        "not supported are the operators {operators}; export the model without them, or save \
         gradients at points as a table (docs/gradients.md)"
    )]
    UnsupportedOperators {
        /// The operators, with how often each occurs.
        operators: String,
    },
    /// A known operator, used in a way that is not.
    #[error("node `{node}` ({operator}): {what} is not supported")]
    Unsupported {
        /// The node's name.
        node: String,
        /// Its operator.
        operator: String,
        /// The attribute or input, with its value.
        what: String,
    },
    /// A node whose inputs or attributes do not fit one another.
    #[error("node `{node}` ({operator}): {problem}")]
    Node {
        /// The node's name.
        node: String,
        /// Its operator.
        operator: String,
        /// What does not fit.
        problem: String,
    },
    /// An operator that lets points influence one another.
    #[error(
        "node `{node}` ({operator}) {what}, so that a point's value might depend on other points; \
         export the model with a batch of 1, and it is computed point by point"
    )]
    MixesPoints {
        /// The node's name.
        node: String,
        /// Its operator.
        operator: String,
        /// What it does to the batch axis.
        what: String,
    },
    /// A tensor that nothing provides.
    #[error("tensor `{tensor}`, needed by {needed_by}, is neither stored nor computed before it")]
    MissingTensor {
        /// The tensor's name.
        tensor: String,
        /// What needs it.
        needed_by: String,
    },
    /// A graph that goes in a circle, or whose nodes are not in order.
    #[error(
        "node `{node}` needs tensor `{tensor}`, which is computed only after it: the graph has a \
         cycle or is not sorted"
    )]
    Order {
        /// The node's name.
        node: String,
        /// The tensor.
        tensor: String,
    },
    /// Two tensors of one name.
    #[error("tensor `{tensor}` is defined twice; a name stands for one tensor")]
    DuplicateTensor {
        /// The name.
        tensor: String,
    },
    /// A stored tensor that cannot be used.
    #[error("tensor `{tensor}`: {problem}")]
    Tensor {
        /// The tensor's name.
        tensor: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An input whose shape leaves open what a point is.
    #[error("input `{input}`: {problem}")]
    Input {
        /// The input's name.
        input: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A setting that the model has no place for.
    #[error("cannot set `{name}`: {problem}")]
    Set {
        /// The name.
        name: String,
        /// What does not fit.
        problem: String,
    },
    /// Text that does not set anything.
    #[error("{text:?} sets nothing; write NAME=NUMBER, a list NAME=1,2,3, NAME=zeros or NAME=ones")]
    BadSetting {
        /// The text.
        text: String,
    },
    /// A network with more numbers than memory is granted for.
    #[error(
        "the network needs more than {limit} numbers for a single point; choose a smaller part \
         of it when exporting"
    )]
    TooLarge {
        /// The largest count.
        limit: usize,
    },
    /// A network without anything to interpret.
    #[error("no tensor of the network depends on its inputs and has continuous values")]
    NothingComputed,
    /// Weights without an architecture.
    #[error(
        "the file holds weights, and not what is computed with them:\n\n{tensors}\na TOML file \
         beside it says that, such as\n\n{proposal}"
    )]
    NoArchitecture {
        /// The tensors with their shapes, one on a line.
        tensors: String,
        /// An architecture that fits them, as far as names and shapes tell.
        proposal: String,
    },
    /// An architecture that does not describe the stored tensors.
    #[error("architecture: {problem}")]
    Architecture {
        /// What does not fit.
        problem: String,
    },
    /// A tensor of the network that is not computed.
    #[error("`{tensor}` cannot be read: {why}; {readable}")]
    Unreadable {
        /// The tensor's name.
        tensor: String,
        /// Why it is not.
        why: String,
        /// Tensors that can be read instead.
        readable: String,
    },
    /// A layer that the network does not have.
    #[error("the network has no layer `{layer}`; {near}")]
    NoSuchLayer {
        /// The name asked for.
        layer: String,
        /// Names that are like it.
        near: String,
    },
    /// A neuron that a layer does not have.
    #[error("layer `{layer}` has no {unit}: its {neurons} neurons count from 0")]
    NoSuchUnit {
        /// The unit asked for.
        unit: Unit,
        /// The layer.
        layer: String,
        /// The layer's neurons.
        neurons: usize,
    },
    /// Text that does not name a unit.
    #[error("{text:?} names no neuron; write an index such as `3`, or `3-7` for a difference")]
    BadUnit {
        /// The text.
        text: String,
    },
    /// Points that do not fit the network.
    #[error(
        "the network takes {inputs} numbers for each point, and the number of columns is \
         {columns}: {names}; columns are taken for the network's inputs in their order, whatever \
         their names"
    )]
    WrongPoints {
        /// Inputs of the network.
        inputs: usize,
        /// Columns of the table.
        columns: usize,
        /// Their names.
        names: String,
    },
    /// A generator that does not fit the network behind it.
    #[error(
        "the generator's output `{output}` has {outputs} numbers for each point, and the network \
         takes {inputs}"
    )]
    DoNotFit {
        /// The generator's output.
        output: String,
        /// Its numbers.
        outputs: usize,
        /// The network's inputs.
        inputs: usize,
    },
}

impl ModelError {
    /// Whether the model is right, and only a part of it is not computed.
    pub(crate) fn is_unread(&self) -> bool {
        matches!(
            self,
            Self::UnsupportedOperator { .. } | Self::Unsupported { .. } | Self::MixesPoints { .. }
        )
    }

    pub(crate) fn malformed(format: &'static str, problem: &dyn ToString) -> Self {
        Self::Malformed { format, problem: problem.to_string() }
    }

    pub(crate) fn tensor(tensor: &str, problem: impl Into<String>) -> Self {
        Self::Tensor { tensor: tensor.into(), problem: problem.into() }
    }
}
