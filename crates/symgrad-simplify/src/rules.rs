//! The rewrite rules, each with the condition under which it holds.

use std::f64::consts::FRAC_PI_2;
use std::sync::LazyLock;

use egg::{ConditionalApplier, EGraph, Id, Pattern, Rewrite, Subst, Var};

use crate::facts::{Fact, Facts};
use crate::language::Term;

/// A rewrite rule: name, left side, right side, and what has to be proved, blank-separated.
///
/// Variables are `?a`, `?b`, …; a condition is a variable with one of `>0`, `>=0`, `<=0`, `!=0`
/// (of its values on the domain), `:total` (it has a value everywhere), `:const`, `:sine` or
/// `:cosine` (its values stay on one monotone branch of that function), `:signed` (never changes
/// sign), `:unit` (from −1 to 1) or `!=1` (a constant other than 1).
pub(crate) struct Rule(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
);

/// Rules between equal functions: the same values, undefined at the same points.
#[rustfmt::skip]
pub(crate) const VALUES: &[Rule] = &[
    // Order and grouping
    Rule("add-swap",        "(+ ?a ?b)",                          "(+ ?b ?a)",                    ""),
    Rule("mul-swap",        "(* ?a ?b)",                          "(* ?b ?a)",                    ""),
    Rule("add-group",       "(+ (+ ?a ?b) ?c)",                   "(+ ?a (+ ?b ?c))",             ""),
    Rule("mul-group",       "(* (* ?a ?b) ?c)",                   "(* ?a (* ?b ?c))",             ""),
    // Signs
    Rule("sub-neg",         "(- ?a ?b)",                          "(+ ?a (neg ?b))",              ""),
    Rule("neg-sub",         "(+ ?a (neg ?b))",                    "(- ?a ?b)",                    ""),
    Rule("sub-swap",        "(neg (- ?a ?b))",                    "(- ?b ?a)",                    ""),
    Rule("neg-neg",         "(neg (neg ?a))",                     "?a",                           ""),
    Rule("neg-times",       "(neg ?a)",                           "(* -1 ?a)",                    ""),
    Rule("times-neg",       "(* -1 ?a)",                          "(neg ?a)",                     ""),
    Rule("neg-add",         "(neg (+ ?a ?b))",                    "(+ (neg ?a) (neg ?b))",        ""),
    Rule("neg-mul-out",     "(* (neg ?a) ?b)",                    "(neg (* ?a ?b))",              ""),
    Rule("neg-mul-in",      "(neg (* ?a ?b))",                    "(* (neg ?a) ?b)",              ""),
    Rule("neg-div-out",     "(/ (neg ?a) ?b)",                    "(neg (/ ?a ?b))",              ""),
    Rule("neg-div-in",      "(/ ?a (neg ?b))",                    "(neg (/ ?a ?b))",              ""),
    // Neutral and absorbing constants
    Rule("add-zero",        "(+ ?a 0)",                           "?a",                           ""),
    Rule("zero-sub",        "(- 0 ?a)",                           "(neg ?a)",                     ""),
    Rule("mul-one",         "(* ?a 1)",                           "?a",                           ""),
    Rule("mul-zero",        "(* ?a 0)",                           "0",                            "?a:total"),
    Rule("div-one",         "(/ ?a 1)",                           "?a",                           ""),
    Rule("zero-div",        "(/ 0 ?a)",                           "0",                            "?a:total ?a!=0"),
    Rule("div-const",       "(/ ?a ?b)",                          "(* (/ 1 ?b) ?a)",              "?b:const"),
    // Cancelling
    Rule("sub-self",        "(- ?a ?a)",                          "0",                            "?a:total"),
    Rule("add-neg",         "(+ ?a (neg ?a))",                    "0",                            "?a:total"),
    Rule("div-self",        "(/ ?a ?a)",                          "1",                            "?a:total ?a!=0"),
    Rule("mul-inv",         "(* ?a (inv ?a))",                    "1",                            "?a:total ?a!=0"),
    Rule("div-factor",      "(/ (* ?a ?b) ?a)",                   "?b",                           "?a:total ?a!=0"),
    Rule("div-under",       "(/ (/ ?a ?b) ?a)",                   "(inv ?b)",                     "?a:total ?a!=0"),
    Rule("mul-div",         "(* ?a (/ ?b ?a))",                   "?b",                           "?a:total ?a!=0"),
    // Sums and products
    Rule("add-self",        "(+ ?a ?a)",                          "(* 2 ?a)",                     ""),
    Rule("distribute",      "(* ?a (+ ?b ?c))",                   "(+ (* ?a ?b) (* ?a ?c))",      ""),
    Rule("factor",          "(+ (* ?a ?b) (* ?a ?c))",            "(* ?a (+ ?b ?c))",             ""),
    Rule("factor-one",      "(+ ?a (* ?a ?b))",                   "(* ?a (+ 1 ?b))",              ""),
    Rule("factor-sub",      "(- (* ?a ?b) (* ?a ?c))",            "(* ?a (- ?b ?c))",             ""),
    Rule("add-over",        "(+ (/ ?a ?c) (/ ?b ?c))",            "(/ (+ ?a ?b) ?c)",             ""),
    Rule("sub-over",        "(- (/ ?a ?c) (/ ?b ?c))",            "(/ (- ?a ?b) ?c)",             ""),
    // Quotients
    Rule("div-inv",         "(/ ?a ?b)",                          "(* ?a (inv ?b))",              ""),
    Rule("inv-div",         "(* ?a (inv ?b))",                    "(/ ?a ?b)",                    ""),
    Rule("inv-one",         "(inv ?a)",                           "(/ 1 ?a)",                     ""),
    Rule("one-inv",         "(/ 1 ?a)",                           "(inv ?a)",                     ""),
    Rule("inv-inv",         "(inv (inv ?a))",                     "?a",                           "?a!=0"),
    Rule("inv-quotient",    "(inv (/ ?a ?b))",                    "(/ ?b ?a)",                    "?b!=0"),
    Rule("inv-neg",         "(inv (neg ?a))",                     "(neg (inv ?a))",               ""),
    Rule("inv-mul",         "(inv (* ?a ?b))",                    "(* (inv ?a) (inv ?b))",        ""),
    Rule("inv-mul-back",    "(* (inv ?a) (inv ?b))",              "(inv (* ?a ?b))",              ""),
    Rule("div-div",         "(/ (/ ?a ?b) ?c)",                   "(/ ?a (* ?b ?c))",             ""),
    Rule("div-mul",         "(/ (* ?a ?b) ?c)",                   "(* ?a (/ ?b ?c))",             ""),
    Rule("mul-over",        "(* ?a (/ ?b ?c))",                   "(/ (* ?a ?b) ?c)",             ""),
    Rule("div-by-quotient", "(/ ?a (/ ?b ?c))",                   "(/ (* ?a ?c) ?b)",             "?c!=0"),
    // Squares and cubes
    Rule("square",          "(* ?a ?a)",                          "(square ?a)",                  ""),
    Rule("unsquare",        "(square ?a)",                        "(* ?a ?a)",                    ""),
    Rule("cube",            "(* (square ?a) ?a)",                 "(cube ?a)",                    ""),
    Rule("uncube",          "(cube ?a)",                          "(* (square ?a) ?a)",           ""),
    Rule("pow-square",      "(^ ?a 2)",                           "(square ?a)",                  ""),
    Rule("pow-cube",        "(^ ?a 3)",                           "(cube ?a)",                    ""),
    Rule("pow-fourth",      "(^ ?a 4)",                           "(square (square ?a))",         ""),
    Rule("square-mul",      "(square (* ?a ?b))",                 "(* (square ?a) (square ?b))",  ""),
    Rule("mul-square",      "(* (square ?a) (square ?b))",        "(square (* ?a ?b))",           ""),
    Rule("square-div",      "(square (/ ?a ?b))",                 "(/ (square ?a) (square ?b))",  ""),
    Rule("div-square",      "(/ (square ?a) (square ?b))",        "(square (/ ?a ?b))",           ""),
    Rule("square-neg",      "(square (neg ?a))",                  "(square ?a)",                  ""),
    Rule("square-sub",      "(square (- ?a ?b))",                 "(square (- ?b ?a))",           ""),
    Rule("square-abs",      "(square (abs ?a))",                  "(square ?a)",                  ""),
    Rule("square-sqrt",     "(square (sqrt ?a))",                 "?a",                           "?a>=0"),
    Rule("square-inv",      "(square (inv ?a))",                  "(inv (square ?a))",            ""),
    Rule("square-exp",      "(square (exp ?a))",                  "(exp (* 2 ?a))",               ""),
    Rule("cube-neg",        "(cube (neg ?a))",                    "(neg (cube ?a))",              ""),
    Rule("cube-exp",        "(cube (exp ?a))",                    "(exp (* 3 ?a))",               ""),
    // Roots and magnitudes
    Rule("sqrt-square",     "(sqrt (square ?a))",                 "(abs ?a)",                     ""),
    Rule("abs-up",          "(abs ?a)",                           "?a",                           "?a>=0"),
    Rule("abs-down",        "(abs ?a)",                           "(neg ?a)",                     "?a<=0"),
    Rule("abs-neg",         "(abs (neg ?a))",                     "(abs ?a)",                     ""),
    Rule("abs-mul",         "(abs (* ?a ?b))",                    "(* (abs ?a) (abs ?b))",        ""),
    Rule("mul-abs",         "(* (abs ?a) (abs ?b))",              "(abs (* ?a ?b))",              ""),
    Rule("sqrt-mul",        "(sqrt (* ?a ?b))",                   "(* (sqrt ?a) (sqrt ?b))",      "?a>=0 ?b>=0"),
    Rule("mul-sqrt",        "(* (sqrt ?a) (sqrt ?b))",            "(sqrt (* ?a ?b))",             "?a>=0 ?b>=0"),
    Rule("div-sqrt",        "(/ (sqrt ?a) (sqrt ?b))",            "(sqrt (/ ?a ?b))",             "?b>0"),
    Rule("sqrt-inv",        "(sqrt (inv ?a))",                    "(inv (sqrt ?a))",              ""),
    Rule("sqrt-exp",        "(sqrt (exp ?a))",                    "(exp (* 0.5 ?a))",             ""),
    Rule("pow-sqrt",        "(^ ?a 0.5)",                         "(sqrt ?a)",                    ""),
    // Exponentials and logarithms
    Rule("exp-log",         "(exp (log ?a))",                     "?a",                           "?a>0"),
    Rule("log-exp",         "(log (exp ?a))",                     "?a",                           ""),
    Rule("exp-add",         "(exp (+ ?a ?b))",                    "(* (exp ?a) (exp ?b))",        ""),
    Rule("exp-mul",         "(* (exp ?a) (exp ?b))",              "(exp (+ ?a ?b))",              ""),
    Rule("exp-sub",         "(exp (- ?a ?b))",                    "(/ (exp ?a) (exp ?b))",        ""),
    Rule("exp-div",         "(/ (exp ?a) (exp ?b))",              "(exp (- ?a ?b))",              ""),
    Rule("inv-exp",         "(inv (exp ?a))",                     "(exp (neg ?a))",               ""),
    Rule("exp-neg",         "(exp (neg ?a))",                     "(inv (exp ?a))",               ""),
    Rule("exp-pow",         "(^ (exp ?a) ?b)",                    "(exp (* ?a ?b))",              ""),
    Rule("exp-scaled-log",  "(exp (* ?b (log ?a)))",              "(^ ?a ?b)",                    "?a>0"),
    Rule("log-mul",         "(log (* ?a ?b))",                    "(+ (log ?a) (log ?b))",        "?b>0"),
    Rule("add-log",         "(+ (log ?a) (log ?b))",              "(log (* ?a ?b))",              "?b>0"),
    Rule("log-div",         "(log (/ ?a ?b))",                    "(- (log ?a) (log ?b))",        "?b>0"),
    Rule("sub-log",         "(- (log ?a) (log ?b))",              "(log (/ ?a ?b))",              "?b>0"),
    Rule("log-inv",         "(log (inv ?a))",                     "(neg (log ?a))",               ""),
    Rule("log-pow",         "(log (^ ?a ?b))",                    "(* ?b (log ?a))",              "?a>0"),
    Rule("log-square",      "(log (square ?a))",                  "(* 2 (log (abs ?a)))",         ""),
    Rule("log-sqrt",        "(log (sqrt ?a))",                    "(* 0.5 (log ?a))",             ""),
    // Powers
    Rule("pow-zero",        "(^ ?a 0)",                           "1",                            "?a:total"),
    Rule("pow-one",         "(^ ?a 1)",                           "?a",                           ""),
    Rule("one-pow",         "(^ 1 ?a)",                           "1",                            "?a:total"),
    Rule("pow-inv",         "(^ ?a -1)",                          "(inv ?a)",                     ""),
    Rule("pow-add",         "(* (^ ?a ?b) (^ ?a ?c))",            "(^ ?a (+ ?b ?c))",             "?a>0"),
    Rule("pow-next",        "(* (^ ?a ?b) ?a)",                   "(^ ?a (+ ?b 1))",              "?a>0"),
    Rule("pow-pow",         "(^ (^ ?a ?b) ?c)",                   "(^ ?a (* ?b ?c))",             "?a>0"),
    Rule("pow-mul",         "(^ (* ?a ?b) ?c)",                   "(* (^ ?a ?c) (^ ?b ?c))",      "?b>0"),
    Rule("mul-pow",         "(* (^ ?a ?c) (^ ?b ?c))",            "(^ (* ?a ?b) ?c)",             "?b>0"),
    Rule("inv-pow",         "(inv (^ ?a ?b))",                    "(^ ?a (neg ?b))",              "?a>0"),
    Rule("square-pow",      "(square (^ ?a ?b))",                 "(^ ?a (* 2 ?b))",              "?a>0"),
    Rule("pow-of-sqrt",     "(^ (sqrt ?a) ?b)",                   "(^ ?a (* 0.5 ?b))",            "?a>0"),
    Rule("pow-of-square",   "(^ (square ?a) ?b)",                 "(^ ?a (* 2 ?b))",              "?a>0"),
    // Trigonometry
    Rule("sin-neg",         "(sin (neg ?a))",                     "(neg (sin ?a))",               ""),
    Rule("cos-neg",         "(cos (neg ?a))",                     "(cos ?a)",                     ""),
    Rule("tan-neg",         "(tan (neg ?a))",                     "(neg (tan ?a))",               ""),
    Rule("tanh-neg",        "(tanh (neg ?a))",                    "(neg (tanh ?a))",              ""),
    Rule("asin-neg",        "(asin (neg ?a))",                    "(neg (asin ?a))",              ""),
    Rule("atan-neg",        "(atan (neg ?a))",                    "(neg (atan ?a))",              ""),
    Rule("sinh-neg",        "(sinh (neg ?a))",                    "(neg (sinh ?a))",              ""),
    Rule("cosh-neg",        "(cosh (neg ?a))",                    "(cosh ?a)",                    ""),
    Rule("erf-neg",         "(erf (neg ?a))",                     "(neg (erf ?a))",               ""),
    Rule("sin-asin",        "(sin (asin ?a))",                    "?a",                           "?a:unit"),
    Rule("neg-sin",         "(neg (sin ?a))",                     "(sin (neg ?a))",               ""),
    Rule("cos-sub",         "(cos (- ?a ?b))",                    "(cos (- ?b ?a))",              ""),
    Rule("cos-abs",         "(cos (abs ?a))",                     "(cos ?a)",                     ""),
    Rule("pythagoras",      "(+ (square (sin ?a)) (square (cos ?a)))", "1",                       "?a:total"),
    Rule("one-sub-sin",     "(- 1 (square (sin ?a)))",            "(square (cos ?a))",            ""),
    Rule("one-sub-cos",     "(- 1 (square (cos ?a)))",            "(square (sin ?a))",            ""),
    Rule("double-sine",     "(* (sin ?a) (cos ?a))",              "(* 0.5 (sin (* 2 ?a)))",       ""),
    Rule("double-cosine",   "(- (square (cos ?a)) (square (sin ?a)))", "(cos (* 2 ?a))",          ""),
    Rule("sin-cos",         "(/ (sin ?a) (cos ?a))",              "(tan ?a)",                     ""),
    Rule("tan-cos",         "(* (tan ?a) (cos ?a))",              "(sin ?a)",                     "?a:sine"),
];

