//! In which order layers follow one another, where a file does not say it.

use std::collections::BTreeMap;

/// A name as people sort it: by the parts between dots, and numbers in them by their value.
///
/// Two names that differ have different keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Natural {
    parts: Vec<Vec<Run>>,
    name: String,
}

/// Digits or other characters that follow one another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    /// Of two numbers without leading zeros the longer one is the larger.
    Number {
        length: usize,
        digits: String,
    },
    Text(String),
}

impl Natural {
    pub(crate) fn of(name: &str) -> Self {
        Self { parts: name.split('.').map(runs).collect(), name: name.into() }
    }
}

fn runs(part: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        runs.push(if is_number {
            let digits = run.trim_start_matches('0').to_owned();
            Run::Number { length: digits.len(), digits }
        } else {
            Run::Text(run.to_owned())
        });
    }
    runs
}

/// An order of layers in which each takes as many numbers as the one before it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Indices of the layers.
    pub(crate) order: Vec<usize>,
    /// Whether no other order fits.
    pub(crate) only: bool,
}

/// Layers whose order is looked for; with more, only the given order is tried.
const MANY: usize = 500;

/// Chains layers that take and give these counts of numbers: in the given order if it fits,
/// otherwise in the order that fits and prefers what is given first. `None` if none does.
pub(crate) fn chain(layers: &[(usize, usize)]) -> Option<Chain> {
    if layers.len() > MANY {
        let fits = layers.windows(2).all(|pair| pair[0].1 == pair[1].0);
        return fits.then(|| Chain { order: (0..layers.len()).collect(), only: false });
    }
    // Counts of numbers are places, layers are ways between them, and every way is to be gone
    // once: there has to be one more way out of the first place than into it, and as many
    // everywhere else but at the end, or as many everywhere.
    let mut surplus: BTreeMap<usize, i64> = BTreeMap::new();
    for &(from, to) in layers {
        *surplus.entry(from).or_default() += 1;
        *surplus.entry(to).or_default() -= 1;
    }
    let starts: Vec<usize> =
        surplus.iter().filter(|(_, surplus)| **surplus > 0).map(|(&place, _)| place).collect();
    if surplus.values().any(|surplus| surplus.abs() > 1) || starts.len() > 1 {
        return None;
    }
    let mut at = starts.first().copied().or(layers.first().map(|layer| layer.0))?;
    let mut only = !starts.is_empty() || layers.len() == 1;
    let mut left: Vec<usize> = (0..layers.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let fits = |&&layer: &&usize| {
            let rest = || left.iter().filter(|&&other| other != layer).map(|&other| layers[other]);
            layers[layer].0 == at && is_reached(rest(), layers[layer].1)
        };
        let mut fitting = left.iter().filter(fits);
        let next = *fitting.next()?;
        only &= fitting.next().is_none();
        left.retain(|&layer| layer != next);
        order.push(next);
        at = layers[next].1;
    }
    Some(Chain { order, only })
}

/// Whether a place and all ways hang together.
fn is_reached(ways: impl Iterator<Item = (usize, usize)>, place: usize) -> bool {
    let mut groups = BTreeMap::from([(place, place)]);
    let mut ends = Vec::new();
    for (from, to) in ways {
        let (a, b) = (group(&mut groups, from), group(&mut groups, to));
        groups.insert(a, b);
        ends.push(from);
    }
    let own = group(&mut groups, place);
    ends.into_iter().all(|end| group(&mut groups, end) == own)
}

