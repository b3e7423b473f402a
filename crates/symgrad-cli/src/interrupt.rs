//! Ctrl-C, and what else asks a program to end: the first time to end with what it has, the second
//! time at once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Exit code of a run that was asked to end, as shells have it.
pub(crate) const STOPPED: u8 = 130;

/// What asks for it.
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// Set once the program is asked to end.
static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on somebody looks regularly whether to end; until then a program that is told to end
/// does so.
pub(crate) fn listen() {
    ASKED.get_or_init(|| {
        let asked = Arc::new(AtomicBool::new(false));
        for &signal in &SIGNALS {
            // The second time finds what the first one has set. Where signals cannot be had, the
            // program ends as any other.
            let _ = flag::register_conditional_shutdown(signal, STOPPED.into(), asked.clone());
            let _ = flag::register(signal, asked.clone());
        }
        #[cfg(unix)]
        tell_at_once();
        asked
    });
}

/// Says that a signal was heard, which would otherwise show after the step alone.
#[cfg(unix)]
fn tell_at_once() {
    let Ok(mut signals) = signal_hook::iterator::Signals::new(SIGNALS) else { return };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            crate::talk::tell!("ending after this step; Ctrl-C once more ends at once");
        }
    });
}

/// Whether the program was asked to end.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(SeqCst))
}

/// The exit code of a run that ended since it was asked to.
pub(crate) fn code() -> ExitCode {
    ExitCode::from(STOPPED)
}
