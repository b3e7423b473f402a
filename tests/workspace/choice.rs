//! The rules of choice on the twelve printed fronts.

use symgrad::experiments::Experiment;
use symgrad::search::Choice;
use symgrad::{PublishedFront, published_front};

/// The largest complexity that the published searches looked at.
const SEARCHED: u32 = 25;

/// How often a rule picks the entry that is marked in print.
fn agreements(choice: Choice) -> usize {
    let picks_it = |printed: &PublishedFront| {
        let front: Vec<(u32, f64)> =
            printed.front.iter().map(|entry| (entry.complexity, entry.loss)).collect();
        choice.pick(&front, SEARCHED) == Some(printed.answer)
    };
    Experiment::ALL.into_iter().filter_map(published_front).filter(picks_it).count()
}

/// `determinant-2x2` is the odd one: its data are degenerate, and its front improves all along.
#[test]
fn rules_agree_with_the_printed_choices() {
    assert!(agreements(Choice::Chord) >= 11, "{}", agreements(Choice::Chord));
    assert!(agreements(Choice::Code) >= 11, "{}", agreements(Choice::Code));
}
