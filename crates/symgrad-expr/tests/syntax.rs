//! Text to expressions and back, exactly; and every printed notation.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use proptest::prelude::*;
use symgrad_expr::testing::any_expressions;
use symgrad_expr::{Definitions, Expr, Names, Node, Op, Template};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_global_rejects: 20 * cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn parsed(text: &str) -> Expr {
    text.parse().unwrap_or_else(|error: symgrad_expr::ParseError| panic!("{}", error.render()))
}

/// Equality to the last bit: `==` takes 0 and −0 for the same.
fn identical(a: &Expr, b: &Expr) -> bool {
    let bits = |expr: &Expr| expr.constants().iter().map(|c| c.to_bits()).collect::<Vec<_>>();
    a.nodes() == b.nodes() && bits(a) == bits(b)
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn printed_expressions_read_back_exactly(expr in any_expressions()) {
        let text = expr.to_string();
        let read: Expr = text.parse().unwrap();
        prop_assert!(identical(&read, &expr), "{text} read as {read}");
    }

    #[test]
    fn parentheses_are_minimal(expr in any_expressions()) {
        // Without any one pair, the text is another expression or none. Pairs that keep a sign
        // from standing directly behind an operator are there for the reader.
        let text = expr.to_string();
        for (open, close) in groups(&text) {
            if text[open + 1..].starts_with('-') {
                continue;
            }
            let mut without = text.clone();
            without.replace_range(close..=close, " ");
            without.replace_range(open..=open, " ");
            let read = without.parse::<Expr>();
            prop_assert!(!read.is_ok_and(|read| identical(&read, &expr)), "{text}: {without}");
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,60}") {
        check_any_text(&text)?;
    }

    #[test]
    fn no_row_of_symbols_makes_the_parser_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "x1", "x2", "x0", "y", "sin", "pow", "neg", "1", "2", "3", "1e999", "1e", ".", "+",
                "-", "*", "**", "/", "^", "(", ")", ",", "=", " ", "pi", "e", "é", "−", "f",
            ]),
            0..20,
        )
    ) {
        check_any_text(&words.concat())?;
    }
}

/// Whatever the text, there is an expression that prints to the same, or a renderable error.
fn check_any_text(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<Expr>() {
        Ok(expr) => {
            let again: Expr = expr.to_string().parse().unwrap();
            prop_assert!(identical(&again, &expr));
        }
        Err(error) => {
            let span = error.span();
            prop_assert!(span.start <= span.end && span.end <= text.len());
            prop_assert!(text.get(span).is_some(), "a span that splits a character");
            prop_assert!(error.render().contains('^'));
        }
    }
    let _ = text.parse::<Template>();
    let _ = Expr::parse(text, &Names::new(["y", "é"]).unwrap());
    Ok(())
}

/// Byte positions of the pairs of parentheses that belong to no function.
fn groups(text: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut found = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'(' {
            let call = at > 0 && text.as_bytes()[at - 1].is_ascii_alphabetic();
            open.push((at, call));
        } else if byte == b')' {
            let (start, call) = open.pop().unwrap();
            if !call {
                found.push((start, at));
            }
        }
    }
    found
}

#[test]
fn spellings() {
    let canonical = [
        "x1*x4 - x2*x3",
        "x2^2 + x1^2",
        "1/x1",
        "-x1",
        "-3",
        "neg(3)",
        "neg(-3)",
        "-(-x1)",
        "-x1^2",
        "(-x1)^2",
        "-3^2",
        "(-3)^2",
        "pow(x1, 2)",
        "pow(x1, 3)",
        "x1^4",
        "x1^(-1)",
        "x1^x2^x3",
        "(x1^x2)^x3",
        "(x1^2)^2",
        "2^x1",
        "div(1, x1)",
        "1/x1*x2",
        "x2*(1/x1)",
        "1/(1/x1)",
        "-1/x1",
        "-(1/x1)",
        "x1 + (x2 + x3)",
        "x1 + x2 + x3",
        "x1 - (x2 - x3)",
        "x1*(x2*x3)",
        "x1/(x2/x3)",
        "x1/(x2*x3)",
        "x1 + (-3)",
        "x1*(-x2)",
        "-3*x1 + x2",
        "x2 + (-3*x1)",
        "exp(-x1)",
        "sqrt(x1 + x2)^3",
        "1e-7*x1 + 1e16",
        "0.1 + 123456.75",
        "-0",
    ];
    for text in canonical {
        assert_eq!(parsed(text).to_string(), text);
    }
}

