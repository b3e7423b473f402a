//! The front of a search while it goes on: a table below the bar on a terminal, now and then a line
//! elsewhere, and events.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use symgrad::expr::{Expr, Names};
use symgrad::report::format_loss;
use symgrad::search::{Entry, Search, Standing};

use crate::talk::{shortened, tell};
use crate::watch::{Best, Event, event, is_quiet, wants_events};

/// How often the front is asked for, which takes a while.
const SHOWN: Duration = Duration::from_millis(500);

/// How often a line is told where there is no terminal.
const TOLD: Duration = Duration::from_secs(10);

/// Entries of the front that are shown.
const ENTRIES: usize = 6;

/// Digits of the constants there.
const DIGITS: usize = 4;

/// Follows one search, whose name it knows.
pub(crate) struct Front {
    of: String,
    times: Mutex<Times>,
}

struct Times {
    shown: Option<Instant>,
    told: Instant,
}

impl Front {
    pub(crate) fn new(of: &str) -> Self {
        let times = Mutex::new(Times { shown: None, told: Instant::now() });
        Self { of: of.to_owned(), times }
    }

    /// After a step. The bar is hidden where there is no terminal.
    pub(crate) fn step(&self, search: &Search, bar: &ProgressBar) {
        let (evaluations, budget) = (search.evaluations(), search.config().budget);
        let Ok(mut times) = self.times.lock() else { return };
        let now = Instant::now();
        let due = times.shown.is_none_or(|shown| now - shown >= SHOWN);
        let tells = bar.is_hidden() && !is_quiet() && now - times.told >= TOLD;
        if !(due && (wants_events() || !bar.is_hidden()) || tells) {
            return;
        }
        times.shown = Some(now);
        let Ok(names) = Names::new(search.names().to_vec()) else { return };
        let best = search.best();
        let standing = search.standing();
        event(&Event::Step {
            of: &self.of,
            evaluations,
            budget,
            best: best.as_ref().map(|best| Best {
                formula: written(&best.expr, &names),
                complexity: best.complexity,
                loss: best.loss,
            }),
            standing: word(standing),
        });
        if tells {
            times.told = now;
            let best = best.as_ref().map_or_else(String::new, |best| {
                let loss = format_loss(best.loss);
                format!(", best so far {} with loss {loss}", written(&best.expr, &names))
            });
            let percent = 100 * evaluations.min(budget) / budget.max(1);
            tell!("{}: {percent} % of the budget, {}{best}", self.of, sentence(standing));
        }
        if !bar.is_hidden() {
            bar.set_message(table(&search.front(), best.as_ref(), &names, standing));
        }
    }
}

/// The front's last entries and the best so far, which has an arrow.
fn table(front: &[Entry], best: Option<&Entry>, names: &Names, standing: Standing) -> String {
    let is_best = |entry: &Entry| best.is_some_and(|best| best.expr == entry.expr);
    let row = |entry: &Entry| {
        let mark = if is_best(entry) { '→' } else { ' ' };
        let short = entry.expr.rounded(DIGITS);
        let formula = short.display(names);
        format!("\n{mark} {:>3}  {:>8}  {formula}", entry.complexity, format_loss(entry.loss))
    };
    let mut first = front.len().saturating_sub(ENTRIES);
    // Without a place among the last ones the best stands above them; it may not be on the front.
    let shown_anyway = front[first..].iter().any(&is_best);
    let above = best.filter(|_| !shown_anyway);
    first += usize::from(above.is_some() && front.len() >= ENTRIES);
    let rows = above.into_iter().chain(&front[first..]).map(row);
    let width = usize::from(crate::talk::width());
    let lines: Vec<String> = rows.map(|row| shortened(&row, width)).collect();
    format!("  size      loss  formula ({}){}", sentence(standing), lines.concat())
}

fn written(expr: &Expr, names: &Names) -> String {
    expr.natural().display(names).to_string()
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::First => "first-search",
        Standing::Second => "second-search",
        Standing::Agreed => "agreed",
    }
}

/// The verdict so far: what counts is whether a second search comes to the same.
fn sentence(standing: Standing) -> &'static str {
    match standing {
        Standing::First => "not yet looked for a second time",
        Standing::Second => "looked for a second time, from another start",
        Standing::Agreed => "found from two starts",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_fits_the_terminal() {
        let names = Names::numbered(2);
        let entry = |text: &str, complexity| Entry {
            expr: text.parse().expect("a formula"),
            complexity,
            loss: 0.125,
        };
        let mut front: Vec<Entry> = (1..9).map(|n| entry("x1", n)).collect();
        let waves: Vec<String> = (1..30).map(|n| format!("sin({n}*x2)")).collect();
        front.push(entry(&waves.join(" + "), 20));
        let text = table(&front, front.last(), &names, Standing::Second);
        assert_eq!(text.lines().count(), 1 + ENTRIES);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(
            text.lines().last().is_some_and(|line| line.starts_with('→') && line.ends_with('…'))
        );
        // Wherever the best is, it is shown.
        let names = ["x1", "x2"].map(|name| entry(name, 1));
        for best in front.iter().chain(&names) {
            let text = table(&front, Some(best), &Names::numbered(2), Standing::First);
            assert_eq!(text.lines().count(), 1 + ENTRIES, "{text}");
            assert!(text.lines().filter(|line| line.starts_with('→')).count() >= 1, "{text}");
        }
        let short = table(&front[..2], front.last(), &Names::numbered(2), Standing::First);
        assert_eq!(short.lines().count(), 1 + 3, "{short}");
    }
}
