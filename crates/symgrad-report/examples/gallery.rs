//! Draws the pictures and pages over easy and hard data, to be looked at: `gallery FOLDER`.

use std::error::Error;
use std::path::Path;

use symgrad_report::{
    Badge, Card, CardGroup, Cell, Curve, FrontLabels, FrontPoint, GridPage, IndexPage, IndexRow,
    PageEntry, PageHint, PagePlane, PageTruth, Relation, ResultPage, ScatterLabels, Section,
    Span95, Spelt, TextTable, pareto_svg, scatter_svg, training_curve_svg,
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

    let pages = [
        ("page", page(Badge::Identified, determinant).to_html()),
        ("page-long", page(Badge::NotFound, &endless).to_html()),
        ("page-dead", ResultPage { entries: vec![], ..page(Badge::Dead, "") }.to_html()),
        ("grid", grid().to_html()),
        ("index", index().to_html()),
    ];
    for (name, page) in pages {
        std::fs::write(folder.join(format!("{name}.html")), page)?;
    }
    Ok(())
}

/// A page with everything that one may hold.
fn page(badge: Badge, answer: &str) -> ResultPage {
    let entry = |point: FrontPoint| PageEntry {
        complexity: point.complexity,
        loss: point.loss,
        second: Some(point.loss / 2.0),
        math: typeset(&point.expression),
        rounded: false,
        notations: spelt(&point.expression),
        text: point.expression,
        held_out: Some(Span95 {
            estimate: 1.1 * point.loss,
            low: point.loss,
            high: 1.3 * point.loss,
        }),
        outermost: Some(Span95 { estimate: 2.0 * point.loss, ..Span95::default() }),
        bits: Some(f64::from(point.complexity) * 7.5),
        relation: Some(relation(f64::from(30 - point.complexity) / 30.0)),
        angles: (0..200).map(|n| 9.0 * point.loss.sqrt() * (1.5 * wave(n)).exp()).collect(),
        plane: Some(plane(f64::from(30 - point.complexity) / 30.0)),
    };
    let front: Vec<PageEntry> = front_of(30, 1e-7, answer).into_iter().map(entry).collect();
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    ResultPage {
        title: "Neuron 0 of latents, determinant-3x3.onnx".into(),
        badge,
        sentence: "A plain sentence says what the verdict means, to those who meet it first."
            .into(),
        reason: Some("held-out loss (level-set) 1.8e-5 (95 %: 1.0e-5 to 2.8e-5)".into()),
        remarks: vec!["values = a*(answer) + b with a = 2, b = 1".into()],
        loss: "level-set".into(),
        meaning: "1 − |mean cos| of the angle between the gradients".into(),
        second: Some("paper MSE".into()),
        answer: 22,
        alternatives: vec![24],
        entries: front,
        command: Some(
            "symgrad interpret --model determinant-3x3.onnx --points determinant-3x3.csv".into(),
        ),
        truth: Some(PageTruth {
            text: answer.to_owned(),
            math: typeset(answer),
            sentences: vec!["Recovered: 1 − |mean cos| = 4.5e-6 at fresh points.".into()],
        }),
        training: [("training loss", 1e-4), ("validation loss", 3e-4)]
            .map(|(name, floor)| {
                let curve = (0..80).map(|n| [f64::from(50 * n), decay(4 * n, floor)]);
                (name.to_owned(), curve.collect())
            })
            .into(),
        stages: vec![
            (1.0, "the loss chooses a concept".into()),
            (1000.0, "pairs alone make it precise, round 1".into()),
            (2000.0, "pairs alone make it precise, round 2".into()),
        ],
        hints: vec![
            PageHint { text: "g does not depend on a33; confidence 99 %".into(), against: true },
            PageHint { text: "g is of degree 3 in all inputs".into(), against: false },
        ],
        work: vec![fact("search", "12.1 s"), fact("evaluations", "123456")],
        provenance: vec![fact("data", "determinant-3x3.csv, 2000 rows"), fact("seed", "0")],
        configuration: Some("operators = \"add mul\"\n\n[search]\nseed = 0\n".into()),
    }
}

/// A neuron against a formula that lacks so much.
fn relation(lack: f64) -> Relation {
    let points = (0..120).map(|n| (4.0 * wave(n), wave(7 * n + 3)));
    let curve = (0..50).map(|n| f64::from(n) / 6.125 - 4.0);
    Relation {
        target: "neuron 0".into(),
        fit: "φ(formula)".into(),
        points: points.map(|(x, error)| [x, x.tanh() + lack * error]).collect(),
        curve: curve.map(|x| [x, x.tanh()]).collect(),
        numbers: "φ rises, R² = 0.9990, Spearman 0.9995".into(),
    }
}

