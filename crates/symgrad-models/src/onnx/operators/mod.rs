//! The supported operators.

mod arithmetic;
mod constants;
mod convolution;
mod elementwise;
mod logic;
mod matrix;
mod movement;
mod normalisation;
mod reduction;
mod shape;

use super::call::{Call, Outputs};

type Translate = fn(&mut Call<'_>) -> Outputs;

/// A supported operator.
pub(crate) struct Operator {
    pub(crate) name: &'static str,
    /// The version in which it appeared.
    pub(crate) since: i64,
    pub(crate) translate: Translate,
    pub(crate) kind: Kind,
}

/// How an operator deals with inputs that are not computed for each point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It takes them as they are.
    Any,
    /// It computes with numbers: constants are put through its steps once.
    Numbers,
}

const fn any(name: &'static str, since: i64, translate: Translate) -> Operator {
    Operator { name, since, translate, kind: Kind::Any }
}

const fn numbers(name: &'static str, since: i64, translate: Translate) -> Operator {
    Operator { name, since, translate, kind: Kind::Numbers }
}

/// Operators of the ONNX domain, by name.
pub(crate) const OPERATORS: [Operator; 85] = [
    numbers("Abs", 6, elementwise::elementwise),
    numbers("Add", 7, arithmetic::binary),
    numbers("And", 7, logic::combination),
    numbers("Atan", 7, elementwise::elementwise),
    numbers("AveragePool", 7, convolution::pool),
    numbers("BatchNormalization", 7, normalisation::batch),
    any("Cast", 6, elementwise::cast),
    any("CastLike", 15, elementwise::cast),
    numbers("Celu", 12, elementwise::elementwise),
    numbers("Clip", 6, elementwise::elementwise),
    any("Concat", 4, movement::concat),
    any("Constant", 1, constants::constant),
    any("ConstantOfShape", 9, shape::constant_of_shape),
    numbers("Conv", 1, convolution::conv),
    numbers("Cos", 7, elementwise::elementwise),
    numbers("Cosh", 9, elementwise::elementwise),
    numbers("Div", 7, arithmetic::binary),
    any("Dropout", 7, elementwise::identity),
    numbers("Elu", 6, elementwise::elementwise),
    numbers("Equal", 7, logic::comparison),
    numbers("Erf", 9, elementwise::elementwise),
    numbers("Exp", 6, elementwise::elementwise),
    any("Expand", 8, movement::expand),
    any("Flatten", 1, shape::flatten),
    any("Gather", 1, movement::gather),
    numbers("Gelu", 20, elementwise::elementwise),
    numbers("Gemm", 7, matrix::gemm),
    numbers("GlobalAveragePool", 1, reduction::over_area),
    numbers("GlobalMaxPool", 1, reduction::over_area),
    numbers("Greater", 7, logic::comparison),
    numbers("GreaterOrEqual", 12, logic::comparison),
    numbers("HardSigmoid", 6, elementwise::elementwise),
    numbers("HardSwish", 14, elementwise::elementwise),
    any("Identity", 1, elementwise::identity),
    numbers("InstanceNormalization", 6, normalisation::instance),
    numbers("LayerNormalization", 17, normalisation::layer),
    numbers("LeakyRelu", 6, elementwise::elementwise),
    numbers("Less", 7, logic::comparison),
    numbers("LessOrEqual", 12, logic::comparison),
    numbers("Log", 6, elementwise::elementwise),
    numbers("LogSoftmax", 1, reduction::softmax),
    numbers("MatMul", 1, matrix::matmul),
    numbers("Max", 8, arithmetic::variadic),
    numbers("MaxPool", 1, convolution::pool),
    numbers("Mean", 8, arithmetic::variadic),
    numbers("Min", 8, arithmetic::variadic),
    numbers("Mish", 18, elementwise::elementwise),
    numbers("Mul", 7, arithmetic::binary),
    numbers("Neg", 6, elementwise::elementwise),
    numbers("Not", 1, logic::combination),
    numbers("Or", 7, logic::combination),
    numbers("PRelu", 7, arithmetic::binary),
    numbers("Pad", 2, movement::pad),
    numbers("Pow", 7, arithmetic::binary),
    any("Range", 11, constants::range),
    numbers("Reciprocal", 6, elementwise::elementwise),
    numbers("ReduceL2", 1, reduction::reduce),
    numbers("ReduceMax", 1, reduction::reduce),
    numbers("ReduceMean", 1, reduction::reduce),
    numbers("ReduceMin", 1, reduction::reduce),
    numbers("ReduceSum", 1, reduction::reduce),
    numbers("ReduceSumSquare", 1, reduction::reduce),
    numbers("Relu", 6, elementwise::elementwise),
    any("Reshape", 5, shape::reshape),
    numbers("Selu", 6, elementwise::elementwise),
    any("Shape", 1, shape::shape),
    numbers("Sigmoid", 6, elementwise::elementwise),
    numbers("Sin", 7, elementwise::elementwise),
    numbers("Sinh", 9, elementwise::elementwise),
    any("Slice", 1, movement::slice),
    numbers("Softmax", 1, reduction::softmax),
    numbers("Softplus", 1, elementwise::elementwise),
    numbers("Softsign", 1, elementwise::elementwise),
    any("Split", 2, movement::split),
    numbers("Sqrt", 6, elementwise::elementwise),
    any("Squeeze", 1, shape::squeeze),
    numbers("Sub", 7, arithmetic::binary),
    numbers("Sum", 8, arithmetic::variadic),
    numbers("Swish", 24, elementwise::elementwise),
    numbers("Tan", 7, elementwise::elementwise),
    numbers("Tanh", 6, elementwise::elementwise),
    numbers("ThresholdedRelu", 10, elementwise::elementwise),
    any("Transpose", 1, movement::transpose),
    any("Unsqueeze", 1, shape::unsqueeze),
    numbers("Where", 9, logic::choice),
];

/// Operators of `ai.onnx.ml`, in which scikit-learn's models are written.
pub(crate) const LEARNING: [Operator; 2] =
    [numbers("Scaler", 1, arithmetic::scaler), any("ZipMap", 1, elementwise::identity)];

/// Operators whose results have no gradients, such as the label of a classifier: passed over.
pub(crate) const DISCRETE: [&str; 6] =
    ["ArgMax", "ArgMin", "ArrayFeatureExtractor", "Binarizer", "LabelEncoder", "TopK"];

/// Operators that are passed over behind these.
pub(crate) const AFTER_DISCRETE: [&str; 7] =
    ["Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze", "ZipMap"];

/// Arithmetic of integers, while the model is read.
pub(crate) fn integers(call: &mut Call<'_>) -> Outputs {
    constants::arithmetic(call)
}