#[test]
fn other_spellings_are_understood() {
    let pairs = [
        ("x1**2", "x1^2"),
        ("square(x1)", "x1^2"),
        ("cube(x1)", "x1^3"),
        ("ln(x1)", "log(x1)"),
        ("inverse(x1)", "1/x1"),
        ("arcsin(x1) + arccos(x2)", "asin(x1) + acos(x2)"),
        ("arctan(arctan2(x1, x2))", "atan(atan2(x1, x2))"),
        ("add(x1, mul(x2, x3))", "x1 + x2*x3"),
        ("((x1))", "x1"),
        (" x1\n+\tx2 ", "x1 + x2"),
        ("x1^-x2", "x1^(-x2)"),
        ("2^-3", "2^(-3)"),
        ("--x1", "-(-x1)"),
        ("x1 - -3", "x1 - (-3)"),
        ("1.0/x1", "1/x1"),
        ("x1^2.0", "x1^2"),
        (".5E+1", "5"),
        ("5.", "5"),
        ("2*pi", "2*3.141592653589793"),
        ("-e", "-2.718281828459045"),
        ("-pi^2", "-3.141592653589793^2"),
    ];
    for (text, canonical) in pairs {
        assert_eq!(parsed(text).to_string(), canonical, "{text}");
    }
}

#[test]
fn precedence_by_value() {
    let values = [
        ("2 + 3*4", 14.0),
        ("2*3^2", 18.0),
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("8/4/2", 1.0),
        ("8 - 4 - 2", 2.0),
        ("1/2*4", 2.0),
        ("2^-1", 0.5),
        ("-2*-3", 6.0),
    ];
    for (text, value) in values {
        assert_eq!(parsed(text).eval(&[]), value, "{text}");
    }
}

#[test]
fn errors_point_at_their_place() {
    // The text, the place marked below it, what is found and what is expected there.
    let table = [
        ("", "^", "the end", "an input, a number, a function or `(`"),
        ("x1 +", "    ^", "the end", "an input, a number, a function or `(`"),
        ("x1 + * x2", "     ^", "`*`", "an input, a number, a function or `(`"),
        ("(x1 + x2", "        ^", "the end", "`)` for the `(` in column 1"),
        ("sin(x1", "      ^", "the end", "`)` for the `(` in column 4"),
        ("x1)", "  ^", "`)`", "an operator or the end: no `(` is open"),
        ("2x1", " ^^", "`x1`", "an operator such as `*`, or the end"),
        ("(2 x1)", "   ^^", "`x1`", "an operator such as `*`, or `)`"),
        ("sin(2 x1)", "      ^^", "`x1`", "an operator such as `*`, `,` or `)`"),
        ("x0", "^^", "`x0`", "an input x1, x2, … (counted from 1, up to x65536)"),
        ("x65537", "^^^^^^", "`x65537`", "an input x1, x2, … (counted from 1, up to x65536)"),
        ("x01", "^^^", "`x01`", "an input x1, x2, … (counted from 1, up to x65536)"),
        ("speed + 1", "^^^^^", "`speed`", "an input x1, x2, … (counted from 1, up to x65536)"),
        ("sin x1", "    ^^", "`x1`", "`(` after the function `sin`"),
        ("pow(x1)", "^^^^^^^", "1 argument", "2 arguments for `pow`"),
        ("1 + sin(x1, 2)", "    ^^^^^^^^^^", "2 arguments", "1 argument for `sin`"),
        ("sin()", "    ^", "`)`", "an input, a number, a function or `(`"),
        ("(x1, x2)", "   ^", "`,`", "an operator: only arguments have commas"),
        ("x1 = x2", "   ^", "`=`", "an operator such as `*`, or the end"),
        ("1e999", "^^^^^", "`1e999`", "a number of at most 1.797e308"),
        ("-1e999", " ^^^^^", "`1e999`", "a number of at most 1.797e308"),
        ("1.2.3", "   ^^", "`.3`", "an operator such as `*`, or the end"),
        (".", "^", "`.`", "an input, a number, a function or `(`"),
        ("x1 + ½", "     ^", "`½`", "an input, a number, a function or `(`"),
        ("é + ?", "^", "`é`", "an input x1, x2, … (counted from 1, up to x65536)"),
        ("x1 &\nx2", "   ^", "`&`", "an operator such as `*`, or the end"),
    ];
    for (text, carets, found, expected) in table {
        let error = text.parse::<Expr>().unwrap_err();
        let line = text.lines().next().unwrap_or("");
        let rendered = format!("{line}\n{carets}\nexpected {expected}, found {found}");
        assert_eq!(error.render(), rendered, "of {text:?}");
    }
}

