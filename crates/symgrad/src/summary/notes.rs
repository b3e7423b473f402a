//! What the tables of the summary have no room for.

use std::fmt::Write as _;

use symgrad_report::format_loss;

use super::run;
use crate::{Record, VerdictKind};

/// What the table has no room for.
pub(super) fn notes(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        for note in doubt(record).map(str::to_owned).into_iter().chain(notes_on(record)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: {note}", run(record));
        }
    }
    text
}

/// The verdict in full where it is not the one that needs no word: identified, and rightly so.
pub(super) fn doubt(record: &Record) -> Option<&str> {
    let verdict = record.verdict.as_ref()?;
    let expected = verdict.kind == VerdictKind::Identified && record.recovered != Some(false);
    (!expected).then_some(&verdict.summary)
}

pub(super) fn notes_on(record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if record.recovered == Some(false) {
        notes.push(match record.mismatch {
            Some(mismatch) => {
                format!("not recovered, 1 − |mean cos| = {} at fresh points", format_loss(mismatch))
            }
            None => "not recovered, the answer is not finite at some fresh point".to_owned(),
        });
    }
    if !record.users_files.is_empty() {
        notes.push(format!("rests on a user's own {}", record.users_files.join(", ")));
    }
    if let Some(rank) = record.tangent_rank {
        notes.push(format!("gradients are projected on the {rank} directions that the data fill"));
    }
    // Where the wanted concept came out, others are of no interest.
    if record.recovered == Some(true) {
        return notes;
    }
    for other in &record.also_conserved {
        notes.push(format!(
            "the data conserve the {} too; cosine with the neuron {:.4} (the truth's {:.4}), with \
             the answer {:.4}",
            other.name, other.neuron_cosine, other.truth_neuron_cosine, other.answer_cosine
        ));
    }
    if let Some(mixture) = &record.mixture {
        let part = |[a, b, cosine]: [f64; 3]| {
            format!(
                "{a:.3}·truth {} {:.3}·({}), cosine {cosine:.5}",
                sign(b),
                b.abs(),
                mixture.with
            )
        };
        notes.push(format!("the neuron is closest to {}", part(mixture.neuron)));
        notes.push(format!("the answer is closest to {}", part(mixture.answer)));
    }
    notes
}

fn sign(number: f64) -> char {
    if number < 0.0 { '−' } else { '+' }
}
