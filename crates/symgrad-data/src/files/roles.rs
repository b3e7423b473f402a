//! Which columns of a table are what.

use super::sheet::Sheet;
use crate::FileProblem;
use serde::{Deserialize, Serialize};

/// The column of weights, if it is not an input.
pub(super) const WEIGHT: &str = "weight";

/// Names of columns that number the rows, where they hold whole numbers that are all different.
const LABELS: [&str; 9] =
    ["id", "idx", "index", "row", "sample", "no", "nr", "number", "unnamed_0"];

/// Which columns of a file hold the inputs and which the gradients.
///
/// Columns are meant by their names in the file, by the short names that formulas use, or by their
/// positions counted from 1. By default the names tell: an input `NAME` has its gradient in
/// `g_NAME` (for several neurons: `g1_NAME`, `g2_NAME`, …) or, counting the inputs, in `g1`, `g2`, ….
/// A column `weight` holds the points' weights. Columns of text, without a name, or that number
/// the rows (`id`) are no inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldColumns {
    /// The d input columns; by default all that are nothing else.
    pub points: Option<Vec<String>>,
    /// The d gradient columns in the order of the inputs, K·d for K neurons, one neuron after
    /// the other.
    pub gradients: Option<Vec<String>>,
}

/// What each column of a sheet is for, by index.
pub(super) struct Roles {
    pub(super) points: Vec<usize>,
    pub(super) neurons: Vec<Vec<usize>>,
    pub(super) values: Option<usize>,
    pub(super) weight: Option<usize>,
    /// Columns that are not used, and why.
    pub(super) unused: Vec<(usize, &'static str)>,
}

impl Roles {
    /// Points and gradients.
    pub(super) fn of_field(sheet: &Sheet, columns: &FieldColumns) -> Result<Self, FileProblem> {
        only_column(sheet)?;
        let known = Known { sheet, target: None };
        let find = |list: &Vec<String>| all_of(list, sheet);
        let gradients = columns.gradients.as_ref().map(find).transpose()?;
        let given = columns.points.as_ref().map(find).transpose()?;
        if let (Some(points), Some(gradients)) = (&given, &gradients) {
            known.refuse_shared(points, gradients, "a gradient")?;
        }
        let points = given.clone().unwrap_or_else(|| match &gradients {
            Some(list) => known.inputs(|index| list.contains(&index)),
            None => known.inputs(|index| known.looks_like_gradient(index)),
        });
        if points.is_empty() {
            return Err(FileProblem::NoInputs { known: sheet.known() });
        }
        let neurons = match gradients {
            Some(list) => known.split(&list, &points, given.is_some())?,
            None => known.gradients_of(&points)?,
        };
        let used: Vec<usize> = points.iter().chain(neurons.iter().flatten()).copied().collect();
        let weight = known.weight().filter(|index| !used.contains(index));
        if given.is_none() {
            known.refuse_surplus(&points, &neurons, weight)?;
        }
        Ok(Self { unused: known.unused(&used, weight), points, neurons, values: None, weight })
    }

    /// Points and the values of a column.
    pub(super) fn of_values(
        sheet: &Sheet,
        target: &str,
        points: Option<&[String]>,
    ) -> Result<Self, FileProblem> {
        only_column(sheet)?;
        let values = sheet.find(target)?;
        let known = Known { sheet, target: Some(values) };
        let given = points.map(|list| all_of(list, sheet)).transpose()?;
        if let Some(points) = &given {
            known.refuse_shared(points, &[values], "the values to be matched")?;
        }
        let points = given.unwrap_or_else(|| {
            let pairs = known.inputs(|index| index == values || known.is_paired(index));
            let (counted, rest): (Vec<usize>, Vec<usize>) =
                pairs.iter().partition(|&&index| known.number(index).is_some());
            // As many as there are other inputs: gradients in these.
            let numbers =
                (1..=rest.len()).all(|k| counted.iter().any(|&i| known.number(i) == Some(k)));
            if !rest.is_empty() && counted.len() == rest.len() && numbers { rest } else { pairs }
        });
        if points.is_empty() {
            return Err(FileProblem::NoInputs { known: sheet.known() });
        }
        let mut used = points.clone();
        used.push(values);
        let weight = known.weight().filter(|index| !used.contains(index));
        let unused = known.unused(&used, weight);
        Ok(Self { points, neurons: Vec::new(), values: Some(values), weight, unused })
    }