#[test]
fn errors_know_bytes_columns_and_lines() {
    let error = Expr::parse("θ +\n θ + w", &Names::new(["θ", "v"]).unwrap()).unwrap_err();
    assert_eq!(error.span(), 11..12);
    assert_eq!(error.column(), 10);
    assert_eq!(error.render(), " θ + w\n     ^\nexpected one of the inputs θ, v, found `w`");
    assert_eq!(error.to_string(), "column 10: expected one of the inputs θ, v, found `w`");
    let unknown = "gauss(x1)".parse::<Expr>().unwrap_err();
    assert!(unknown.expected().starts_with("a function (add, sub"), "{unknown}");
}

#[test]
fn errors_in_long_texts_stay_short() {
    let text = format!("{} + {} + x1", vec!["x1"; 1000].join(" + "), "y".repeat(1000));
    let rendered = text.parse::<Expr>().unwrap_err().render();
    let lines: Vec<&str> = rendered.lines().collect();
    assert_eq!(lines[0], format!("…{}{}…", "x1 + ".repeat(12), "y".repeat(40)));
    assert_eq!(lines[1], format!("{}{}", " ".repeat(61), "^".repeat(40)));
    assert!(lines[2].ends_with(&format!("found `{}…`", "y".repeat(40))));
}

/// Far deeper than any thread's stack would allow for a recursive parser or printer.
#[test]
fn depth_is_no_danger() {
    let depth = 200_000;
    for (open, close) in [("(", ")"), ("sin(", ")"), ("-(", ")"), ("1/(", ")"), ("x1^(", ")")] {
        let text = format!("{}x1{}", open.repeat(depth), close.repeat(depth));
        let expr = parsed(&text);
        assert_eq!(parsed(&expr.to_string()), expr, "{open}");
    }
    let unclosed = "(".repeat(depth).parse::<Expr>().unwrap_err();
    assert_eq!(unclosed.span(), depth..depth);
}

#[test]
fn names_are_checked() {
    let message = |names: &[&str]| Names::new(names.iter().copied()).unwrap_err().to_string();
    assert!(message(&["vx", "2d"]).starts_with("`2d` (input 2) is no name"));
    assert!(message(&["a b"]).contains("letters, digits"));
    assert!(message(&[""]).starts_with("`` (input 1) is no name"));
    assert!(message(&["x", "sin"]).contains("rename the input"));
    assert!(message(&["x", "y", "x"]).contains("two inputs are named `x`"));
    assert!(Names::new(vec!["x"; Names::MOST + 1]).unwrap_err().to_string().contains("65537"));
    assert_eq!(Names::numbered(3), Names::new(["x1", "x2", "x3"]).unwrap());
}

#[test]
fn names_hide_constants_and_numbers() {
    let names = Names::new(["e", "x2", "x1"]).unwrap();
    let expr = Expr::parse("e + x1 + pi", &names).unwrap();
    assert_eq!(expr.nodes()[..2], [Node::Var(0), Node::Var(2)]);
    assert_eq!(expr.display(&names).to_string(), "e + x1 + 3.141592653589793");
    assert!(Expr::parse("x3", &names).is_err());
    assert_eq!(Expr::var(7).display(&names).to_string(), "x8");
}

#[test]
fn definitions_expand() {
    let mut definitions = Definitions::parse(["gauss(x) = exp(-x^2)"]).unwrap();
    definitions.define("bump(x, w) = gauss(x/w) + 1").unwrap();
    let names = Names::new(["t", "s"]).unwrap();
    let expr = Expr::parse_with("bump(t - 1, 2*s)", &names, &definitions).unwrap();
    assert_eq!(expr.display(&names).to_string(), "exp(-((t - 1)/(2*s))^2) + 1");
    let texts: Vec<String> = definitions.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["gauss(x) = exp(-x^2)", "bump(x, w) = exp(-(x/w)^2) + 1"]);
    // An argument that is a constant is not folded into the operators of the body.
    let square = Definitions::parse(["p(a, b) = a^b"]).unwrap();
    let expr = Expr::parse_with("p(t, 2)", &names, &square).unwrap();
    assert_eq!(expr.to_string(), "pow(x1, 2)");
}

#[test]
fn bad_definitions_are_explained() {
    let table = [
        ("", 0..0, "a definition such as"),
        ("gauss", 5..5, "`(` and the parameters"),
        ("gauss()", 6..7, "the name of a parameter"),
        ("gauss(x y) = x", 8..9, "`,` or `)`"),
        ("gauss(x) exp(x)", 9..12, "`=` and the body"),
        ("gauss(x) = y", 11..12, "the input x"),
        ("gauss(x) =", 10..10, "an input, a number"),
        ("gauss(x, x) = x", 9..10, "a parameter of another name"),
        ("sin(x) = x", 0..3, "not yet a function"),
        ("f(exp) = exp", 2..5, "not yet a function"),
        ("f(x) = f(x)", 7..8, "a function (add"),
    ];
    for (text, span, expected) in table {
        let error = text.parse::<Template>().unwrap_err();
        assert_eq!(error.span(), span, "{text}");
        assert!(error.expected().contains(expected), "{text}: {error}");
    }
    let mut twice = Definitions::parse(["f(x) = x"]).unwrap();
    assert_eq!(twice.define("f(y) = y").unwrap_err().span(), 0..1);
}

