//! What can be wrong with groups.

/// Groups from which nothing can be told, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GroupError {
    /// Nothing says which rows belong together.
    #[error(
        "no column says which rows belong together: name it with --group, as in --group run; \
         the columns are: {known}"
    )]
    NoGroups {
        /// The columns there are.
        known: String,
    },
    /// All rows belong together.
    #[error(
        "all rows are of one group, and within one group everything may be a law: give several \
         trajectories, from different starts, with a number for each in a column"
    )]
    OneGroup,
    /// Groups that say nothing.
    #[error(
        "{rows} rows in {groups} groups: nearly all groups have a single row, and what is constant \
         within them cannot be told; does the group's column number the rows?"
    )]
    SingleRows {
        /// Number of groups.
        groups: usize,
        /// Number of rows.
        rows: usize,
    },
    /// Pairs that say nothing.
    #[error(
        "the two points of each of {pairs} pairs are one and the same; a pair needs different \
         points that share a value"
    )]
    SamePoints {
        /// Number of pairs.
        pairs: usize,
    },
    /// Time, of which pairs have none.
    #[error(
        "pairs have no order in time: leave --time out, or name the groups' column with --group"
    )]
    PairsInTime,
    /// Files whose rows no longer belong together.
    #[error(
        "a row was left out of one of the files of pairs, whose rows belong together by their \
         number; put them into one table with columns anchor_NAME and positive_NAME"
    )]
    PairsSkipped,
    /// Parts of a split that are not of one kind.
    #[error("a part of the split has the inputs [{found}] where the first has [{expected}]")]
    OtherInputs {
        /// Its inputs.
        found: String,
        /// Those of the first.
        expected: String,
    },
    /// Too few groups to hold some of them back.
    #[error(
        "{found} groups, and at least {needed} are needed: some to fit, others to choose, others to \
         judge; give more trajectories"
    )]
    FewGroups {
        /// Groups there are.
        found: usize,
        /// The fewest that can be split.
        needed: usize,
    },
    /// Too few points.
    #[error("{rows} points in groups, and at least {needed} are needed; give more of each group")]
    FewPoints {
        /// Points there are.
        rows: usize,
        /// The fewest.
        needed: usize,
    },
    /// Time stands still or runs backwards.
    #[error(
        "row {row}: the time {found} follows {before} in group {group}; within a group, time must \
         rise from row to row: sort the rows, or give each trajectory a number of its own"
    )]
    TimeNotRising {
        /// The group's label, or name.
        group: String,
        /// The row, counted from 1.
        row: usize,
        /// The time before.
        before: f64,
        /// The time there.
        found: f64,
    },
}

impl GroupError {
    /// With the names of groups that were numbered 1, 2, ….
    pub(crate) fn with_names(mut self, names: &[String]) -> Self {
        if let Self::TimeNotRising { group, .. } = &mut self
            && let Some(name) =
                group.parse::<usize>().ok().and_then(|n| names.get(n.wrapping_sub(1)))
        {
            group.clone_from(name);
        }
        self
    }
}