/// Rules between functions with the same level sets; they apply at the root alone.
#[rustfmt::skip]
pub(crate) const LEVEL_SETS: &[Rule] = &[
    Rule("L-shift",         "(L (+ ?a ?c))",                      "(L ?a)",                       "?c:const"),
    Rule("L-shift-sub",     "(L (- ?a ?c))",                      "(L ?a)",                       "?c:const"),
    Rule("L-scale",         "(L (* ?c ?a))",                      "(L ?a)",                       "?c:const ?c!=0"),
    Rule("L-neg",           "(L (neg ?a))",                       "(L ?a)",                       ""),
    Rule("L-sub",           "(L (- ?a ?b))",                      "(L (- ?b ?a))",                ""),
    Rule("L-coefficient",   "(L (+ (* ?c ?a) ?b))",               "(L (+ ?a (* (/ 1 ?c) ?b)))",   "?c:const ?c!=0"),
    Rule("L-inv",           "(L (inv ?a))",                       "(L ?a)",                       "?a!=0"),
    Rule("L-over",          "(L (/ ?a ?b))",                      "(L (/ ?b ?a))",                "?a!=0 ?b!=0"),
    Rule("L-over-const",    "(L (/ ?c ?a))",                      "(L ?a)",                       "?c:const ?c!=0 ?a!=0"),
    Rule("L-exp",           "(L (exp ?a))",                       "(L ?a)",                       ""),
    Rule("L-log",           "(L (log ?a))",                       "(L ?a)",                       "?a>0"),
    Rule("L-sqrt",          "(L (sqrt ?a))",                      "(L ?a)",                       "?a>=0"),
    Rule("L-cube",          "(L (cube ?a))",                      "(L ?a)",                       ""),
    Rule("L-tanh",          "(L (tanh ?a))",                      "(L ?a)",                       ""),
    Rule("L-square",        "(L (square ?a))",                    "(L ?a)",                       "?a:signed"),
    Rule("L-abs",           "(L (abs ?a))",                       "(L ?a)",                       "?a:signed"),
    Rule("L-abs-square",    "(L (abs ?a))",                       "(L (square ?a))",              ""),
    Rule("L-tan",           "(L (tan ?a))",                       "(L ?a)",                       "?a:sine"),
    Rule("L-sin",           "(L (sin ?a))",                       "(L ?a)",                       "?a:sine"),
    Rule("L-cos",           "(L (cos ?a))",                       "(L ?a)",                       "?a:cosine"),
    Rule("L-asin",          "(L (asin ?a))",                      "(L ?a)",                       "?a:unit"),
    Rule("L-acos",          "(L (acos ?a))",                      "(L ?a)",                       "?a:unit"),
    Rule("L-atan",          "(L (atan ?a))",                      "(L ?a)",                       ""),
    Rule("L-atan2",         "(L (atan2 ?a ?b))",                  "(L (/ ?a ?b))",                "?b>0"),
    Rule("L-sinh",          "(L (sinh ?a))",                      "(L ?a)",                       ""),
    Rule("L-cosh",          "(L (cosh ?a))",                      "(L ?a)",                       "?a:signed"),
    Rule("L-erf",           "(L (erf ?a))",                       "(L ?a)",                       ""),
    Rule("L-power",         "(L (^ ?a ?c))",                      "(L ?a)",                       "?a>0 ?c:const ?c!=0"),
    Rule("L-exponential",   "(L (^ ?c ?a))",                      "(L ?a)",                       "?c>0 ?c!=1"),
    Rule("L-product",       "(L (* ?a ?b))",                      "(L (+ (log ?a) (log ?b)))",    "?a>0 ?b>0"),
    Rule("L-quotient",      "(L (/ ?a ?b))",                      "(L (- (log ?a) (log ?b)))",    "?a>0 ?b>0"),
    Rule("L-part",          "(L (/ ?a (+ ?a ?b)))",               "(L (/ ?a ?b))",                "?a>0 ?b>0"),
];