/// Ten times itself, twenty times over, would be 10²⁰ nodes.
#[test]
fn expansion_is_bounded() {
    let mut definitions = Definitions::parse(["f0(x) = x*x*x*x*x*x*x*x*x*x"]).unwrap();
    let failed = (1..20).find_map(|i| {
        let f = format!("f{}", i - 1);
        definitions.define(&format!("f{i}(x) = {f}({f}(x))")).err()
    });
    assert!(failed.unwrap().expected().contains("at most 1048576 nodes"));
}

#[test]
fn serialised_as_text() {
    let expr = parsed("0.1*x1 - 1/x2");
    let json = serde_json::to_string(&expr).unwrap();
    assert_eq!(json, r#""0.1*x1 - 1/x2""#);
    assert_eq!(serde_json::from_str::<Expr>(&json).unwrap(), expr);
    let error = serde_json::from_str::<Expr>(r#""x1 +""#).unwrap_err().to_string();
    assert!(error.contains("column 5: expected an input"), "{error}");
    // A state may hold candidates that have gone astray; it must still be readable.
    let astray = Expr::constant(f64::NEG_INFINITY) * Expr::constant(f64::NAN);
    let json = serde_json::to_string(&astray).unwrap();
    let read: Expr = serde_json::from_str(&json).unwrap();
    assert_eq!(read.nodes(), astray.nodes());
    assert_eq!(read.constants()[0], f64::NEG_INFINITY);
    assert!(read.constants()[1].is_nan());
    let names: Names = serde_json::from_str(r#"["x", "v"]"#).unwrap();
    assert_eq!(serde_json::to_string(&names).unwrap(), r#"["x","v"]"#);
    assert!(serde_json::from_str::<Names>(r#"["x", "x"]"#).is_err());
    let definitions = Definitions::parse(["f(x) = x^2", "g(x) = f(x) + 1"]).unwrap();
    let json = serde_json::to_string(&definitions).unwrap();
    assert_eq!(json, r#"["f(x) = x^2","g(x) = x^2 + 1"]"#);
    assert_eq!(serde_json::from_str::<Definitions>(&json).unwrap(), definitions);
}

#[test]
fn rounded_for_reading() {
    let table = [
        ("0.99996*x1 + -2.00123*x2", "x1 - 2*x2"),
        ("-1.0001*x1*x2 + x3", "x3 - x1*x2"),
        ("x1 - -0.5*x2", "x1 + 0.5*x2"),
        ("x1*(-x2)", "-x1*x2"),
        ("x1*1234.567", "1230*x1"),
        ("-x1 - x2", "-x1 - x2"),
        ("x1^1.9999", "x1^2"),
        ("0.9999/x1", "1/x1"),
        ("x1 + -1/x2", "x1 - 1/x2"),
        ("-(-3.14159)*x1", "3.14*x1"),
        ("-(x1*x2*x3) - x3", "-x1*x2*x3 - x3"),
        ("exp(-(1/x1))", "exp(-1/x1)"),
        ("-(x1 + x2)*x3", "-(x1 + x2)*x3"),
        ("x1/(-2)", "-x1/2"),
    ];
    for (text, readable) in table {
        assert_eq!(parsed(text).rounded(3).to_string(), readable, "{text}");
    }
    assert_eq!(parsed("0.1 + 0.2*x1").rounded(0).to_string(), "0.1 + 0.2*x1");
    assert_eq!(parsed("0.123456789").rounded(usize::MAX).to_string(), "0.123456789");
}

proptest! {
    #![proptest_config(config(2_000))]

    /// Rounding to all digits changes the writing only.
    #[test]
    fn reading_form_keeps_the_value(
        expr in symgrad_expr::testing::expressions(3, &Op::ALL),
        point in symgrad_expr::testing::points(3),
    ) {
        prop_assume!(symgrad_expr::testing::is_regular(&expr, &point, 0.05));
        let (value, readable) = (expr.eval(&point), expr.rounded(17).eval(&point));
        prop_assert!((value - readable).abs() <= 1e-8 * (1.0 + value.abs()), "{expr}");
    }
}
