//! Pages about results: HTML files that need nothing beside them, on disk or on the network.
//!
//! A page is made of plain data: whatever a user may have named, columns, files, paths, is text in it
//! and escaped here. Formulas come as markup, as `symgrad-expr` prints it.

mod frame;
mod grid;
mod index;
mod plane;
mod plot;
mod result;

pub use grid::{Card, CardGroup, GridPage};
pub use index::{Cell, IndexPage, IndexRow};

/// How sure an answer is, as pages mark it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Badge {
    /// The answer, and nothing else, explains the neuron.
    Identified,
    /// It is constant within groups, or along a motion.
    Law,
    /// Something was found, but the data do not single the answer out.
    Ambiguous,
    /// Any smooth function would have been matched as well.
    NotFound,
    /// The neuron does nothing on the points.
    Dead,
    /// Nothing is said.
    #[default]
    Unknown,
}

impl Badge {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Law => "law",
            Self::Ambiguous => "ambiguous",
            Self::NotFound => "not found",
            Self::Dead => "dead",
            Self::Unknown => "no verdict",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Identified | Self::Law => "badge identified",
            Self::Ambiguous => "badge ambiguous",
            Self::NotFound => "badge not-found",
            Self::Dead | Self::Unknown => "badge",
        }
    }
}

/// One result as a page: [`to_html`](Self::to_html).
///
/// ```
/// use symgrad_report::{Badge, PageEntry, ResultPage};
/// let page = ResultPage {
///     title: "orbit.csv".into(),
///     badge: Badge::Identified,
///     entries: vec![PageEntry {
///         complexity: 3,
///         loss: 1e-7,
///         text: "x + y".into(),
///         math: "<mi>x</mi><mo>+</mo><mi>y</mi>".into(),
///         ..PageEntry::default()
///     }],
///     ..ResultPage::default()
/// };
/// assert!(page.to_html().starts_with("<!DOCTYPE html>"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultPage {
    /// What was read: a file, a neuron.
    pub title: String,
    /// How sure the answer is.
    pub badge: Badge,
    /// The same in a plain sentence.
    pub sentence: String,
    /// What the verdict rests on.
    pub reason: Option<String>,
    /// What else a reader should know of the answer, a sentence each.
    pub remarks: Vec<String>,
    /// What the losses measure: a name.
    pub loss: String,
    /// The same explained.
    pub meaning: String,
    /// Name of the entries' second loss, if they have one.
    pub second: Option<String>,
    /// The front in rising complexity; empty where nothing was searched.
    pub entries: Vec<PageEntry>,
    /// Index of the answer.
    pub answer: usize,
    /// Indices of the entries that are as credible.
    pub alternatives: Vec<usize>,
    /// The command that repeats the run.
    pub command: Option<String>,
    /// What the answer was checked against, where that is known.
    pub truth: Option<PageTruth>,
    /// Losses by step of the training behind the result: names and curves.
    pub training: Vec<(String, Vec<[f64; 2]>)>,
    /// The steps with which stages of the training begin after the first, at which losses change their
    /// meaning, and what the stages are called; the first one's name comes with its step.
    pub stages: Vec<(f64, String)>,
    /// What the data alone tell.
    pub hints: Vec<PageHint>,
    /// The work: names and values.
    pub work: Vec<(String, String)>,
    /// Where the result comes from: names and values.
    pub provenance: Vec<(String, String)>,
    /// The settings, as a file.
    pub configuration: Option<String>,
}

/// An entry of the front on a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageEntry {
    /// Complexity.
    pub complexity: u32,
    /// Loss, at least 0.
    pub loss: f64,
    /// The same by another measure.
    pub second: Option<f64>,
    /// The formula as text.
    pub text: String,
    /// The formula as `MathML`, what stands inside of `<math>`: markup, which is not escaped. Where
    /// it is empty the text is shown.
    pub math: String,
    /// Whether the typeset formula has fewer digits than the others.
    pub rounded: bool,
    /// The formula in other notations.
    pub notations: Vec<Spelt>,
    /// Loss on points that were kept from the search.
    pub held_out: Option<Span95>,
    /// Loss on the outermost points, likewise.
    pub outermost: Option<Span95>,
    /// Bits by which agreement is less probable than there are formulas to try.
    pub bits: Option<f64>,
    /// The neuron, or whatever was fitted, against the formula.
    pub relation: Option<Relation>,
    /// Angles in degrees between the gradients of the formula and the given ones, evenly in rank.
    pub angles: Vec<f64>,
    /// The gradients next to a plane of two inputs, and the formula's level sets in it.
    pub plane: Option<PagePlane>,
}

/// A formula that is known to be right, and how the answer compares with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageTruth {
    /// The formula as text.
    pub text: String,
    /// The formula as `MathML`: markup, which is not escaped.
    pub math: String,
    /// How the answer compares, a sentence each.
    pub sentences: Vec<String>,
}

/// A formula in one notation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelt {
    /// The notation's name.
    pub language: String,
    /// The formula.
    pub text: String,
    /// What its names stand for, where they are not the obvious ones.
    pub note: Option<String>,
}

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span95 {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What was fitted against a formula of the front.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// What was fitted: `neuron 3`, a column.
    pub target: String,
    /// What the curve is: the formula, or a function of it.
    pub fit: String,
    /// Values of the formula and of what was fitted at some of the points.
    pub points: Vec<[f64; 2]>,
    /// The curve from one to the other, in rising order of the first.
    pub curve: Vec<[f64; 2]>,
    /// Numbers about the agreement, in words.
    pub numbers: String,
}

/// Gradients next to a plane of two inputs, and a formula's level sets in the plane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PagePlane {
    /// The names of the two inputs.
    pub names: [String; 2],
    /// What both are measured by, so that directions can be compared: their standard deviations.
    pub spread: [f64; 2],
    /// Values of the two inputs at the nodes of a grid, rising.
    pub nodes: [Vec<f64>; 2],
    /// The formula at the nodes, the first input running fastest; not finite where it has no value.
    pub levels: Vec<f64>,
    /// Values of the two inputs at the points.
    pub places: Vec<[f64; 2]>,
    /// The components of the given gradients at the points, per `spread`, as parts of gradients of
    /// length 1.
    pub given: Vec<[f64; 2]>,
    /// Those of the formula's gradients, of any length.
    pub own: Vec<[f64; 2]>,
    /// Where the plane is, in words; empty where there are no other inputs.
    pub others: String,
}

/// Something that the data alone tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageHint {
    /// What they tell.
    pub text: String,
    /// Whether the answer does not keep to it.
    pub against: bool,
}
