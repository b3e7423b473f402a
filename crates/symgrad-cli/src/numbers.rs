//! Numbers as people write them on a command line: `1e6`, `1_000_000`, `1M`, `10k`.

/// A count: a whole number in any of these forms.
pub(crate) fn count<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number = whole(text).ok_or_else(|| {
        "write a whole number, such as 20000, 20_000, 2e4, 20k or 0.02M".to_owned()
    })?;
    T::try_from(number).map_err(|_| format!("{number} is too large"))
}

/// A seed: a count that a configuration file can hold.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let seed = count(text)?;
    if seed < 1 << 63 { Ok(seed) } else { Err(format!("{seed} is not below 2^63")) }
}

/// A number of threads: more than the system grants would end in a failure much later.
pub(crate) fn threads(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    let threads = count(text).ok().filter(|threads| (1..=MOST).contains(threads));
    threads.ok_or_else(|| format!("write a number from 1 to {MOST}"))
}

/// Any number that is not negative, in the same forms.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    let parts = Parts::of(text);
    let spelt = parts.map(|parts| {
        let Parts { whole, fraction, exponent } = parts;
        format!("{whole}.{fraction}e{exponent}")
    });
    let number =
        spelt.and_then(|spelt| spelt.parse().ok()).filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "write a number that is not negative, such as 90, 1e-6 or 1.5k".to_owned())
}

/// A decimal number: `whole.fraction` times ten to the `exponent`.
struct Parts {
    whole: String,
    fraction: String,
    exponent: i32,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let (text, thousands) = match text.char_indices().next_back()? {
            (end, 'k' | 'K') => (&text[..end], 3),
            (end, 'M') => (&text[..end], 6),
            (end, 'G') => (&text[..end], 9),
            _ => (text, 0),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            // `1e3k` would be read in two ways.
            Some(_) if thousands > 0 => return None,
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, thousands),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if mantissa.is_empty() || mantissa.starts_with('.') || mantissa.ends_with('.') {
            return None;
        }
        Some(Self { whole: digits(whole)?, fraction: digits(fraction)?, exponent })
    }
}

/// The digits of a text in which underscores may stand between two of them.
fn digits(text: &str) -> Option<String> {
    let apart = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    (apart && plain.bytes().all(|byte| byte.is_ascii_digit())).then_some(plain)
}

/// The number if it is whole and fits, without rounding.
fn whole(text: &str) -> Option<u64> {
    let Parts { whole, fraction, exponent } = Parts::of(text)?;
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let zeros = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if zeros < 0 {
        // `1000e-3` is whole, too.
        let cut = usize::try_from(-zeros).ok()?;
        let (kept, lost) = digits.split_at(digits.len().checked_sub(cut)?);
        return lost.bytes().all(|byte| byte == b'0').then(|| kept.parse().ok()).flatten();
    }
    let power = 10_u64.checked_pow(u32::try_from(zeros).ok()?)?;
    digits.parse::<u64>().ok()?.checked_mul(power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, number) in [
            ("0", 0),
            ("400000", 400_000),
            ("400_000", 400_000),
            ("4e5", 400_000),
            ("4E5", 400_000),
            ("400k", 400_000),
            ("0.4M", 400_000),
            ("1.5e3", 1_500),
            ("1000e-3", 1),
            ("2.50k", 2_500),
            ("1G", 1_000_000_000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(count::<u64>(text), Ok(number), "{text}");
        }
        for text in [
            "",
            "k",
            "e5",
            "-1",
            "+1",
            "1.5",
            "1e-1",
            "1e",
            "1_",
            "_1",
            "1__0",
            "1.",
            ".5k",
            "1e3k",
            "1m",
            "0x10",
            "1e20",
            "18446744073709551616",
            "1e99999999999",
            "٣",
            "1 000",
        ] {
            assert!(count::<u64>(text).is_err(), "{text}");
        }
        assert!(count::<u32>("5G").is_err());
        assert_eq!(threads("2"), Ok(2));
        assert!(threads("0").is_err() && threads("2k").is_err() && seed("1e19").is_err());
        assert_eq!((number("1e-6"), number("1_0.5k")), (Ok(1e-6), Ok(10_500.0)));
        assert!(number("nan").is_err() && number("-1").is_err() && number("1e999").is_err());
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_count_is_that_count(
            number in 0..=u64::MAX / 1_000_000, power in 0_u32..=6, gap in 1_usize..4,
        ) {
            let total = number * 10_u64.pow(power);
            let plain = total.to_string();
            let mut grouped = String::new();
            for (index, digit) in plain.chars().enumerate() {
                if index > 0 && (plain.len() - index).is_multiple_of(gap) {
                    grouped.push('_');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(count::<u64>(&plain), Ok(total));
            prop_assert_eq!(count::<u64>(&grouped), Ok(total));
            prop_assert_eq!(count::<u64>(&format!("{number}e{power}")), Ok(total));
            prop_assert_eq!(count::<u64>(&format!("{total}.000")), Ok(total));
            let (millions, rest) = (total / 1_000_000, total % 1_000_000);
            prop_assert_eq!(count::<u64>(&format!("{millions}.{rest:06}M")), Ok(total));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,24}") {
            let _ = (count::<u64>(&text), number(&text));
        }
    }
}
