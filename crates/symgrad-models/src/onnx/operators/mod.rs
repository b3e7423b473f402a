//! The supported operators.

pub(crate) mod arithmetic;
mod attention;
mod constants;
mod convolution;
mod einsum;
mod elementwise;
mod indexing;
mod learning;
mod logic;
mod loss;
pub(crate) mod matrix;
pub(crate) mod movement;
mod normalisation;
mod pooling;
mod rearrange;
mod recurrent;
mod reduction;
mod resize;
mod shape;
mod sliding;
mod transform;

use super::call::{Call, Outputs};

pub(crate) type Translate = fn(&mut Call<'_>) -> Outputs;

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
    /// It runs graphs of its own.
    Graphs,
}

const fn any(name: &'static str, since: i64, translate: Translate) -> Operator {
    Operator { name, since, translate, kind: Kind::Any }
}

const fn graphs(name: &'static str, since: i64) -> Operator {
    Operator { name, since, translate: elementwise::identity, kind: Kind::Graphs }
}

const fn numbers(name: &'static str, since: i64, translate: Translate) -> Operator {
    Operator { name, since, translate, kind: Kind::Numbers }
}

/// Operators of the ONNX domain, by name.
pub(crate) const OPERATORS: [Operator; 153] = [
    numbers("Abs", 6, elementwise::elementwise),
    numbers("Acos", 7, elementwise::elementwise),
    numbers("Acosh", 9, elementwise::elementwise),
    numbers("Add", 7, arithmetic::binary),
    numbers("AffineGrid", 20, transform::affine_grid),
    numbers("And", 7, logic::combination),
    numbers("ArgMax", 1, reduction::place),
    numbers("ArgMin", 1, reduction::place),
    numbers("Asin", 7, elementwise::elementwise),
    numbers("Asinh", 9, elementwise::elementwise),
    numbers("Atan", 7, elementwise::elementwise),
    numbers("Atanh", 9, elementwise::elementwise),
    numbers("Attention", 23, attention::attention),
    numbers("AveragePool", 7, pooling::pool),
    numbers("BatchNormalization", 7, normalisation::batch),
    any("Cast", 6, elementwise::cast),
    any("CastLike", 15, elementwise::cast),
    numbers("Ceil", 6, elementwise::elementwise),
    numbers("Celu", 12, elementwise::elementwise),
    numbers("CenterCropPad", 18, rearrange::centre),
    numbers("Clip", 6, elementwise::elementwise),
    numbers("Col2Im", 18, pooling::columns_to_image),
    any("Compress", 9, indexing::compress),
    any("Concat", 4, movement::concat),
    any("Constant", 1, constants::constant),
    any("ConstantOfShape", 9, shape::constant_of_shape),
    numbers("Conv", 1, convolution::conv),
    numbers("ConvTranspose", 1, convolution::transposed),
    numbers("Cos", 7, elementwise::elementwise),
    numbers("Cosh", 9, elementwise::elementwise),
    numbers("CumProd", 26, rearrange::cumulative),
    numbers("CumSum", 11, rearrange::cumulative),
    numbers("DFT", 17, transform::fourier),
    numbers("DepthToSpace", 1, rearrange::blocks),
    numbers("DequantizeLinear", 10, loss::dequantize),
    numbers("Det", 11, matrix::determinant),
    numbers("Div", 7, arithmetic::binary),
    any("Dropout", 7, elementwise::identity),
    numbers("Einsum", 12, einsum::einsum),
    numbers("Elu", 6, elementwise::elementwise),
    numbers("Equal", 7, logic::comparison),
    numbers("Erf", 9, elementwise::elementwise),
    numbers("Exp", 6, elementwise::elementwise),
    any("Expand", 8, movement::expand),
    any("Flatten", 1, shape::flatten),
    numbers("Floor", 6, elementwise::elementwise),
    numbers("GRU", 7, recurrent::recurrent),
    any("Gather", 1, indexing::gather),
    any("GatherElements", 11, indexing::elements),
    any("GatherND", 11, indexing::tuples),
    numbers("Gelu", 20, elementwise::elementwise),
    numbers("Gemm", 7, matrix::gemm),
    numbers("GlobalAveragePool", 1, reduction::over_area),
    numbers("GlobalLpPool", 2, reduction::over_area),
    numbers("GlobalMaxPool", 1, reduction::over_area),
    numbers("Greater", 7, logic::comparison),
    numbers("GreaterOrEqual", 12, logic::comparison),
    numbers("GroupNormalization", 18, normalisation::group),
    numbers("HardSigmoid", 6, elementwise::elementwise),
    numbers("HardSwish", 14, elementwise::elementwise),
    numbers("Hardmax", 1, reduction::hardmax),
    any("Identity", 1, elementwise::identity),
    graphs("If", 1),
    numbers("InstanceNormalization", 6, normalisation::instance),
    numbers("IsInf", 10, elementwise::elementwise),
    numbers("IsNaN", 9, elementwise::elementwise),
    numbers("LRN", 1, normalisation::neighbours),
    numbers("LSTM", 7, recurrent::recurrent),
    numbers("LayerNormalization", 17, normalisation::layer),
    numbers("LeakyRelu", 6, elementwise::elementwise),
    numbers("Less", 7, logic::comparison),
    numbers("LessOrEqual", 12, logic::comparison),
    numbers("Log", 6, elementwise::elementwise),
    numbers("LogSoftmax", 1, reduction::softmax),
    graphs("Loop", 1),
    numbers("LpNormalization", 1, normalisation::by_length),
    numbers("LpPool", 2, pooling::pool),
    numbers("MatMul", 1, matrix::matmul),
    numbers("Max", 8, arithmetic::variadic),
    numbers("MaxPool", 1, pooling::pool),
    numbers("MaxUnpool", 9, indexing::unpool),
    numbers("Mean", 8, arithmetic::variadic),
    numbers("MeanVarianceNormalization", 9, normalisation::mean_variance),
    numbers("Min", 8, arithmetic::variadic),
    numbers("Mish", 18, elementwise::elementwise),
    numbers("Mod", 10, arithmetic::binary),
    numbers("Mul", 7, arithmetic::binary),
    numbers("Neg", 6, elementwise::elementwise),
    numbers("NegativeLogLikelihoodLoss", 12, loss::of_classes),
    any("NonZero", 9, constants::places),
    numbers("Not", 1, logic::combination),
    numbers("OneHot", 9, indexing::one_hot),
    numbers("Or", 7, logic::combination),
    numbers("PRelu", 7, arithmetic::binary),
    numbers("Pad", 2, rearrange::pad),
    numbers("Pow", 7, arithmetic::binary),
    numbers("RMSNormalization", 23, normalisation::root_mean_square),
    numbers("RNN", 7, recurrent::recurrent),
    any("Range", 11, constants::range),
    numbers("Reciprocal", 6, elementwise::elementwise),
    numbers("ReduceL1", 1, reduction::reduce),
    numbers("ReduceL2", 1, reduction::reduce),
    numbers("ReduceLogSum", 1, reduction::reduce),
    numbers("ReduceLogSumExp", 1, reduction::reduce),
    numbers("ReduceMax", 1, reduction::reduce),
    numbers("ReduceMean", 1, reduction::reduce),
    numbers("ReduceMin", 1, reduction::reduce),
    numbers("ReduceProd", 1, reduction::reduce),
    numbers("ReduceSum", 1, reduction::reduce),
    numbers("ReduceSumSquare", 1, reduction::reduce),
    numbers("Relu", 6, elementwise::elementwise),
    any("Reshape", 5, shape::reshape),
    numbers("Resize", 10, resize::resize),
    numbers("ReverseSequence", 10, rearrange::reverse),
    numbers("RotaryEmbedding", 23, attention::rotary),
    numbers("Round", 11, elementwise::elementwise),
    graphs("Scan", 9),
    numbers("Scatter", 9, indexing::scatter_elements),
    numbers("ScatterElements", 11, indexing::scatter_elements),
    numbers("ScatterND", 11, indexing::scatter_tuples),
    numbers("Selu", 6, elementwise::elementwise),
    any("Shape", 1, shape::shape),
    numbers("Shrink", 9, elementwise::elementwise),
    numbers("Sigmoid", 6, elementwise::elementwise),
    numbers("Sign", 9, elementwise::elementwise),
    numbers("Sin", 7, elementwise::elementwise),
    numbers("Sinh", 9, elementwise::elementwise),
    any("Size", 1, constants::size),
    any("Slice", 1, movement::slice),
    numbers("Softmax", 1, reduction::softmax),
    numbers("SoftmaxCrossEntropyLoss", 12, loss::of_classes),
    numbers("Softplus", 1, elementwise::elementwise),
    numbers("Softsign", 1, elementwise::elementwise),
    numbers("SpaceToDepth", 1, rearrange::blocks),
    any("Split", 2, movement::split),
    numbers("Sqrt", 6, elementwise::elementwise),
    any("Squeeze", 1, shape::squeeze),
    numbers("Sub", 7, arithmetic::binary),
    numbers("Sum", 8, arithmetic::variadic),
    numbers("SwiGLU", 28, attention::gated),
    numbers("Swish", 24, elementwise::elementwise),
    numbers("Tan", 7, elementwise::elementwise),
    numbers("Tanh", 6, elementwise::elementwise),
    numbers("TensorScatter", 24, indexing::into_cache),
    numbers("ThresholdedRelu", 10, elementwise::elementwise),
    any("Tile", 6, rearrange::tile),
    numbers("TopK", 1, reduction::top),
    any("Transpose", 1, movement::transpose),
    numbers("Trilu", 14, rearrange::triangle),
    any("Unsqueeze", 1, shape::unsqueeze),
    numbers("Upsample", 9, resize::resize),
    numbers("Where", 9, logic::choice),
    numbers("Xor", 7, logic::combination),
];

