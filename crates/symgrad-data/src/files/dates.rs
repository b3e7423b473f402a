//! Dates as numbers: seconds since the first of a column.

use super::sheet::{Column, Flaw};

/// Days from the years 1 to 9999, in which a day has 86 400 seconds.
const SECONDS: i64 = 86_400;

impl Column {
    /// Where all cells are dates by ISO 8601, or missing: the same in seconds since the first of them.
    pub(super) fn dated(&self) -> Option<Self> {
        let mut instants = vec![None; self.values.len()];
        for (row, word) in self.words() {
            instants[row] = Some(instant(word)?);
        }
        let [whole, _] = instants.iter().flatten().next()?.0;
        let is_number =
            |(instant, value): (&Option<Instant>, &f64)| instant.is_none() && !value.is_nan();
        if instants.iter().zip(&self.values).any(is_number) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "ten thousand years are exact")]
        let since = |instant: Option<Instant>| {
            instant.map_or(f64::NAN, |Instant([seconds, nanos])| {
                (seconds - whole) as f64 + nanos as f64 * 1e-9
            })
        };
        let values: Vec<f64> = instants.into_iter().map(since).collect();
        let first = values.iter().copied().find(|x| !x.is_nan())?;
        let values = values.into_iter().map(|x| x - first).collect();
        let missing = self.missing.clone();
        Some(Self { values, missing, ..Self::new(self.header.clone()) })
    }

    /// What its cells hold that is neither number nor date, for a message about times. Where there are both,
    /// that is the first date.
    pub(super) fn no_time(&self) -> Option<String> {
        match (&self.words.undated, &self.flaw) {
            (Some((place, found)), _) | (None, Some(Flaw::Text(place, found))) => {
                Some(format!("`{found}` in {place}"))
            }
            (None, Some(Flaw::Kind(kind))) => Some(kind.clone()),
            _ => None,
        }
    }
}

/// Whether a text is a date that can be read.
pub(super) fn is_date(text: &str) -> bool {
    instant(text).is_some()
}

/// Seconds, and nanoseconds beside them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Instant([i64; 2]);

/// A date such as 2024-05-01, perhaps with a time of day such as T12:00, 12:00:00 or 12:00:00.25, and that with its
/// distance from universal time, such as Z or +02:00; none that is said is taken for none.
fn instant(text: &str) -> Option<Instant> {
    let (date, rest) = text.split_at_checked(10)?;
    let days = day(date)?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return rest.is_empty().then_some(Instant([days * SECONDS, 0]));
    };
    let rest = rest.trim_start();
    let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let [seconds, nanos] = time_of_day(clock.trim_end())?;
    Some(Instant([days * SECONDS + seconds - distance(zone)?, nanos]))
}

/// The day's number, as of years that begin in March (the civil calendar, by H. Hinnant's days from civil).
fn day(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let [year, month, day] = [(4, 1..=9999), (2, 1..=12), (2, 1..=31)].map(|(width, range)| {
        parts.next().and_then(|part| digits(part, width)).filter(|number| range.contains(number))
    });
    let (year, month, day) = (year?, month?, day?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if parts.next().is_some() || day > longest {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day)
}

/// Seconds and nanoseconds since midnight.
fn time_of_day(clock: &str) -> Option<[i64; 2]> {
    let (clock, fraction) =
        clock.split_once(['.', ',']).map_or((clock, None), |(c, f)| (c, Some(f)));
    let parts: Vec<&str> = clock.split(':').collect();
    let seconds = match (parts.as_slice(), fraction) {
        ([hour, minute], None) => 3600 * upto(hour, 24)? + 60 * upto(minute, 59)?,
        ([hour, minute, second], _) => {
            3600 * upto(hour, 24)? + 60 * upto(minute, 59)? + upto(second, 60)?
        }
        _ => return None,
    };
    let Some(fraction) = fraction else { return Some([seconds, 0]) };
    let is_plain = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    Some([seconds, nine.parse().ok().filter(|_| is_plain)?])
}

/// Seconds by which clocks are ahead of universal time.
fn distance(zone: &str) -> Option<i64> {
    let (sign, ahead) = match zone.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(0),
        Some(("+", ahead)) => (1, ahead),
        Some(("-", ahead)) => (-1, ahead),
        Some(_) => return None,
    };
    let (hours, minutes) = match (ahead.split_once(':'), ahead.len()) {
        (Some(both), _) => both,
        (None, 4) => ahead.split_at_checked(2)?,
        (None, _) => (ahead, "00"),
    };
    Some(sign * (3600 * upto(hours, 23)? + 60 * upto(minutes, 59)?))
}

fn upto(text: &str, most: i64) -> Option<i64> {
    digits(text, 2).filter(|number| *number <= most)
}

fn digits(text: &str, width: usize) -> Option<i64> {
    let is_plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The date of a day's number since 2000-03-01, counted through the calendar.
    fn date(mut days: u32) -> String {
        let (mut year, mut month) = (2000, 3);
        loop {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u32::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            if days < length {
                return format!("{year:04}-{month:02}-{:02}", days + 1);
            }
            days -= length;
            (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        }
    }

    proptest! {
        #[test]
        fn dates_are_seconds(days in 0..200_000_u32, hour in 0..24_i64, minute in 0..60_i64, second in 0..60_i64, milli in 0..1000_i64, ahead in -12..14_i64) {
            let zone = match ahead { 0 => "Z".into(), _ => format!("{ahead:+03}:30") };
            let shift = match ahead { 0 => 0, _ => ahead.signum() * (ahead.abs() * 3600 + 1800) };
            let start = day("2000-03-01").unwrap();
            let midnight = (start + i64::from(days)) * SECONDS;
            prop_assert_eq!(instant(&date(days)), Some(Instant([midnight, 0])));
            let seconds = midnight + 3600 * hour + 60 * minute;
            for separator in ["T", " "] {
                let clock = format!("{}{separator}{hour:02}:{minute:02}", date(days));
                prop_assert_eq!(instant(&clock), Some(Instant([seconds, 0])));
                let clock = format!("{clock}:{second:02}.{milli:03}{zone}");
                prop_assert_eq!(instant(&clock), Some(Instant([seconds + second - shift, milli * 1_000_000])));
            }
        }
    }

    #[test]
    fn nothing_else_is_a_date() {
        for text in [
            "2024",
            "2024-05",
            "2024-5-1",
            "2024-13-01",
            "2023-02-29",
            "1900-02-29",
            "2024-05-01T",
            "2024-05-01T25:00",
            "2024-05-01T12",
            "2024-05-01T12:00:00.",
            "2024-05-01T12:00+2",
            "2024-05-01x",
            "01.05.2024",
            "+024-05-01",
            "2024-05-01T12:00:00Zulu",
            "May 1, 2024",
            "2024-05-0é",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
        assert!(instant("2024-02-29").is_some() && instant("2000-02-29 00:00:00").is_some());
    }
}
