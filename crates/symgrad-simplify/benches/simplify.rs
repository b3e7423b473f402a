//! Milliseconds per simplification, for expressions of 15, 25 and 40 nodes.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use symgrad_expr::{Expr, OpSet};
use symgrad_simplify::{Domain, Interval, Simplifier, strip_root};

const EXPRESSIONS: [(&str, &str); 3] = [
    ("15 nodes", "exp(x1*x4 - x2*x3)*0.5 - sin(x1 + x3)^2"),
    ("25 nodes", "(x3*x6 + (x1 + 0.258)*x4 + (x5 + 0.318)*x2)^2/exp(x3 + x4)*2 - x1*3"),
    ("40 nodes", "x1*x5*x9 - x1*x6*x8 - x2*x4*x9 + x2*x6*x7 + x3*x4*x8 - x3*x5*x7 + exp(x1 + 1)"),
];

fn simplify(criterion: &mut Criterion) {
    let domain = Domain::new(vec![Interval::new(-1.0, 1.0); 9]);
    let simplifier = Simplifier::new(OpSet::default(), domain.clone());
    for (size, text) in EXPRESSIONS {
        let Ok(expr) = text.parse::<Expr>() else { continue };
        criterion.bench_function(&format!("simplify {size}"), |bencher| {
            bencher.iter(|| simplifier.simplify(black_box(&expr)));
        });
        criterion.bench_function(&format!("simplify_level_set {size}"), |bencher| {
            bencher.iter(|| simplifier.simplify_level_set(black_box(&expr)));
        });
        criterion.bench_function(&format!("strip_root {size}"), |bencher| {
            bencher.iter(|| strip_root(black_box(&expr), &domain));
        });
    }
}

criterion_group!(benches, simplify);
criterion_main!(benches);
