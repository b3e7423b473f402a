//! What was found, in words.

use symgrad_laws::{Law, LawVerdict, Laws, Verdict};

use super::{DiscoveryKind, DiscoveryVerdict, LawKind, LawRecord};

/// ρ of what varies by so little that no figure is given.
const ROUNDING: f64 = 1e-12;

/// How far a formula varies where it may not, in per cent of how far it varies at all.
pub(crate) fn varies_by(rho: f64) -> String {
    let share = 100.0 * rho.max(0.0).sqrt();
    if rho < ROUNDING {
        return "less than 0.0001 %".into();
    }
    let digits = 1 + [1.0, 0.1, 0.01, 1e-3].iter().filter(|limit| share < **limit).count();
    format!("{share:.digits$} %")
}

/// Whether a formula varies so little that it would be a law, if shuffled points varied more.
fn only_seems_constant(law: &Law) -> bool {
    const LITTLE: f64 = 0.1;
    law.constancy.rho < LITTLE && law.constancy.is_like_chance()
}

/// `rival` is the formula that may be meant in a law's place.
pub(super) fn sentence_of(law: &Law, rival: Option<String>) -> String {
    let constancy = &law.constancy;
    let varies = varies_by(constancy.rho);
    // Far above ρ the estimate saw the motion, and no noise; far below, noise is not what limits it.
    let explains = |floor: &f64| (0.1..10.0).contains(&(floor / constancy.rho));
    let noisy = constancy.noise_floor.filter(explains).filter(|_| constancy.rho > ROUNDING);
    if let Some(rival) = rival {
        return format!(
            "constant within groups to {varies}, but {rival} explains the groups that were held out about as \
             well: less noise, or groups that differ more, would tell which of both is the law"
        );
    }
    match (law.verdict, noisy) {
        (LawVerdict::Law, Some(floor)) => format!(
            "constant within groups to {varies}, as far as noise, about {}, allows",
            varies_by(floor)
        ),
        (LawVerdict::Law, None) => format!("constant within groups to {varies}"),
        (LawVerdict::Ambiguous, Some(floor)) if law.approximates => format!(
            "constant within groups to {varies}, as far as noise, about {}, allows; but so many terms come as \
             near by their choice: less noise, or more groups, would tell whether it is a law",
            varies_by(floor)
        ),
        (LawVerdict::Ambiguous, _) => format!(
            "nearly constant: within groups it varies by {varies} of how it varies among all points, \
             and what is known of the noise does not explain it"
        ),
        (LawVerdict::NoLaw, _) if only_seems_constant(law) => format!(
            "not constant: it varies by {varies}, and by hardly more where points or motions are shuffled"
        ),
        (LawVerdict::NoLaw, _) => format!(
            "not constant: within groups it varies by {varies} of how it varies among all points"
        ),
    }
}

/// `moving` are the inputs that change within groups.
pub(super) fn verdict_of(
    found: &Laws,
    [laws, ambiguous]: [&[LawRecord]; 2],
    next: Option<&LawRecord>,
    moving: &[&str],
) -> DiscoveryVerdict {
    let count = laws.len();
    let independent = match count {
        1 => "1 law".to_owned(),
        count => format!("{count} independent laws"),
    };
    let is_slow = found.next.as_ref().is_some_and(only_seems_constant);
    let either = |law: &LawRecord| {
        let rival = law.rival.as_ref().map(|rival| format!(" or {}", rival.expression));
        law.expression.clone() + &rival.unwrap_or_default()
    };
    let either = (!ambiguous.is_empty()).then(|| {
        let which: Vec<String> = ambiguous.iter().map(either).collect();
        format!("the data do not tell which is constant: {}; ", which.join("; "))
    });
    let further = match (next, found.stopped) {
        (_, true) => "the search was stopped before its end".to_owned(),
        (Some(next), false) if next.verdict.kind == LawKind::Ambiguous => format!(
            "a further one is nearly constant and may hold: {}, to {}",
            next.expression,
            varies_by(next.rho)
        ),
        (Some(_), false) if is_slow => {
            "a further one does not hold: the best there is only seems constant".to_owned()
        }
        (Some(next), false) => format!(
            "a further one does not hold: the best there is varies by {} within groups",
            varies_by(next.rho)
        ),
        (None, false) => "no room is left for a further one".to_owned(),
    };
    let further = either.unwrap_or_default() + &further;
    let (kind, summary) = match found.verdict() {
        Verdict::Laws => (DiscoveryKind::Laws, format!("{independent}; {further}")),
        Verdict::Ambiguous => (DiscoveryKind::Ambiguous, format!("no clear law; {further}")),
        Verdict::NoLaw => (
            DiscoveryKind::NoLaw,
            match next {
                Some(_) if is_slow => {
                    "no law among the formulas that were tried: the most constant one \
                     varies by hardly more where points or motions are shuffled"
                        .to_owned()
                }
                Some(next) => format!(
                    "no law among the formulas that were tried: the most constant one varies by {} \
                     within groups of how it varies among all points",
                    varies_by(next.rho)
                ),
                None if moving.len() == 1 => format!(
                    "no law: of the inputs {} alone changes within groups, and so does every formula that \
                     it is in; give what else changes as well",
                    moving[0]
                ),
                None if found.parameters.is_empty() => {
                    "no law among the formulas that were tried".to_owned()
                }
                None => "no law but the inputs that do not change within groups".to_owned(),
            },
        ),
    };
    DiscoveryVerdict { kind, summary }
}