    /// Points of a network with that many inputs.
    pub(super) fn of_points(
        sheet: &Sheet,
        given: Option<&[String]>,
        inputs: usize,
    ) -> Result<Self, FileProblem> {
        let known = Known { sheet, target: None };
        let points = match given {
            Some(list) => all_of(list, sheet)?,
            None => known.inputs(|index| known.is_paired(index)),
        };
        if points.len() != inputs {
            let label = |&index: &usize| sheet.label(index);
            let found = points.iter().map(label).collect::<Vec<_>>().join(", ");
            return Err(FileProblem::InputCount { found: points.len(), names: found, inputs });
        }
        let weight = known.weight().filter(|index| !points.contains(index));
        let unused = known.unused(&points, weight);
        Ok(Self { points, neurons: Vec::new(), values: None, weight, unused })
    }

    /// All columns with a role: inputs, gradients, values, weights.
    pub(super) fn chosen(&self) -> Vec<usize> {
        let points = self.points.iter().chain(self.neurons.iter().flatten());
        points.copied().chain(self.values).chain(self.weight).collect()
    }
}

fn only_column(sheet: &Sheet) -> Result<(), FileProblem> {
    match sheet.len() {
        1 => Err(FileProblem::OneColumn { column: sheet.label(0) }),
        _ => Ok(()),
    }
}

pub(super) fn all_of(list: &[String], sheet: &Sheet) -> Result<Vec<usize>, FileProblem> {
    let found: Vec<usize> = list.iter().map(|name| sheet.find(name)).collect::<Result<_, _>>()?;
    match (1..found.len()).find(|&at| found[..at].contains(&found[at])) {
        Some(at) => Err(FileProblem::NamedTwice { name: list[at].clone() }),
        None => Ok(found),
    }
}

/// What names and numbers tell of the columns.
struct Known<'a> {
    sheet: &'a Sheet,
    target: Option<usize>,
}