/// The level sets of x·y, and gradients that are off by so much.
fn plane(lack: f64) -> PagePlane {
    let nodes: Vec<f64> = (0..=40).map(|n| f64::from(n) / 10.0 - 2.0).collect();
    let places: Vec<[f64; 2]> =
        (0..100).map(|n| [2.0 * wave(3 * n + 1), 2.0 * wave(5 * n + 2)]).collect();
    let unit = |[x, y]: [f64; 2]| [x, y].map(|part| part / x.hypot(y).max(1e-9));
    PagePlane {
        names: ["a11".into(), "a22".into()],
        spread: [1.0; 2],
        levels: nodes.iter().flat_map(|y| nodes.iter().map(move |x| x * y)).collect(),
        nodes: [nodes.clone(), nodes],
        given: places.iter().map(|[x, y]| unit([y + lack, x - lack])).collect(),
        own: places.iter().map(|[x, y]| [*y, *x]).collect(),
        places,
        others: "a12 is 0.1, a21 is -0.3".into(),
    }
}

fn grid() -> GridPage {
    let badges = [Badge::Identified, Badge::Ambiguous, Badge::NotFound, Badge::Dead];
    let card = |(n, badge): (u32, Badge)| Card {
        name: format!("Neuron {n}"),
        badge,
        text: "x*y".into(),
        math: typeset("x*y + z"),
        notations: spelt("x*y"),
        complexity: Some(3 + n),
        loss: Some(decay(40 * n, 1e-5)),
        remarks: vec!["active at 48 % of the points".into()],
        curve: (0..40).map(|n| f64::from(n) / 5.0 - 4.0).map(|x| [x, x.tanh()]).collect(),
    };
    let cards = (0..).zip(badges.into_iter().cycle().take(12)).map(card);
    let (shared, alone) = cards.partition(|card| card.badge != Badge::Dead);
    let shared = CardGroup {
        name: "9 neurons of one concept".into(),
        text: "x*y".into(),
        math: typeset("x*y + z"),
        cards: shared,
    };
    let alone = CardGroup {
        name: "3 neurons with concepts of their own".into(),
        cards: alone,
        ..CardGroup::default()
    };
    let groups = vec![shared, alone];
    GridPage { title: "Layer relu, motion.onnx".into(), groups, ..GridPage::default() }
}

fn index() -> IndexPage {
    let row = |n: u32| IndexRow {
        name: format!("run-{n}"),
        link: format!("run-{n}/report.html"),
        badge: [Some(Badge::Identified), Some(Badge::Ambiguous), None][n as usize % 3],
        complexity: (n != 4).then_some(20 - n),
        loss: (n != 4).then(|| decay(30 * n, 1e-6)),
        text: "a11*a22 - a12*a21".into(),
        math: if n % 4 == 3 { typeset("a*b - c*d + ").repeat(8) } else { typeset("a*b - c*d") },
        cells: vec![
            Cell::Holds(n % 5 != 2),
            Cell::Text("isolated".into()),
            Cell::Number(f64::from(n), format!("{n} s")),
        ],
    };
    let mut table = TextTable::new(["verdict", "recovered", "not recovered"]);
    table.row(["identified", "8", "0"]).row(["ambiguous", "2", "1"]);
    IndexPage {
        title: "From triplets to formulas".into(),
        sentences: vec!["10 of 12 recovered.".into()],
        command: Some("symgrad reproduce --suite all".into()),
        columns: ["recovered", "recipe", "seconds"].map(str::to_owned).into(),
        rows: (0..12).map(row).collect(),
        sections: vec![Section {
            title: "Verdicts".into(),
            text: vec!["How often a verdict went with a recovery.".into()],
            table: Some(table),
            ..Section::default()
        }],
        provenance: vec![("version".into(), "0.1.0".into())],
    }
}

fn typeset(text: &str) -> String {
    let sign = |c: char| match c {
        '*' => "<mo lspace=\"0.09em\" rspace=\"0.09em\">\u{2062}</mo>".to_owned(),
        '-' => "<mo>−</mo>".to_owned(),
        '+' | '(' | ')' => format!("<mo>{c}</mo>"),
        ' ' => String::new(),
        '0'..='9' => format!("<mn>{c}</mn>"),
        _ => format!("<mi>{c}</mi>"),
    };
    text.chars().map(sign).collect()
}

fn spelt(text: &str) -> Vec<Spelt> {
    let one = |language: &str| Spelt {
        language: language.into(),
        text: text.into(),
        note: (language == "SymPy")
            .then(|| "with E_ for E; first run E_, x = symbols('E x')".into()),
    };
    ["LaTeX", "SymPy", "NumPy", "Rust"].map(one).into()
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
