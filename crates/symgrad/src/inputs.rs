//! Inputs that a search does without: constant columns, and multiples of others.

use symgrad_data::{Dropped, Reduction, Table, Wanted};
use symgrad_search::{ConstantUnits, Unit};

use crate::{Error, SearchSettings};

impl SearchSettings {
    /// What a search with these settings leaves out of points: columns that are constant, or
    /// multiples of others. Of these, one that is required is kept rather than others, one that
    /// is excluded only for want of others; columns of different units are not alike. Constant columns
    /// stay where other constants cannot have units.
    pub fn reduction(&self, points: &Table) -> Reduction {
        let constraints = &self.config.constraints;
        let lists = |list: &[String], name: &str| list.iter().any(|known| known == name);
        let rank = |name: &str| match () {
            () if lists(&constraints.require, name) => 0,
            () if lists(&constraints.exclude, name) => 2,
            () => 1,
        };
        let units = &constraints.units;
        let unit = |name: &str| units.get(name).map(Unit::dimension);
        let dimensionless = constraints.constants == ConstantUnits::Dimensionless;
        let alike = |one: &str, other: &str| unit(one) == unit(other);
        let constants = dimensionless && !units.is_empty();
        Reduction::wanted(points, &Wanted { rank: &rank, alike: &alike, constants })
    }

    /// The settings for points without some columns. What is said of these is forgotten, unless
    /// they are required.
    pub fn without(&self, dropped: &[Dropped]) -> Result<Self, Error> {
        let mut settings = self.clone();
        let constraints = &mut settings.config.constraints;
        for column in dropped {
            if constraints.require.contains(&column.name) {
                return Err(Error::Superfluous { column: column.to_string() });
            }
            constraints.exclude.retain(|name| *name != column.name);
            constraints.units.remove(&column.name);
            settings.config.costs.remove(&column.name);
        }
        Ok(settings)
    }
}