/// The place that stands for all that hang together with a place.
fn group(groups: &mut BTreeMap<usize, usize>, place: usize) -> usize {
    let mut at = place;
    loop {
        let next = *groups.entry(at).or_insert(at);
        if next == at {
            groups.insert(place, at);
            return at;
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::runner;

    fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
        let mut names = names.to_vec();
        names.sort_by_cached_key(|name| Natural::of(name));
        names
    }

    #[test]
    fn names_are_sorted_as_people_do() {
        for names in [
            &["fc1", "fc2", "fc10", "out"][..],
            &["0.weight", "2.weight", "10.weight", "head.weight"],
            &["fc", "fc1", "fc2b", "fc10"],
            &["net.1.fc2.bias", "net.1.fc10.bias", "net.2.fc1.bias", "net.10.fc1.bias"],
            &["layer_002", "layer_02", "layer_2", "layer_3", "layer_0010"],
            &["l9", "l18446744073709551617", "l99999999999999999999999"],
            &["", "a", "b"],
        ] {
            let mut shuffled = names.to_vec();
            shuffled.reverse();
            assert_eq!(sorted(&shuffled), names);
        }
    }

    /// Around a number, equal names are in the order of the number.
    #[test]
    fn numbers_in_generated_names_count() {
        let text = "[a-zA-Z_./-]{0,6}";
        let names = (text, text, any::<u64>(), any::<u64>(), 0_usize..4, 0_usize..4);
        runner(2000)
            .run(&names, |(before, after, a, b, zeros_a, zeros_b)| {
                let name =
                    |n: u64, zeros: usize| format!("{before}{}{n}{after}", "0".repeat(zeros));
                let (x, y) = (Natural::of(&name(a, zeros_a)), Natural::of(&name(b, zeros_b)));
                if a != b {
                    prop_assert_eq!(x.cmp(&y), a.cmp(&b));
                }
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn the_order_that_fits_the_shapes_is_found() {
        let only = |order: &[usize]| Some(Chain { order: order.to_vec(), only: true });
        let guess = |order: &[usize]| Some(Chain { order: order.to_vec(), only: false });
        assert_eq!(chain(&[(3, 8), (8, 1)]), only(&[0, 1]));
        assert_eq!(chain(&[(8, 1), (3, 8)]), only(&[1, 0]));
        assert_eq!(chain(&[(3, 8), (8, 8), (8, 8), (8, 1)]), guess(&[0, 1, 2, 3]));
        // hidden.0, hidden.1, input, output
        assert_eq!(chain(&[(8, 8), (8, 8), (3, 8), (8, 1)]), guess(&[2, 0, 1, 3]));
        // decoder, encoder: either may be the first.
        assert_eq!(chain(&[(2, 9), (9, 2)]), guess(&[0, 1]));
        assert_eq!(chain(&[(4, 4)]), only(&[0]));
        // The way on to 1 would leave the others behind.
        assert_eq!(chain(&[(8, 1), (8, 4), (4, 8), (3, 8)]), only(&[3, 1, 2, 0]));
        for nothing in [&[][..], &[(3, 8), (7, 1)], &[(3, 8), (8, 1), (8, 2)], &[(1, 1), (2, 2)]] {
            assert_eq!(chain(nothing), None, "{nothing:?}");
        }
    }

    /// All orders that fit, by trying them.
    fn all_orders(layers: &[(usize, usize)]) -> Vec<Vec<usize>> {
        let mut found: Vec<Vec<usize>> = vec![vec![]];
        for _ in layers {
            let longer = |order: Vec<usize>| {
                let fits = |&next: &usize| {
                    !order.contains(&next)
                        && order.last().is_none_or(|&last| layers[last].1 == layers[next].0)
                };
                let next: Vec<usize> = (0..layers.len()).filter(fits).collect();
                next.into_iter().map(move |next| [&order[..], &[next]].concat()).collect::<Vec<_>>()
            };
            found = found.into_iter().flat_map(longer).collect();
        }
        found
    }

    #[test]
    fn generated_layers_are_chained_as_if_all_orders_were_tried() {
        let layers = prop::collection::vec((1_usize..4, 1_usize..4), 1..7);
        // Half of the cases do fit together.
        let widths = prop::collection::vec(1_usize..4, 2..8).prop_shuffle();
        let fitting = widths
            .prop_map(|widths| widths.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>())
            .prop_shuffle();
        runner(1000)
            .run(&prop_oneof![layers, fitting], |layers| {
                let orders = all_orders(&layers);
                let chain = chain(&layers);
                prop_assert_eq!(chain.is_some(), !orders.is_empty());
                if let Some(chain) = chain {
                    prop_assert_eq!(&chain.order, orders.iter().min().unwrap());
                    prop_assert_eq!(chain.only, orders.len() == 1);
                }
                Ok(())
            })
            .unwrap();
    }
}
