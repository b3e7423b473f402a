//! What a result remembers of how it was asked for.

use std::ffi::OsString;
use std::path::Path;

use symgrad::{Origin, SearchSettings};

/// Options of which the result does not depend: where it goes, how it is shown, who computes it.
const ELSEWHERE: [&str; 5] = ["--out", "--format", "--threads", "--save", "--events"];

/// The same of those without a value.
const FLAGS: [&str; 2] = ["--quiet", "--exit-code"];

/// What this run was asked.
pub(crate) fn origin(
    data: &Path,
    rows: usize,
    model: Option<&Path>,
    settings: &SearchSettings,
) -> Origin {
    let origin = Origin {
        command: Some(told()),
        data: Some(if data == Path::new("-") { "standard input".into() } else { name(data) }),
        rows: Some(rows),
        model: model.map(name),
        settings: None,
    };
    origin.with_settings(settings)
}

/// What a search for laws was asked.
pub(crate) fn of_laws(data: Option<&Path>) -> Origin {
    let data =
        data.map(|data| if data == Path::new("-") { "standard input".into() } else { name(data) });
    Origin { command: Some(told()), data, ..Origin::default() }
}

/// The command.
pub(crate) fn told() -> String {
    repeated(crate::running::arguments().iter().cloned())
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The command as a shell reads it, without the options that leave the result as it is and without
/// the folders of absolute paths, which are nobody else's.
fn repeated(arguments: impl Iterator<Item = OsString>) -> String {
    let mut words = vec!["symgrad".to_owned()];
    let mut arguments = arguments.map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = arguments.next() {
        if FLAGS.contains(&word.as_str()) {
            continue;
        }
        if ELSEWHERE.contains(&word.as_str()) {
            arguments.next();
            continue;
        }
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (format!("{option}="), value),
            _ => (String::new(), &*word),
        };
        if ELSEWHERE.contains(&option.trim_end_matches('=')) {
            continue;
        }
        let path = Path::new(value);
        let value = if path.is_absolute() { name(path) } else { value.to_owned() };
        words.push(quoted(&(option + &value)));
    }
    words.join(" ")
}

/// A path as a shell reads it.
pub(crate) fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_as_they_can_be_repeated() {
        let told = |words: &[&str]| repeated(words.iter().map(OsString::from));
        for (words, command) in [
            (&["search", "a.csv", "--out", "found", "--seed", "3"][..], "search a.csv --seed 3"),
            (
                &["search", "--out=found", "--quiet", "--threads=2", "../a b.csv"],
                "search '../a b.csv'",
            ),
            (
                &["search", "--ops", "+ *", "--guess", "it's"],
                r"search --ops '+ *' --guess 'it'\''s'",
            ),
            #[cfg(unix)]
            (
                &["interpret", "--model=/home/me/n.onnx", "--points", "/data/p.csv"],
                "interpret --model=n.onnx --points p.csv",
            ),
            (&["search", "-", "--separator", "/", ""], "search - --separator / ''"),
        ] {
            assert_eq!(told(words), format!("symgrad {command}"));
        }
    }
}