/// Operators of `ai.onnx.ml`, in which scikit-learn's models are written.
pub(crate) const LEARNING: [Operator; 11] = [
    any("ArrayFeatureExtractor", 1, indexing::columns),
    numbers("Binarizer", 1, learning::binarizer),
    numbers("FeatureVectorizer", 1, learning::vectorizer),
    numbers("Imputer", 1, learning::imputer),
    numbers("LinearClassifier", 1, learning::linear_classifier),
    numbers("LinearRegressor", 1, learning::linear_regressor),
    numbers("Normalizer", 1, learning::normalizer),
    numbers("SVMClassifier", 1, learning::vector_classifier),
    numbers("SVMRegressor", 1, learning::vector_regressor),
    numbers("Scaler", 1, learning::scaler),
    any("ZipMap", 1, elementwise::identity),
];

/// Operators of `ai.onnx.ml` whose results are labels or staircases: passed over.
pub(crate) const LABELS: [&str; 7] = [
    "CategoryMapper",
    "LabelEncoder",
    "TreeEnsemble",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
    "DictVectorizer",
    "CastMap",
];

/// Operators whose results are labels if their inputs are.
pub(crate) const LABELLED: [&str; 8] = [
    "ArrayFeatureExtractor",
    "Cast",
    "Flatten",
    "Identity",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "ZipMap",
];

/// How an operator computes integers exactly, while the model is read, if it can.
pub(crate) fn exact(operator: &str) -> Option<Translate> {
    match operator {
        "Where" => Some(constants::choice),
        operator if constants::is_exact(operator) => Some(constants::arithmetic),
        _ => None,
    }
}
