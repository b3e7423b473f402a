//! What was found as it is written down.

use std::collections::BTreeMap;

#[cfg(feature = "training")]
use symgrad_data::Table;
use symgrad_expr::{Expr, Language, Names, Spelling};
use symgrad_laws::{Alternative, Law, LawVerdict, Laws, Relation, Road};

use super::powers::with_powers;
use super::words::{sentence_of, verdict_of};
use super::{Discovery, FoundBy, LawAlternative, LawKind, LawRecord, LawVerdictRecord};
#[cfg(feature = "training")]
use crate::Error;
use crate::{SCHEMA_VERSION, Seconds};

#[cfg(feature = "training")]
impl Discovery {
    /// No law at these points, since none could be looked for.
    pub(crate) fn without_laws(
        points: &Table,
        reason: &dyn std::fmt::Display,
    ) -> Result<Self, Error> {
        let names = Names::new(points.names().to_vec())?;
        let nothing = Laws {
            laws: vec![],
            ambiguous: vec![],
            next: None,
            parameters: vec![],
            relations: vec![],
            noise: None,
            held_out: 0,
            far: 0,
            stopped: false,
        };
        let mut discovery = Written::new(&names).discovery(&nothing, points.rows());
        discovery.verdict.summary = reason.to_string();
        Ok(discovery)
    }
}

/// What writes formulas down.
pub(super) struct Written<'a> {
    names: &'a Names,
    spelling: BTreeMap<Language, Spelling>,
}

impl<'a> Written<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        let spelling = Language::TYPED.map(|language| (language, Spelling::new(language, names)));
        Self { names, spelling: spelling.into() }
    }

    fn text(&self, expr: &Expr) -> String {
        with_powers(expr).natural().display(self.names).to_string()
    }

    /// A relation as an equation.
    fn relation(&self, Relation { expr, value }: &Relation) -> String {
        let value = Expr::constant(*value).display(self.names).to_string();
        format!("{} = {value}", self.text(expr))
    }

    /// What was found among so many points.
    pub(super) fn discovery(self, found: &Laws, points: usize) -> Discovery {
        let name = |index: usize| self.names.iter().nth(index).unwrap_or_default().to_owned();
        let laws: Vec<LawRecord> = found.laws.iter().map(|law| self.law(law)).collect();
        let ambiguous: Vec<LawRecord> = found.ambiguous.iter().map(|law| self.law(law)).collect();
        let next = found.next.as_ref().map(|law| self.law(law));
        // Of numbers that are too large for their squares nothing is known; and files hold no infinities.
        let noise = found.noise.as_ref().filter(|noise| noise.iter().all(|size| size.is_finite()));
        let noise = noise.map(|noise| {
            noise.iter().enumerate().map(|(index, size)| (name(index), *size)).collect()
        });
        let moves = |(index, name)| (!found.parameters.contains(&index)).then_some(name);
        let moving: Vec<&str> = self.names.iter().enumerate().filter_map(moves).collect();
        Discovery {
            schema_version: SCHEMA_VERSION,
            inputs: self.names.iter().map(str::to_owned).collect(),
            left_out: vec![],
            parameters: found.parameters.iter().map(|&index| name(index)).collect(),
            relations: found.relations.iter().map(|relation| self.relation(relation)).collect(),
            #[cfg(feature = "training")]
            network: None,
            network_failure: None,
            verdict: verdict_of(found, [&laws, &ambiguous], next.as_ref(), &moving),
            laws,
            ambiguous,
            next,
            points,
            held_out: found.held_out,
            far: found.far,
            noise,
            seconds: Seconds::new(),
            origin: None,
            seed: 0,
            version: env!("CARGO_PKG_VERSION").into(),
            spelling: self.spelling,
        }
    }

    fn law(&self, law: &Law) -> LawRecord {
        let natural = with_powers(&law.expr).natural();
        let spelt = |language: Language| natural.spelt(language, &self.spelling[&language]);
        let alternative = |expr: &Expr, one: &Alternative| LawAlternative {
            expression: self.text(expr),
            complexity: one.complexity,
            rho: one.rho,
        };
        let constancy = &law.constancy;
        LawRecord {
            expression: natural.display(self.names).to_string(),
            sympy: spelt(Language::Sympy),
            latex: spelt(Language::Latex),
            numpy: spelt(Language::Numpy),
            rust: spelt(Language::Rust),
            complexity: law.complexity,
            rho: constancy.rho,
            noise_floor: constancy.noise_floor.filter(|floor| floor.is_finite()),
            lasting: constancy
                .lasting
                .filter(|(mean, error)| mean.is_finite() && error.is_finite())
                .map(|(mean, error)| [mean, error]),
            shuffled: constancy.shuffled.filter(|least| least.is_finite()),
            verdict: LawVerdictRecord {
                kind: match law.verdict {
                    LawVerdict::Law => LawKind::Law,
                    LawVerdict::Ambiguous => LawKind::Ambiguous,
                    LawVerdict::NoLaw => LawKind::NoLaw,
                },
                summary: sentence_of(law, law.rival.as_ref().map(|rival| self.text(&rival.expr))),
            },
            found_by: match law.found_by {
                Road::Direct => FoundBy::Direct,
                Road::Network => FoundBy::Network,
                Road::Both => FoundBy::Both,
            },
            front: law.front.iter().map(|one| alternative(&readable(one), one)).collect(),
            rival: law.rival.as_ref().map(|one| alternative(&one.expr, one)),
        }
    }
}

/// A formula of the front, whose numbers were never made simple, with as many digits as are needed to vary by what
/// it varies.
fn readable(Alternative { expr, rho, .. }: &Alternative) -> Expr {
    const MORE: f64 = 3.0;
    let decades = -0.5 * rho.clamp(f64::MIN_POSITIVE, 1.0).log10();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 3 and 158"
    )]
    let digits = (decades + MORE).ceil() as usize;
    expr.rounded(digits)
}
