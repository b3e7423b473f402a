//! What pairs say by themselves: laws that they choose among the formulas of both roads.

use symgrad_data::{DataError, Groups, Split, Table, Triplets};
use symgrad_experiments::{Splits, generate};
use symgrad_laws::Source;

use super::{Run, users_triplets};
use crate::files::{read_json, write_json};
use crate::folder::{Folder, Sources};
use crate::steps::{LAWS, RESULT, TEST, TRAIN};
use crate::{DiscoverSettings, Discovery, Error, Findings, discover};

/// Pairs that formulas are fitted on, and as many that are held out: half of these choose, the others
/// judge. More would change little but the seconds.
const PAIRS: usize = 1_000;

impl Run<'_> {
    /// The front's formulas and those of the direct road to laws. The pairs of the training serve to fit,
    /// those of the test, on which nothing was trained, to choose and to judge.
    pub(super) fn find_laws(&self, folder: &mut Folder, from: Sources) -> Result<(), Error> {
        let findings: Findings = read_json(&self.file(RESULT))?;
        let [train, test] = self.pairs(folder)?;
        let laws = match parted(&train, &test) {
            Ok(groups) => self.laws_in(groups, &findings)?,
            // A user's own may be too few.
            Err(error) => Discovery::without_laws(train.anchor(), &error)?,
        };
        folder.make(LAWS, from, |path| write_json(path, &laws))
    }

    fn laws_in(&self, groups: Groups, findings: &Findings) -> Result<Discovery, Error> {
        let settings = DiscoverSettings {
            ops: self.config.search_settings(self.threads).ops,
            seed: self.config.seed,
            noise: None,
            proposals: findings.front.iter().map(|entry| entry.expression.clone()).collect(),
        };
        let find = || discover(&Source::Groups(groups), &settings, &mut ());
        let threads = self.threads.max(1);
        let found = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool.install(find),
            // The result does not depend on them.
            Err(_) => find(),
        };
        Ok(Discovery { seconds: crate::Seconds::new(), ..found? })
    }

    /// Triplets to fit on and others to judge by.
    fn pairs(&self, folder: &Folder) -> Result<[Triplets; 2], Error> {
        let sizes = Splits { train: PAIRS, validation: 1, test: PAIRS };
        let data = generate(self.config.experiment, self.config.recipe, sizes, self.config.seed)?;
        let train = users_triplets(folder, TRAIN)?.unwrap_or(data.train);
        Ok([train, users_triplets(folder, TEST)?.unwrap_or(data.test)])
    }
}

/// Pairs as groups that are parted already.
fn parted(train: &Triplets, test: &Triplets) -> Result<Groups, DataError> {
    let held_out = test.anchor().rows().min(PAIRS);
    Groups::of_split(&Split {
        fit: pairs_of(train, 0..train.anchor().rows().min(PAIRS))?,
        validation: pairs_of(test, 0..held_out / 2)?,
        test: pairs_of(test, held_out / 2..held_out)?,
    })
}

fn pairs_of(triplets: &Triplets, rows: std::ops::Range<usize>) -> Result<Groups, DataError> {
    let rows: Vec<usize> = rows.collect();
    let part = |table: &Table| table.select(&rows);
    Groups::pairs(&part(triplets.anchor()), &part(triplets.positive()), None)
}