impl Known<'_> {
    fn position(&self, name: &str) -> Option<usize> {
        self.sheet.names().iter().position(|known| known.as_deref() == Some(name))
    }

    fn name(&self, index: usize) -> &str {
        self.sheet.names()[index].as_deref().unwrap_or_default()
    }

    /// The columns that are inputs unless something else is said of them.
    fn inputs(&self, is_other: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.sheet.len())
            .filter(|&index| !is_other(index) && self.no_input(index).is_none())
            .collect()
    }

    /// Why a column is no input, whatever its gradients.
    fn no_input(&self, index: usize) -> Option<&'static str> {
        let name = self.name(index);
        if !name.is_empty() && !self.gradients_named(name).is_empty() {
            return None;
        }
        let column = self.sheet.column(index);
        if name.is_empty() {
            Some("no name")
        } else if name == WEIGHT {
            Some("weights")
        } else if !column.has_numbers() {
            Some("no numbers")
        } else if is_label(name, &column.values) {
            Some("numbers the rows")
        } else {
            None
        }
    }

    /// The column of weights, unless it has a gradient, and so is an input.
    fn weight(&self) -> Option<usize> {
        self.position(WEIGHT).filter(|_| self.gradients_named(WEIGHT).is_empty())
    }

    /// Whether a column is the `g_NAME` or `gK_NAME` of another one, or a `gI` that itself has no
    /// gradient.
    fn looks_like_gradient(&self, index: usize) -> bool {
        self.is_paired(index) || self.number(index).is_some()
    }

    /// Whether a column is the `g_NAME` or `gK_NAME` of another one.
    fn is_paired(&self, index: usize) -> bool {
        let Some(rest) = self.name(index).strip_prefix('g') else { return false };
        let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        tail.strip_prefix('_').is_some_and(|input| self.position(input).is_some())
    }

    /// The number I of a column `gI`, if that has no gradient itself.
    fn number(&self, index: usize) -> Option<usize> {
        let name = self.name(index);
        let number = name.strip_prefix('g')?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| plain)?;
        self.gradients_named(name).is_empty().then_some(number)
    }

    /// The columns `g_NAME`, or `g1_NAME`, `g2_NAME`, …: one for each neuron.
    fn gradients_named(&self, input: &str) -> Vec<usize> {
        if let Some(index) = self.position(&format!("g_{input}")) {
            return vec![index];
        }
        (1..).map_while(|k: usize| self.position(&format!("g{k}_{input}"))).collect()
    }

    /// The gradient columns of the inputs, neuron by neuron, found by their names.
    fn gradients_of(&self, points: &[usize]) -> Result<Vec<Vec<usize>>, FileProblem> {
        let named: Vec<Vec<usize>> =
            points.iter().map(|&index| self.gradients_named(self.name(index))).collect();
        let neurons = named.iter().map(Vec::len).max().unwrap_or(0);
        if neurons == 0 {
            let counted = |index| {
                let found = self.position(&format!("g{}", index + 1));
                found
                    .filter(|found| !points.contains(found))
                    .ok_or_else(|| self.missing(points, index))
            };
            let counted: Vec<usize> = (0..points.len()).map(counted).collect::<Result<_, _>>()?;
            let more = (0..self.sheet.len()).find(|index| {
                self.number(*index).is_some() && !counted.contains(index) && !points.contains(index)
            });
            return match more {
                Some(more) => Err(self.surplus(more, points, &[counted], self.weight())),
                None => Ok(vec![counted]),
            };
        }
        if let Some(index) = named.iter().position(|columns| columns.len() < neurons) {
            return Err(self.missing(points, index));
        }
        Ok((0..neurons).map(|k| named.iter().map(|columns| columns[k]).collect()).collect())
    }

    /// Cuts a list of columns into one piece per neuron.
    fn split(
        &self,
        gradients: &[usize],
        points: &[usize],
        given: bool,
    ) -> Result<Vec<Vec<usize>>, FileProblem> {
        let neurons = gradients.len() / points.len();
        let fits = neurons > 0 && gradients.len().is_multiple_of(points.len());
        // Several neurons of as many inputs say nothing; more likely an input was not seen.
        if !fits || (!given && neurons > 1 && neurons >= points.len()) {
            return Err(FileProblem::ColumnCount {
                points: points.len(),
                gradients: gradients.len(),
                inputs: self.list(points),
            });
        }
        Ok(gradients.chunks(points.len()).map(<[usize]>::to_vec).collect())
    }

    fn refuse_shared(
        &self,
        points: &[usize],
        others: &[usize],
        role: &'static str,
    ) -> Result<(), FileProblem> {
        match points.iter().find(|index| others.contains(index)) {
            Some(&index) => Err(FileProblem::TwoRoles { column: self.sheet.label(index), role }),
            None => Ok(()),
        }
    }

    /// Refuses gradients that belong to no input.
    fn refuse_surplus(
        &self,
        points: &[usize],
        neurons: &[Vec<usize>],
        weight: Option<usize>,
    ) -> Result<(), FileProblem> {
        let used =
            |index: &usize| points.contains(index) || neurons.iter().flatten().any(|i| i == index);
        let surplus = (0..self.sheet.len()).find(|index| {
            !used(index) && Some(*index) != weight && self.looks_like_gradient(*index)
        });
        surplus.map_or(Ok(()), |index| Err(self.surplus(index, points, neurons, weight)))
    }

    fn surplus(
        &self,
        index: usize,
        points: &[usize],
        neurons: &[Vec<usize>],
        weight: Option<usize>,
    ) -> FileProblem {
        let gradients: Vec<usize> = neurons.iter().flatten().copied().collect();
        let weights = weight
            .map_or_else(String::new, |weight| format!("; weights {}", self.sheet.label(weight)));
        let (inputs, gradients) = (self.list(points), self.list(&gradients));
        let matched = format!("inputs {inputs}; gradients {gradients}{weights}");
        FileProblem::SurplusGradient { column: self.sheet.label(index), matched }
    }

    fn missing(&self, points: &[usize], index: usize) -> FileProblem {
        FileProblem::MissingGradient {
            input: self.name(points[index]).to_owned(),
            index: index + 1,
            inputs: self.list(points),
            known: self.sheet.known(),
        }
    }

    fn list(&self, columns: &[usize]) -> String {
        columns.iter().map(|&index| self.sheet.label(index)).collect::<Vec<_>>().join(", ")
    }

    /// The columns without a role, and why.
    fn unused(&self, used: &[usize], weight: Option<usize>) -> Vec<(usize, &'static str)> {
        let rest = (0..self.sheet.len()).filter(|index| {
            !used.contains(index) && Some(*index) != weight && Some(*index) != self.target
        });
        let reason = |index: usize| match self.no_input(index) {
            Some(reason) => reason,
            None if self.looks_like_gradient(index) => "gradients",
            None => "not asked for",
        };
        rest.map(|index| (index, reason(index))).collect()
    }
}

/// Whether a column only numbers the rows.
pub(super) fn is_label(name: &str, values: &[f64]) -> bool {
    let name = name.to_lowercase();
    if !(LABELS.contains(&name.as_str())
        || name.ends_with("_id")
        || name.starts_with("__index_level_"))
    {
        return false;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.iter().all(|x| x.fract() == 0.0) && sorted.windows(2).all(|pair| pair[0] < pair[1])
}
