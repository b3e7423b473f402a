//! Progress bars, where there is a terminal to show them.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use symgrad::search::{Entry, Observer as SearchObserver};

/// The bar of one search.
pub(crate) struct SearchBar(ProgressBar);

impl SearchBar {
    pub(crate) fn new() -> Self {
        Self(bar("search"))
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl SearchObserver for SearchBar {
    fn step(&mut self, evaluations: u64, budget: u64, front: &[Entry]) {
        self.0.set_length(budget);
        self.0.set_position(evaluations.min(budget));
        if let Some(best) = front.last() {
            self.0.set_message(format!("best loss {:.1e}", best.loss));
        }
    }
}

/// A bar with the time left; hidden where there is no terminal.
pub(crate) fn bar(name: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1).with_style(style()).with_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Name, bar, part done, time left, message.
pub(crate) fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:32!} {wide_bar} {percent:>3} % {eta:>4} left  {msg:24!}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
