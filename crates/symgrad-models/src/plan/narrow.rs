//! Plans that compute a few elements of a slot, and no more of what comes before than these need.

use std::sync::Arc;

use super::Windows;
use super::{ABSENT, Arrange, Binary, Linear, Operation, Plan, Reduce, Reduction, Side, Slot};

/// Elements of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    All,
    /// In rising order, each once, and not all.
    Some(Vec<u32>),
}

impl Part {
    /// Some elements of `length` ones.
    fn of(mut elements: Vec<u32>, length: usize) -> Self {
        elements.sort_unstable();
        elements.dedup();
        if elements.len() == length { Self::All } else { Self::Some(elements) }
    }

    fn with(self, other: Self, length: usize) -> Self {
        match (self, other) {
            (Self::Some(a), Self::Some(b)) => Self::of([a, b].concat(), length),
            _ => Self::All,
        }
    }

    /// Where each of `length` elements is among these.
    fn places(&self, length: usize) -> Vec<u32> {
        match self {
            Self::All => (0_u32..).take(length).collect(),
            Self::Some(elements) => {
                let mut places = vec![ABSENT; length];
                elements.iter().zip(0..).for_each(|(&e, place)| places[e as usize] = place);
                places
            }
        }
    }
}

impl Plan {
    /// A plan for some elements of a slot, and the slot that holds them, in rising order.
    pub(crate) fn narrowed(&self, slot: Slot, elements: &[usize]) -> (Self, Slot) {
        let elements = elements.iter().filter_map(|&e| u32::try_from(e).ok()).collect();
        let wanted = Part::of(elements, self.length(slot));
        let needed = self.needed(slot, &wanted);
        let mut plan = Self { lengths: vec![self.inputs()], steps: vec![], ..*self };
        let mut known: Vec<Option<(Slot, Part)>> = vec![None; self.lengths.len()];
        known[0] = Some((0, Part::All));
        for step in &self.steps {
            let Some(part) = &needed[step.output] else { continue };
            let part = step.operation.computed(part);
            let inputs = step.inputs.iter().enumerate().map(|(which, &input)| {
                let part = step.operation.reads(which, &part, self.length(input));
                (self.taken(&mut plan, &known, input, &part), part)
            });
            let (inputs, parts): (Vec<Slot>, Vec<Part>) = inputs.unzip();
            let (operation, length) = match &part {
                Part::All => (Arc::clone(&step.operation), self.length(step.output)),
                Part::Some(elements) => {
                    let places: Vec<Vec<u32>> = step
                        .inputs
                        .iter()
                        .zip(&parts)
                        .map(|(&input, part)| part.places(self.length(input)))
                        .collect();
                    let whole = self.length(step.output);
                    let operation = step.operation.narrowed(elements, whole, &places);
                    (Arc::new(operation), elements.len())
                }
            };
            known[step.output] = Some((plan.append(operation, inputs, length), part));
        }
        let slot = self.taken(&mut plan, &known, slot, &wanted);
        (plan, slot)
    }

    /// Which elements of each slot are needed for some of one.
    fn needed(&self, slot: Slot, wanted: &Part) -> Vec<Option<Part>> {
        let mut needed: Vec<Option<Part>> = vec![None; self.lengths.len()];
        needed[slot] = Some(wanted.clone());
        for step in self.steps.iter().rev().filter(|step| step.output <= slot) {
            let Some(part) = &needed[step.output] else { continue };
            let part = step.operation.computed(part);
            for (which, &input) in step.inputs.iter().enumerate() {
                let length = self.length(input);
                let reads = step.operation.reads(which, &part, length);
                needed[input] = Some(match needed[input].take() {
                    None => reads,
                    Some(known) => known.with(reads, length),
                });
            }
        }
        needed
    }

    /// A slot of the new plan with exactly that part of a slot of this one.
    fn taken(
        &self,
        plan: &mut Self,
        known: &[Option<(Slot, Part)>],
        slot: Slot,
        part: &Part,
    ) -> Slot {
        // Steps come after those that they need.
        let Some((place, held)) = &known[slot] else { return 0 };
        let elements: Vec<u32> = match part {
            _ if part == held => return *place,
            Part::All => (0_u32..).take(self.length(slot)).collect(),
            Part::Some(elements) => elements.clone(),
        };
        let places = held.places(self.length(slot));
        let pairs = elements.iter().zip(0..).map(|(&e, to)| (to, places[e as usize])).collect();
        let background = vec![0.0; elements.len()].into();
        let arrange = Operation::Arrange(Arrange { background, parts: vec![pairs] });
        plan.append(Arc::new(arrange), vec![*place], elements.len())
    }
}

impl Operation {
    /// What is computed where a part of the result is wanted: that, or a little more, or all.
    fn computed(&self, wanted: &Part) -> Part {
        let Part::Some(elements) = wanted else { return Part::All };
        match self {
            Self::Unary(_) | Self::Binary(_) | Self::Arrange(_) | Self::Reduce(_) => wanted.clone(),
            Self::Linear(linear) => {
                // Some columns for some of the vectors.
                let (vectors, columns) = linear.grid(elements);
                let n = index(linear.n);
                let row = |v: &u32| columns.iter().map(move |c| v * n + c).collect::<Vec<_>>();
                Part::of(vectors.iter().flat_map(row).collect(), linear.repeats * linear.n)
            }
            _ => Part::All,
        }
    }

