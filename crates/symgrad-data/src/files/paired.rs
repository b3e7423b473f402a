//! Pairs and triplets from a table's columns.

use super::{Notes, PARTS, Sheet};
use crate::{DataError, FileProblem, Groups, Table};

/// What was read of a file of pairs or triplets.
#[derive(Clone, Debug, PartialEq)]
pub struct PairReading {
    /// One point of each pair.
    pub anchor: Table,
    /// The other, which shares its value.
    pub positive: Table,
    /// Points of other values, if the file has some.
    pub negative: Option<Table>,
    /// What was done on the way.
    pub notes: Notes,
}

impl PairReading {
    /// The pairs as groups.
    pub fn groups(&self) -> Result<Groups, DataError> {
        Groups::pairs(&self.anchor, &self.positive, self.negative.as_ref())
    }
}

impl Sheet {
    /// Whether there are columns `positive_NAME` and none that numbers groups: then its rows are
    /// pairs or triplets.
    pub fn has_pairs(&self) -> bool {
        self.part_names(PARTS[1]).next().is_some() && self.group_column().is_none()
    }

    /// Pairs from columns `anchor_NAME`, or `NAME` alone, and `positive_NAME`; triplets where there
    /// are columns `negative_NAME` as well. `inputs` are the names to take, by default all.
    pub fn pairs(&self, inputs: Option<&[String]>) -> Result<PairReading, DataError> {
        self.read_pairs(inputs).map_err(|problem| problem.in_file(self.file()))
    }

    fn read_pairs(&self, inputs: Option<&[String]>) -> Result<PairReading, FileProblem> {
        let names = match inputs {
            Some(names) => names.to_vec(),
            None => self.pair_names(),
        };
        if names.is_empty() {
            return Err(FileProblem::MissingPart { part: PARTS[1], known: self.known() });
        }
        if let Some(at) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
            return Err(FileProblem::NamedTwice { name: names[at].clone() });
        }
        let [anchor, positive, negative] = PARTS;
        let anchors = names.iter().map(|name| {
            self.find(&part_of(anchor, name)).or_else(|missing| self.find(name).or(Err(missing)))
        });
        let others =
            |part: &'static str| names.iter().map(move |name| self.find(&part_of(part, name)));
        let mut chosen: Vec<usize> = anchors.collect::<Result<_, _>>()?;
        chosen.extend(others(positive).collect::<Result<Vec<_>, _>>()?);
        let has_negatives = self.part_names(negative).next().is_some();
        if has_negatives {
            chosen.extend(others(negative).collect::<Result<Vec<_>, _>>()?);
        }
        let rows = self.rows(&chosen)?;
        let mut columns = rows.columns.into_iter();
        let mut table = || {
            let columns = columns.by_ref().take(names.len()).collect();
            let table = Table::new(names.clone(), columns);
            table.map_err(|error| FileProblem::Content(Box::new(error)))
        };
        let (anchor, positive) = (table()?, table()?);
        let negative = if has_negatives { Some(table()?) } else { None };
        let unused = (0..self.len()).filter(|index| !chosen.contains(index));
        let notes = Notes {
            renamed: vec![],
            unused: unused.map(|index| (self.label(index), "not asked for")).collect(),
            skipped: rows.skipped,
            turned: self.turned().to_vec(),
            dates: None,
        };
        Ok(PairReading { anchor, positive, negative, notes })
    }

    /// The inputs' names: of all columns of a part, whether or not the other parts have them.
    fn pair_names(&self) -> Vec<String> {
        let mut names: Vec<String> = vec![];
        for part in PARTS {
            for name in self.part_names(part) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }

    fn part_names<'a>(&'a self, part: &'static str) -> impl Iterator<Item = &'a str> {
        let rest = move |name: &'a String| name.strip_prefix(part)?.strip_prefix('_');
        self.names().iter().flatten().filter_map(rest)
    }
}

fn part_of(part: &str, name: &str) -> String {
    format!("{part}_{name}")
}
