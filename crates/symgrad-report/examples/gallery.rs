//! Draws the pictures over easy and hard data, to be looked at: `gallery FOLDER`.

use std::error::Error;
use std::path::Path;

use symgrad_report::{
    Curve, FrontLabels, FrontPoint, ScatterLabels, pareto_svg, scatter_svg, training_curve_svg,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let save = |name: &str, svg: String| std::fs::write(folder.join(format!("{name}.svg")), svg);

    let short = [
        entry(1, 0.31, "a11"),
        entry(3, 2.4e-5, "a11 + a22"),
        entry(7, 2.1e-5, "a11 + a22 + 0.001*a12"),
        entry(9, 1.9e-5, "a11 + a22 + 0.001*(a12 + a21)"),
    ];
    let labels = FrontLabels { title: "trace-2x2", ..FrontLabels::default() };
    save("front-short", pareto_svg(&short, Some(1), &labels)?)?;
    let behind = [entry(1, 0.4, "x"), entry(5, 6e-5, "y"), entry(11, 5.6e-5, "z")];
    let both = FrontLabels { reference: Some(("published", &behind)), ..labels };
    save("front-reference", pareto_svg(&short, Some(1), &both)?)?;

    let determinant = "a11*(a22*a33 - a23*a32) - a12*(a21*a33 - a23*a31) + a13*(a21*a32 - a22*a31)";
    let long = front_of(40, 1e-16, determinant);
    let labels =
        FrontLabels { title: "determinant-3x3", loss: "loss (1 − |mean cos|)", ..labels };
    save("front-extreme", pareto_svg(&long, Some(29), &labels)?)?;
    let endless = [determinant; 6].join(" + ");
    let zero = [entry(1, 0.5, "a"), entry(40, 1e-3, "b"), entry(200, 0.0, &endless)];
    save("front-zero", pareto_svg(&zero, Some(2), &labels)?)?;
    let one = [entry(5, 0.07, "sin(x1) < exp(x2) & \"x3\"")];
    save("front-one", pareto_svg(&one, Some(0), &FrontLabels::default())?)?;
    let flat = [entry(1, 0.2, "x1"), entry(4, 0.2, "x1*x2"), entry(6, 0.2, "x3")];
    save("front-flat", pareto_svg(&flat, None, &FrontLabels::default())?)?;

    let formula: Vec<f64> = (0..10_000).map(|n| wave(n) * 10.0).collect();
    let latent: Vec<f64> =
        formula.iter().zip(0..).map(|(g, n)| (g / 4.0).tanh() + 0.02 * wave(n * 7 + 3)).collect();
    let labels = ScatterLabels {
        title: "determinant-2x2",
        formula: "a11*a22 - a12*a21",
        r_squared: Some(0.9781),
        spearman: Some(0.999_83),
        ..ScatterLabels::default()
    };
    save("scatter-curve", scatter_svg(&latent, &formula, &labels)?)?;
    let cloud: Vec<f64> = (0..10_000).map(|n| wave(n * 13 + 5) + wave(n * 5 + 1)).collect();
    let labels = ScatterLabels { spearman: Some(-0.012), r_squared: Some(0.0), ..labels };
    save("scatter-cloud", scatter_svg(&cloud, &formula, &labels)?)?;
    save("scatter-few", scatter_svg(&[1.0, 2.0, 4.0], &[1e-7, 2e-7, 4e-7], &labels)?)?;

    let losses = |floor: f64, shift: u32| -> Vec<(f64, f64)> {
        (0..300)
            .map(|n| (f64::from(n) * 10.0, decay(n, floor) * (1.0 + 0.2 * wave(n + shift))))
            .collect()
    };
    let (training, validation) = (losses(0.002, 0), losses(0.004, 77));
    let curves = [
        Curve { name: "training", points: &training },
        Curve { name: "validation", points: &validation },
    ];
    save("training", training_curve_svg(&curves, "spacetime-interval", "step")?)?;
    Ok(())
}

fn entry(complexity: u32, loss: f64, expression: &str) -> FrontPoint {
    FrontPoint { complexity, loss, expression: expression.to_owned() }
}

/// A front that falls slowly, then by many decades at three quarters of its length.
fn front_of(count: u32, best: f64, answer: &str) -> Vec<FrontPoint> {
    let loss = |k: u32| {
        let slow = (-0.06 * f64::from(k)).exp();
        if k < 3 * count / 4 - 1 { slow } else { best * (2.0 + slow) }
    };
    (0..count).map(|k| entry(k + 1, loss(k), answer)).collect()
}

fn decay(step: u32, floor: f64) -> f64 {
    (-0.03 * f64::from(step)).exp() + floor
}

/// A cheap irregular sequence within [−1, 1].
fn wave(n: u32) -> f64 {
    let n = f64::from(n);
    0.5 * ((1.7 * n).sin() + (0.31 * n * n).sin())
}
