//! `MathML` output: well-formed, as people write formulas, and with the same meaning.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod markup;

use markup::{is_mathml, typed};
use proptest::prelude::*;
use proptest::test_runner::Config;
use symgrad_expr::testing::{any_expressions, expressions, is_regular, points};
use symgrad_expr::{Expr, Language, Names, Op, Spelling};

#[test]
fn formulas_are_as_people_write_them() {
    let names = Names::new(["x", "vx", "speed"]).unwrap();
    let times = "<mo lspace=\"0.09em\" rspace=\"0.09em\">\u{2062}</mo>";
    let v = "<msub><mi>v</mi><mi>x</mi></msub>";
    let table = [
        ("speed^2", "<msup><mrow><mi>speed</mi></mrow><mn>2</mn></msup>".into()),
        ("vx^2", "<msubsup><mi>v</mi><mi>x</mi><mn>2</mn></msubsup>".into()),
        ("-vx^4", "<mo>−</mo><msubsup><mi>v</mi><mi>x</mi><mn>4</mn></msubsup>".into()),
        ("vx^x", format!("<msup><mrow>{v}</mrow><mrow><mi>x</mi></mrow></msup>")),
        ("2*x", format!("<mn>2</mn>{times}<mi>x</mi>")),
        ("x*2", "<mi>x</mi><mo>⋅</mo><mn>2</mn>".into()),
        // A raised number runs together with what stands before it, too.
        ("x*2^x", "<mi>x</mi><mo>⋅</mo><msup><mrow><mn>2</mn></mrow><mrow><mi>x</mi></mrow></msup>".into()),
        ("1/speed", "<mfrac><mn>1</mn><mrow><mi>speed</mi></mrow></mfrac>".into()),
        ("x - (-3)", "<mi>x</mi><mo>−</mo><mrow><mo>(</mo><mrow><mo>−</mo><mn>3</mn></mrow><mo>)</mo></mrow>".into()),
        ("sqrt(x)", "<msqrt><mi>x</mi></msqrt>".into()),
        ("exp(-x)", "<msup><mi mathvariant=\"normal\">e</mi><mrow><mo>−</mo><mi>x</mi></mrow></msup>".into()),
        ("1e-7", "<msup><mn>10</mn><mrow><mo>−</mo><mn>7</mn></mrow></msup>".into()),
        ("asin(x)", "<mi>arcsin</mi><mo>\u{2061}</mo><mrow><mo>(</mo><mrow><mi>x</mi></mrow><mo>)</mo></mrow>".into()),
        ("atan2(x, 2)", "<mi>atan2</mi><mo>\u{2061}</mo><mrow><mo>(</mo><mrow><mi>x</mi></mrow><mo>,</mo><mrow><mn>2</mn></mrow><mo>)</mo></mrow>".into()),
        ("log(x)", "<mi>ln</mi><mo>\u{2061}</mo><mrow><mo>(</mo><mrow><mi>x</mi></mrow><mo>)</mo></mrow>".into()),
    ];
    for (text, mathml) in table {
        assert_eq!(Expr::parse(text, &names).unwrap().mathml(&names), mathml);
    }
}

#[test]
fn names_have_their_indices() {
    let letter = |letter: &str| format!("<mi>{letter}</mi>");
    let indexed = |base: &str, index: &str| format!("<msub><mi>{base}</mi>{index}</msub>");
    let table = [
        ("x1", indexed("x", "<mn>1</mn>")),
        ("vx1", indexed("v", "<mi>x1</mi>")),
        ("theta12", indexed("θ", "<mn>12</mn>")),
        ("phi_dot", indexed("φ", "<mi>dot</mi>")),
        ("ωx", indexed("ω", "<mi>x</mi>")),
        ("λ", letter("λ")),
        ("_x", letter("_x")),
    ];
    for (name, mathml) in table {
        assert_eq!(Expr::var(0).mathml(&Names::new([name]).unwrap()), mathml);
    }
    let names = Names::new(["v_x", "vx", "λ", "lambda", "ｘ", "x"]).unwrap();
    let spelling = Spelling::new(Language::Mathml, &names);
    let upright = "<mi mathvariant=\"normal\">x</mi>".to_owned();
    let wanted = [
        indexed("v", "<mi>x</mi>"),
        letter("vx"),
        letter("λ"),
        letter("lambda"),
        letter("x"),
        upright,
    ];
    assert_eq!(spelling.names(), wanted);
}

proptest! {
    // Most random points are not smooth ones of a random expression.
    #![proptest_config(Config {
        cases: 5_000,
        max_global_rejects: 50_000,
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn markup_is_well_formed(expr in any_expressions()) {
        let mathml = expr.mathml(&Names::new(["x", "vx", "speed_max"]).unwrap());
        prop_assert!(is_mathml(&mathml), "{}", mathml);
    }

    /// What is typeset says what was found: read as a person reads it, it has the same values.
    #[test]
    fn markup_means_the_same(expr in expressions(3, &Op::ALL), point in points(3)) {
        prop_assume!(is_regular(&expr, &point, 0.05));
        let mathml = expr.mathml(&Names::numbered(3));
        let read: Expr = typed(&mathml).parse().unwrap();
        let [found, wanted] = [read.eval(&point), expr.eval(&point)];
        let close = (found - wanted).abs() <= 1e-8 * (1.0 + wanted.abs());
        prop_assert!(close, "{}: {} instead of {}", mathml, found, wanted);
    }
}