    /// The elements of an input, of `length` ones, that a part of the result needs.
    fn reads(&self, which: usize, part: &Part, length: usize) -> Part {
        let Part::Some(elements) = part else { return Part::All };
        let found: Vec<u32> = match self {
            Self::Unary(_) => elements.clone(),
            Self::Binary(binary) => match binary.side(which) {
                Side::Mapped(map) => elements.iter().map(|&e| map[e as usize]).collect(),
                _ => elements.clone(),
            },
            Self::Linear(linear) => {
                let k = index(linear.k);
                let (vectors, _) = linear.grid(elements);
                vectors.iter().flat_map(|v| v * k..(v + 1) * k).collect()
            }
            Self::Arrange(arrange) => {
                let places = part.places(arrange.background.len());
                let pairs = arrange.parts[which].iter();
                let needed = pairs.filter(|(to, _)| places[*to as usize] != ABSENT);
                needed.map(|&(_, from)| from).collect()
            }
            Self::Reduce(reduce) => {
                let windows = elements.iter().flat_map(|&e| reduce.windows.at(e));
                windows.copied().filter(|&element| element != ABSENT).collect()
            }
            _ => return Part::All,
        };
        // A slot without elements would have no rows.
        if found.is_empty() { Part::of(vec![0], length) } else { Part::of(found, length) }
    }

    /// The operation for some elements of its result of `whole` ones, given where the elements of
    /// each input are among those that it [reads](Self::reads).
    fn narrowed(&self, elements: &[u32], whole: usize, places: &[Vec<u32>]) -> Self {
        let pick = |values: &[f64]| elements.iter().map(|&e| values[e as usize]).collect();
        match self {
            Self::Binary(binary) => {
                let mut inputs = places.iter();
                let sides = [&binary.left, &binary.right].map(|side| match side {
                    Side::Constant(values) => Side::Constant(pick(values)),
                    Side::Plain => {
                        inputs.next();
                        Side::Plain
                    }
                    Side::Mapped(map) => {
                        let places = inputs.next().map_or(&[][..], |places| places);
                        let place = |&e: &u32| places[map[e as usize] as usize];
                        Side::Mapped(elements.iter().map(place).collect())
                    }
                });
                let [left, right] = sides;
                Self::Binary(Binary { kind: binary.kind, left, right, length: elements.len() })
            }
            Self::Linear(linear) => {
                let (vectors, columns) = linear.grid(elements);
                let row =
                    |row: &[f64]| columns.iter().map(|&c| row[c as usize]).collect::<Vec<_>>();
                Self::Linear(Linear {
                    repeats: vectors.len(),
                    k: linear.k,
                    n: columns.len(),
                    weight: linear.weight.chunks_exact(linear.n).flat_map(row).collect(),
                    bias: linear.bias.as_deref().map(|bias| row(bias).into()),
                })
            }
            Self::Arrange(arrange) => {
                let own = Part::of(elements.to_vec(), whole).places(whole);
                let parts = arrange.parts.iter().zip(places).map(|(pairs, places)| {
                    let pairs = pairs.iter().filter(|(to, _)| own[*to as usize] != ABSENT);
                    pairs.map(|&(to, from)| (own[to as usize], places[from as usize])).collect()
                });
                let parts = parts.collect();
                Self::Arrange(Arrange { background: pick(&arrange.background), parts })
            }
            Self::Reduce(reduce) => {
                let places = places.first().map_or(&[][..], |places| places);
                let place = |&e: &u32| if e == ABSENT { e } else { places[e as usize] };
                let windows = Windows {
                    size: reduce.windows.size,
                    elements: elements
                        .iter()
                        .flat_map(|&e| reduce.windows.at(e))
                        .map(place)
                        .collect(),
                };
                let reduction = match &reduce.reduction {
                    Reduction::Sum(Some(divisors)) => Reduction::Sum(Some(pick(divisors))),
                    other => other.clone(),
                };
                Self::Reduce(Reduce { windows, reduction })
            }
            other => other.clone(),
        }
    }
}

impl Linear {
    /// The vectors and the columns that hold some elements of the result.
    fn grid(&self, elements: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let distinct = |mut found: Vec<u32>| {
            found.sort_unstable();
            found.dedup();
            found
        };
        let n = index(self.n);
        let vectors = elements.iter().map(|e| e / n).collect();
        let columns = elements.iter().map(|e| e % n).collect();
        (distinct(vectors), distinct(columns))
    }
}

impl Binary {
    /// The operand that the input of that index is.
    fn side(&self, which: usize) -> &Side {
        if which == 0 && self.left.is_row() { &self.left } else { &self.right }
    }
}

impl Windows {
    /// The window of a result.
    fn at(&self, result: u32) -> &[u32] {
        let start = result as usize * self.size;
        &self.elements[start..start + self.size]
    }
}

/// Indices are below the largest count of numbers in a plan.
fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
