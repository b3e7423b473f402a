//! Encoders in files, whole, truncated and damaged.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Table, Triplets};
use symgrad_siamese::{Encoder, EncoderConfig, Length, Neuron, SiameseError, TrainConfig};

fn table(shift: f64) -> Table {
    let column = |scale: f64| (0..8).map(|i| (f64::from(i) * scale + shift).sin()).collect();
    Table::new(vec!["u".into(), "v".into()], vec![column(1.0), column(2.3)]).unwrap()
}

fn encoder() -> Encoder {
    let data = Triplets::new(table(0.0), table(1.0), table(2.0)).unwrap();
    let config = TrainConfig {
        encoder: EncoderConfig { width: 4, latents: 2, ..EncoderConfig::default() },
        length: Length::Steps(3),
        ..TrainConfig::default()
    };
    Encoder::train(&data, &data, &config, 1, &mut ()).unwrap().0
}

fn saved(directory: &Path) -> Vec<u8> {
    let path = directory.join("encoder.bpk");
    encoder().save(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_file_brings_back_every_bit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("encoder");
    let encoder = encoder();
    encoder.save(&path).unwrap();
    let back = Encoder::load(&path).unwrap();
    assert_eq!(back, encoder);
    let neuron = Neuron::Latent(1);
    let gradients = encoder.gradients(&table(0.5), neuron).unwrap();
    assert_eq!(back.gradients(&table(0.5), neuron).unwrap(), gradients);
    // Nothing but the file is left behind, also after a second save.
    encoder.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn every_truncation_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = saved(directory.path());
    let path = directory.path().join("short.bpk");
    for length in (0..bytes.len()).step_by(7) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = Encoder::load(&path).unwrap_err();
        assert!(error.to_string().contains("short.bpk"), "{error}");
    }
}

#[test]
fn missing_and_unwritable_files_are_named() {
    let error = Encoder::load("/no/such/encoder.bpk").unwrap_err();
    assert!(matches!(error, SiameseError::Io { .. }), "{error}");
    let error = encoder().save("/no/such/directory/encoder.bpk").unwrap_err();
    assert!(error.to_string().contains("/no/such/directory"), "{error}");
}

/// Damaged bytes give an error or an encoder that can still be evaluated, never a panic.
#[test]
fn damage_never_panics() {
    let directory = tempfile::tempdir().unwrap();
    let whole = saved(directory.path());
    let path = directory.path().join("damaged.bpk");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..500 {
        let mut bytes = whole.clone();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..bytes.len());
            bytes[at] = rng.random();
        }
        std::fs::write(&path, bytes).unwrap();
        if let Ok(encoder) = Encoder::load(&path) {
            encoder.latents(&table(0.0)).ok();
        }
    }
}