/// The rules for functions, ready to run.
pub(crate) static VALUE_REWRITES: LazyLock<Vec<Rewrite<Term, Facts>>> =
    LazyLock::new(|| VALUES.iter().map(rewrite).collect());

/// The rules for level sets, ready to run beside those for functions.
pub(crate) static LEVEL_SET_REWRITES: LazyLock<Vec<Rewrite<Term, Facts>>> =
    LazyLock::new(|| LEVEL_SETS.iter().map(rewrite).collect());

fn rewrite(rule: &Rule) -> Rewrite<Term, Facts> {
    let Rule(name, left, right, conditions) = rule;
    let left: Pattern<Term> = left.parse().expect("the left side of a rule is a pattern");
    let right: Pattern<Term> = right.parse().expect("the right side of a rule is a pattern");
    let conditions: Vec<Condition> = conditions.split_whitespace().map(Condition::read).collect();
    let rewrite = if conditions.is_empty() {
        Rewrite::new(*name, left, right)
    } else {
        let condition = move |egraph: &mut EGraph<Term, Facts>, _: Id, subst: &Subst| {
            conditions
                .iter()
                .all(|condition| condition.is_proved(egraph[subst[condition.var]].data))
        };
        Rewrite::new(*name, left, ConditionalApplier { condition, applier: right })
    };
    rewrite.expect("both sides of a rule have the same variables")
}

