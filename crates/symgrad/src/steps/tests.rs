//! Whatever a folder holds: nothing of a user's is touched, and no result is stale.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;

/// What happens to a folder between two calls, or the call itself.
#[derive(Clone, Debug)]
enum Event {
    /// A user puts a file of this content there, or changes the one that is there.
    Put(&'static str, u8),
    /// A user removes a file.
    Remove(&'static str),
    /// The record of what symgrad has written is lost, as in folders of earlier versions.
    Forget,
    /// A call with that configuration.
    Run(u8),
    /// A call that is stopped before that step.
    Stopped(u8, Step),
}

const NAMES: [&str; 15] = [
    CONFIG,
    TRAIN,
    VALIDATION,
    ENCODER,
    CURVE,
    TEST,
    FIELD,
    RESULT,
    FRONT,
    LAWS,
    RECORD,
    SECONDS,
    FRONT_PICTURE,
    SCATTER_PICTURE,
    TRAINING_PICTURE,
];

fn event() -> impl Strategy<Value = Event> {
    let name = || proptest::sample::select(&NAMES[..]);
    let step = proptest::sample::select(&Step::ALL[..]);
    prop_oneof![
        3 => (name(), 0_u8..3).prop_map(|(name, content)| Event::Put(name, content)),
        2 => name().prop_map(Event::Remove),
        1 => Just(Event::Forget),
        4 => (0_u8..2).prop_map(Event::Run),
        1 => (0_u8..2, step).prop_map(|(config, step)| Event::Stopped(config, step)),
    ]
}

/// All files with their contents.
type Files = BTreeMap<String, String>;

fn files(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let entry = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        Some((name, std::fs::read_to_string(path).ok()?))
    };
    entries.filter_map(entry).filter(|(name, _)| !name.starts_with('.')).collect()
}

fn config(number: u8) -> String {
    format!("number = {number}\n")
}

/// What a step makes of the configuration and of what a user has put before it.
fn made(name: &str, config: &str, step: Step, users: &Files) -> String {
    let before: Files =
        users.clone().into_iter().filter(|(name, _)| step.before().contains(&&**name)).collect();
    format!("{name} of {config} and {before:?}")
}

/// A call whose steps take no time.
fn call(path: &Path, number: u8, stop: Option<Step>) -> Result<Vec<Step>, Error> {
    let mut folder = Folder::open(path)?;
    let (config, before) = (config(number), files(path));
    let steps = Steps { folder: &mut folder, config: &config };
    let own = steps.users()?;
    let users = before.into_iter().filter(|(name, _)| own.contains(name)).collect();
    let is_same = |folder: &Folder| {
        std::fs::read_to_string(folder.file(CONFIG)).is_ok_and(|text| text == config)
    };
    steps.take(is_same, |steps, step| {
        if stop == Some(step) {
            return Err(Error::NothingFound);
        }
        let from = steps.sources(step)?;
        for name in step.files().iter().filter(|name| **name != step.result()) {
            steps.folder.write(name, made(name, &config, step, &users))?;
        }
        let content = made(step.result(), &config, step, &users);
        steps.folder.make(step.result(), from, |path| crate::write_file(path, content))
    })
}

fn follow(events: &[Event]) -> Result<(), TestCaseError> {
    let temporary = tempfile::tempdir()?;
    let path = temporary.path();
    // Known here apart from the record that is under test.
    let mut users = Files::new();
    for event in events {
        match event {
            Event::Put(name, content) => {
                let content = format!("a user's {content}");
                std::fs::write(path.join(name), &content)?;
                users.insert((*name).into(), content);
            }
            Event::Remove(name) => {
                let _ = std::fs::remove_file(path.join(name));
                users.remove(*name);
            }
            Event::Forget => {
                let _ = std::fs::remove_file(path.join(".symgrad.json"));
                // Who wrote what is there cannot be known any more.
                users = files(path);
            }
            Event::Run(number) => {
                let done = call(path, *number, None);
                prop_assert!(!matches!(done, Err(ref error) if !in_the_way(error)), "{done:?}");
                if done.is_ok() {
                    nothing_is_stale(path, *number, &users)?;
                }
            }
            Event::Stopped(number, step) => drop(call(path, *number, Some(*step))),
        }
        let now = files(path);
        for (name, content) in &users {
            prop_assert_eq!(now.get(name), Some(content), "{} after {:?}", name, event);
        }
    }
    Ok(())
}

fn in_the_way(error: &Error) -> bool {
    matches!(error, Error::InTheWay { .. })
}

/// After a call every result is a user's, or what this configuration and the user's files give.
fn nothing_is_stale(path: &Path, number: u8, users: &Files) -> Result<(), TestCaseError> {
    let (now, config) = (files(path), config(number));
    prop_assert_eq!(&now[CONFIG], &config);
    prop_assert!(now.contains_key(RECORD));
    for step in Step::ALL {
        let name = step.result();
        if let (Some(content), false) = (now.get(name), users.contains_key(name)) {
            prop_assert_eq!(content, &made(name, &config, step, users), "{}", name);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_of_a_users_is_touched_and_no_result_is_stale(
        events in proptest::collection::vec(event(), 1..14),
    ) {
        follow(&events)?;
    }
}

/// What the documents invite to: a file of one's own, in a folder of another configuration or
/// none.
#[test]
fn a_users_file_takes_the_place_of_a_step() -> Result<(), Error> {
    for (name, left) in [
        (TRAIN, &Step::ALL[..]),
        (ENCODER, &Step::ALL[1..]),
        (TEST, &Step::ALL[1..]),
        (FIELD, &Step::ALL[2..]),
        (RESULT, &Step::ALL[3..]),
    ] {
        let temporary = tempfile::tempdir().expect("a folder");
        let path = temporary.path();
        let own = || std::fs::read_to_string(path.join(name)).expect("a file");
        assert_eq!(call(path, 0, None)?, Step::ALL);
        std::fs::write(path.join(name), "a user's own").expect("written");
        // Only what rests on it is made again.
        assert_eq!(call(path, 0, None)?, left, "{name}");
        assert_eq!(call(path, 0, None)?, []);
        // With another configuration everything that is not the user's is made again.
        let anew = call(path, 1, None)?;
        let expected: Vec<Step> =
            Step::ALL.into_iter().filter(|step| step.result() != name).collect();
        assert_eq!((anew, own()), (expected, "a user's own".to_owned()));
    }
    Ok(())
}

#[test]
fn results_that_a_user_changed_are_named_before_any_work() -> Result<(), Error> {
    for name in [CONFIG, CURVE, FRONT, RECORD, SECONDS, FRONT_PICTURE] {
        let temporary = tempfile::tempdir().expect("a folder");
        call(temporary.path(), 0, None)?;
        std::fs::write(temporary.path().join(name), "a user's own").expect("written");
        let before = files(temporary.path());
        let refused = call(temporary.path(), 1, None);
        assert!(matches!(refused, Err(Error::InTheWay { ref path }) if path.ends_with(name)));
        assert_eq!(files(temporary.path()), before);
    }
    Ok(())
}
