//! `RUST_LOG`: what happens inside, a line each on standard error, for those who look for a fault.

use std::time::Instant;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::talk::insist;

/// Names the parts of the program that tell, and how much: as `RUST_LOG` says it.
struct Logger {
    start: Instant,
    /// Beginnings of the parts' names, the longest first, each with the most that is told of it.
    rules: Vec<(String, LevelFilter)>,
}

/// Begins to tell, if the environment asks for it.
pub(crate) fn begin() {
    let Some(rules) = std::env::var("RUST_LOG").ok().map(|text| rules(&text)) else { return };
    let most = rules.iter().map(|(_, level)| *level).max().unwrap_or(LevelFilter::Off);
    // Nobody else has set one.
    if log::set_boxed_logger(Box::new(Logger { start: Instant::now(), rules })).is_ok() {
        log::set_max_level(most);
    }
}

/// Whether anything is told: bars would be torn.
pub(crate) fn is_on() -> bool {
    log::max_level() > LevelFilter::Off
}

/// Parts and levels, separated by commas: `debug`, `symgrad=debug,symgrad::search=trace`. A part alone
/// tells everything; one that is named twice is told as the last says.
fn rules(text: &str) -> Vec<(String, LevelFilter)> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let rule = |word: &str| match word.split_once('=') {
        Some((part, level)) => {
            let level = level.trim().parse().unwrap_or(LevelFilter::Off);
            (part.trim().to_owned(), level)
        }
        None => word
            .parse()
            .map_or((word.to_owned(), LevelFilter::Trace), |level| (String::new(), level)),
    };
    let mut rules: Vec<(String, LevelFilter)> = words.map(rule).collect();
    rules.reverse();
    rules.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
    rules
}

/// The most that is told of a part.
fn level_of(rules: &[(String, LevelFilter)], part: &str) -> LevelFilter {
    let is_of = |of: &str| {
        let rest = part.strip_prefix(of);
        of.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    rules.iter().find(|(of, _)| is_of(of)).map_or(LevelFilter::Off, |(_, level)| *level)
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= level_of(&self.rules, metadata.target())
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        };
        let seconds = self.start.elapsed().as_secs_f64();
        insist(format_args!("[{seconds:9.3} {level:5} {}] {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts() {
        let rules = rules("info, symgrad=debug,symgrad::search = trace,burn=off,odd=loud,");
        for (part, level) in [
            ("symgrad::states", LevelFilter::Debug),
            ("symgrad::search", LevelFilter::Trace),
            ("symgrad::search::more", LevelFilter::Trace),
            ("symgrad_other", LevelFilter::Info),
            ("burn::tensor", LevelFilter::Off),
            ("odd", LevelFilter::Off),
            ("parquet", LevelFilter::Info),
        ] {
            assert_eq!(level_of(&rules, part), level, "{part}");
        }
        assert_eq!(level_of(&super::rules("symgrad"), "symgrad::states"), LevelFilter::Trace);
        assert_eq!(level_of(&super::rules(""), "symgrad"), LevelFilter::Off);
        assert_eq!(level_of(&super::rules("x=warn,x=debug"), "x"), LevelFilter::Debug);
    }
}
