//! Files of PyTorch that hold more than a state dictionary, or something else.

use proptest::prelude::*;

use crate::testing::{Stored, archive, dictionary, pickle, runner, state_dictionary, tensor};
use crate::{Network, Note};

/// A perceptron 2→3→1.
const WEIGHTS: [Stored<'_>; 4] = [
    ("0.weight", &[3, 2], &[1.0, 2.0, -0.5, 0.25, 0.0, -1.0]),
    ("0.bias", &[3], &[0.5, 0.25, 1.0]),
    ("2.weight", &[1, 3], &[1.0, -1.0, 0.5]),
    ("2.bias", &[1], &[-2.0]),
];

/// A number, and a single matrix.
const LOSS: [Stored<'_>; 1] = [("loss", &[], &[0.5])];
const MATRIX: [Stored<'_>; 1] = [("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])];

/// The entries of a checkpoint: the model's state, and what may be beside it.
fn checkpoint(model: &str, beside: &[&str]) -> Vec<u8> {
    let mut entries = vec![(model, state_dictionary(&WEIGHTS, 0))];
    for &name in beside {
        entries.push((
            name,
            match name {
                "loss" => tensor(4, &[]),
                "epoch" => b"K\x07".to_vec(),
                "lr" => b"G\x3f\x50\x62\x4d\xd2\xf1\xa9\xfc".to_vec(),
                "hyper_parameters" => dictionary(&[("width", b"K\x08".to_vec())]),
                "optimizer_state_dict" => {
                    // {"state": {0: {"exp_avg": …}}, "param_groups": [{}]}
                    let moments = dictionary(&[("exp_avg", tensor(5, &[2, 2]))]);
                    let state = [b"}K\x00", &moments[..], b"s"].concat();
                    dictionary(&[("state", state), ("param_groups", b"]}a".to_vec())])
                }
                _ => state_dictionary(&MATRIX, 5),
            },
        ));
    }
    let first = beside.iter().filter(|name| **name < model).count();
    entries.rotate_left(first.min(1));
    archive(&pickle(&dictionary(&entries)), &[&WEIGHTS[..], &LOSS, &MATRIX].concat())
}

/// Whatever lies beside it, the model is read; and what may have been meant instead is told.
#[test]
fn a_checkpoint_is_read_as_its_model() {
    let names = prop::sample::select(vec![
        "model_state_dict",
        "state_dict",
        "model",
        "net",
        "network",
        "weights",
        "params",
    ]);
    let beside = prop::sample::subsequence(
        vec!["loss", "epoch", "lr", "hyper_parameters", "optimizer_state_dict", "ema"],
        0..=6,
    );
    runner(200)
        .run(&(names, beside), |(model, beside)| {
            let network =
                Network::from_pytorch(&checkpoint(model, &beside), Some("activation = \"elu\""));
            let network = network.unwrap();
            prop_assert_eq!(network.layers().len(), 3);
            let note = network.notes().iter().find_map(|note| match note {
                Note::StateDictionary { name, others, tensors, .. } => {
                    Some((name.clone(), others.clone(), tensors.clone(), note.is_guess()))
                }
                _ => None,
            });
            let (name, others, tensors, guess) = note.unwrap();
            prop_assert_eq!(&name, model);
            prop_assert_eq!(others.len(), usize::from(beside.contains(&"ema")));
            prop_assert_eq!(tensors.len(), usize::from(beside.contains(&"loss")));
            prop_assert_eq!(guess, beside.contains(&"ema"));
            Ok(())
        })
        .unwrap();
}

#[test]
fn one_of_several_state_dictionaries_can_be_named() {
    let two = checkpoint("teacher", &["student"]);
    let read = |text: &str| Network::from_pytorch(&two, Some(text));
    let several = read("activation = \"relu\"").unwrap_err().to_string();
    for part in ["several", "`teacher`", "`student`", "state_dict = "] {
        assert!(several.contains(part), "{part:?} is not in {several}");
    }
    let teacher = read("activation = \"relu\"\nstate_dict = \"teacher\"").unwrap();
    assert_eq!((teacher.inputs(), teacher.notes()[0].is_guess()), (2, false));
    let student =
        read("state_dict = \"student\"\nlayers = [{ kind = \"linear\", weight = \"w\" }]");
    assert_eq!(student.unwrap().layers().len(), 1);
    let none = read("activation = \"relu\"\nstate_dict = \"pupil\"").unwrap_err().to_string();
    assert!(none.contains("`pupil`") && none.contains("`teacher`"), "{none}");
    // The only one with a matrix needs no name.
    assert!(
        Network::from_pytorch(&checkpoint("pupil", &["loss"]), Some("activation = \"relu\""))
            .is_ok()
    );
}

/// Tensors of kinds that are not read are not left out.
#[test]
fn unknown_tensors_are_refused() {
    let sparse = b"ctorch._utils\n_rebuild_sparse_tensor\n)R".to_vec();
    let with = dictionary(&[("0.weight", tensor(0, &[3, 2])), ("1.weight", sparse)]);
    let error =
        Network::from_pytorch(&archive(&pickle(&with), &WEIGHTS), Some("activation = \"relu\""));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`1.weight`") && error.contains("_rebuild_sparse_tensor"), "{error}");
}

#[test]
fn other_files_of_pytorch_are_told_apart() {
    let error = |bytes: &[u8]| {
        Network::from_pytorch(bytes, Some("activation = \"relu\"")).unwrap_err().to_string()
    };
    let old = error(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
    assert!(old.contains("save it again"), "{old}");
    let object = error(&archive(b"\x80\x02c__main__\nNet\n)\x81}b.", &[]));
    assert!(object.contains("class __main__.Net") && object.contains("state_dict()"), "{object}");
    let nothing = error(&archive(b"\x80\x02}.", &[]));
    assert!(nothing.contains("no state dictionary"), "{nothing}");
    let unknown = error(&archive(b"\x80\x02\xff.", &[]));
    assert!(unknown.contains("0xff"), "{unknown}");
    // A dictionary of itself, and a tuple nested as deep as the file is long.
    assert!(error(&archive(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", &[])).contains("no state"));
    let mut deep = b"\x80\x02)".to_vec();
    deep.extend(b"\x85q\x00".repeat(500_000));
    deep.push(b'.');
    assert!(error(&archive(&deep, &[])).contains("no state"));
}
