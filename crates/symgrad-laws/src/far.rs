//! Points far outside all others, as of fields seen by fast observers: a few of them would be all that
//! squares and products tell of.

use symgrad_data::{DataError, Groups};

/// Median distances from the median beyond which a point is far outside. Of points that are spread
/// evenly or normally none is.
const FAR: f64 = 10.0;

/// The share of the points that may be left out: where more are far, that is how they are spread.
const MOST: f64 = 0.1;

/// The groups without what is far outside in some input, and how many points that is. Points in time
/// belong to a motion, and stay.
pub(crate) fn without_far(groups: &Groups) -> Result<Option<(Groups, usize)>, DataError> {
    let points = groups.points();
    if groups.time().is_some() {
        return Ok(None);
    }
    let mut far = vec![false; points.rows()];
    for column in points.columns() {
        let centre = median(column.clone());
        let distances: Vec<f64> = column.iter().map(|x| (x - centre).abs()).collect();
        let limit = FAR * median(distances.clone());
        // An input that is mostly the same tells of no distances.
        if limit > 0.0 {
            far.iter_mut().zip(distances).for_each(|(far, distance)| *far |= distance > limit);
        }
    }
    let count = far.iter().filter(|far| **far).count();
    if count == 0 || count as f64 > MOST * points.rows() as f64 {
        return Ok(None);
    }
    Ok(Some((groups.without(&far)?, count)))
}

fn median(mut column: Vec<f64>) -> f64 {
    column.sort_unstable_by(f64::total_cmp);
    column[column.len() / 2]
}
