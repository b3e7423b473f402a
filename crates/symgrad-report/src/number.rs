//! Numbers as people read them.

/// A loss with three significant digits, in scientific notation when very small or large.
///
/// ```
/// use symgrad_report::format_loss;
/// assert_eq!(format_loss(0.0691512), "0.0692");
/// assert_eq!(format_loss(1.0749e-5), "1.07e-5");
/// assert_eq!(format_loss(0.0), "0");
/// ```
pub fn format_loss(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !value.is_finite() {
        value.to_string()
    } else if (9.995e-4..9999.5).contains(&magnitude) {
        with_significant_digits(value, 3)
    } else {
        format!("{value:.2e}")
    }
}

/// A time span in seconds, as seconds or minutes.
///
/// ```
/// use symgrad_report::format_seconds;
/// assert_eq!(format_seconds(0.4217), "0.42 s");
/// assert_eq!(format_seconds(21.33), "21.3 s");
/// assert_eq!(format_seconds(263.0), "4 min 23 s");
/// ```
pub fn format_seconds(seconds: f64) -> String {
    if !(0.0..1e15).contains(&seconds) {
        return format!("{seconds} s");
    }
    if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 119.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round();
        format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0)
    }
}

/// Plain decimal notation; meant for magnitudes between 1e-4 and 1e6.
fn with_significant_digits(value: f64, digits: i32) -> String {
    // Rounding may carry into the next decade, so read the exponent off the rounded number.
    let rounded = format!("{value:.*e}", usize::try_from(digits - 1).unwrap_or(0));
    let exponent = rounded.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let decimals = usize::try_from(digits - 1 - exponent).unwrap_or(0);
    format!("{value:.decimals$}")
}

/// The short form of a tick's value, such as `0.05`, `200` or `2×10⁻⁷`.
pub(crate) fn format_tick(value: f64) -> String {
    // Ticks are short decimal numbers; twelve digits hide the rounding of their computation.
    let clean: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    let magnitude = clean.abs();
    if clean == 0.0 {
        return "0".to_owned();
    }
    if (1e-3..1e5).contains(&magnitude) {
        return clean.to_string().replace('-', "−");
    }
    let scientific = format!("{clean:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let power = format!("10{}", superscript(exponent));
    match mantissa {
        "1" => power,
        "-1" => format!("−{power}"),
        _ => format!("{}×{power}", mantissa.replace('-', "−")),
    }
}

/// A power of ten.
pub(crate) fn format_power_of_ten(exponent: i32) -> String {
    match exponent {
        -2..=2 => format_tick(10_f64.powi(exponent)),
        _ => format!("10{}", superscript(&exponent.to_string())),
    }
}

fn superscript(digits: &str) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32(0x2070 + (c as u32 - '0' as u32)).unwrap_or(c),
        other => other,
    };
    digits.chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_keep_three_digits_across_decades() {
        let cases = [
            (1.0, "1.00"),
            (0.9996, "1.00"),
            (123.456, "123"),
            (9998.0, "9998"),
            (0.001_964, "0.00196"),
            (1e-16, "1.00e-16"),
            (-0.5, "-0.500"),
            (f64::NAN, "NaN"),
        ];
        for (value, wanted) in cases {
            assert_eq!(format_loss(value), wanted);
        }
    }

    #[test]
    fn ticks_are_short() {
        let cases =
            [(0.1 + 0.2, "0.3"), (-2e-7, "−2×10⁻⁷"), (1e-16, "10⁻¹⁶"), (0.0, "0"), (1e5, "10⁵")];
        for (value, wanted) in cases {
            assert_eq!(format_tick(value), wanted);
        }
        assert_eq!(format_power_of_ten(-2), "0.01");
        assert_eq!(format_power_of_ten(-13), "10⁻¹³");
    }
}