/// What a rule asks of one of its variables.
pub(crate) struct Condition {
    pub(crate) var: Var,
    test: fn(Fact) -> bool,
}

impl Condition {
    /// Reads `?a` followed by a test.
    pub(crate) fn read(text: &str) -> Self {
        let (var, test) = text.split_at(2);
        let test: fn(Fact) -> bool = match test {
            ">0" => |fact| fact.range.is_positive(),
            ">=0" => |fact| fact.range.is_nonnegative(),
            "<=0" => |fact| fact.range.is_nonpositive(),
            "!=0" => |fact| fact.range.is_nonzero(),
            "!=1" => |fact| fact.constant.is_some_and(|value| value != 1.0),
            ":total" => |fact| fact.range.is_total(),
            ":const" => |fact| fact.constant.is_some(),
            ":signed" => |fact| fact.range.keeps_sign(),
            ":unit" => |fact| fact.range.is_within_unit(),
            ":sine" => |fact| fact.range.within_sine_branch(0.0),
            ":cosine" => |fact| fact.range.within_sine_branch(FRAC_PI_2),
            _ => panic!("no such condition: {text}"),
        };
        Self { var: var.parse().expect("a condition begins with a variable"), test }
    }

    /// Whether the facts about the variable prove the condition.
    pub(crate) fn is_proved(&self, fact: Fact) -> bool {
        (self.test)(fact)
    }
}

#[cfg(test)]
mod tests;
