//! Results as pages: which words and numbers stand there.

mod grid;
mod laws;
mod plane;
mod run;

use symgrad_expr::{Expr, Language, Names, Spelling};
use symgrad_report::{
    Badge, PageEntry, PageHint, Relation, ResultPage, Span95, Spelt, format_loss, format_seconds,
};
use symgrad_search::{Interval, LossKind, Scaling, Verdict};

pub(crate) use run::BESIDE;

use crate::{Activity, Findings, FrontEntry, Interpretation, Origin, Outer, Stage, Trend};

/// Significant digits of typeset constants: more make formulas hard to read.
pub(crate) const DIGITS: usize = 6;

impl Findings {
    /// The result as a page.
    ///
    /// ```
    /// # use symgrad::data::{DirectionField, FieldOptions, Table};
    /// # use symgrad::{SearchSettings, search_field};
    /// # let x: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
    /// # let v: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
    /// # let points = Table::new(vec!["x".into(), "v".into()], vec![x.clone(), v.clone()])?;
    /// # let field = DirectionField::from_gradients(points, &[v, x], &FieldOptions::default())?;
    /// # let mut settings = SearchSettings::default();
    /// # settings.config.budget = 5_000;
    /// let findings = search_field(&field, &settings, &mut ())?;
    /// let page = findings.page().to_html();
    /// assert!(page.contains("<math"));
    /// # Ok::<(), symgrad::Error>(())
    /// ```
    pub fn page(&self) -> ResultPage {
        self.page_with(None)
    }

    /// The same with what is known of how a neuron depends on the answer.
    fn page_with(&self, outer: Option<&Outer>) -> ResultPage {
        let badge = badge(self.verdict());
        let file = self.origin.as_ref().and_then(|origin| origin.data.clone());
        let mut work = vec![];
        let mut tell = |name: &str, value: String| work.push((name.to_owned(), value));
        for stage in Stage::ALL {
            if let Some(seconds) = self.seconds.get(&stage) {
                tell(&format!("{} took", stage.name()), format_seconds(*seconds));
            }
        }
        tell("evaluations", self.evaluations.to_string());
        if let Some(reason) = self.stopped {
            tell("ended because", reason.to_string());
        }
        if let Some(trust) = &self.trust {
            let (held_out, shell) = (trust.held_out, trust.shell);
            tell("points kept from it", format!("{held_out} at random, {shell} outermost"));
            tell("noise floor", format!("about {}", format_loss(trust.noise_floor)));
        }
        ResultPage {
            title: file.unwrap_or_else(|| "Result".to_owned()),
            badge,
            sentence: sentence(badge, self.is_of_values()).to_owned(),
            reason: self.trust.as_ref().map(|trust| reason(&trust.summary, badge)),
            remarks: self.remarks().into_iter().chain(self.advice(outer)).collect(),
            loss: self.loss_name().to_owned(),
            meaning: self.measure.map_or("", LossKind::meaning).to_owned(),
            second: self.second_loss().map(str::to_owned),
            entries: self.page_entries(outer),
            answer: self.answer,
            alternatives: match self.verdict() {
                Some(Verdict::Ambiguous { alternatives, .. }) => alternatives.clone(),
                _ => vec![],
            },
            command: self.origin.as_ref().and_then(|origin| origin.command.clone()),
            truth: None,
            training: vec![],
            stages: vec![],
            hints: self.page_hints(),
            work,
            provenance: self.provenance(self.origin.as_ref()),
            configuration: self.origin.as_ref().and_then(|origin| origin.settings.clone()),
        }
    }

    /// What else belongs to the answer, a line for each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![];
        if let Some(Scaling { scale, offset }) = self.answer().scaling {
            remarks.push(format!("values = a*(answer) + b with a = {scale}, b = {offset}"));
        }
        if self.measure == Some(LossKind::LocalSign) {
            let turns = self.folds.as_ref().map_or(&[][..], |folds| &folds.turns);
            let turns: Vec<String> = turns.iter().map(|value| format!("{value:.3}")).collect();
            remarks.push(if turns.is_empty() {
                "signs are taken point by point".to_owned()
            } else {
                let turns = turns.join(", ");
                format!(
                    "signs are taken point by point: the neuron turns where the answer is {turns}"
                )
            });
        }
        for hint in self.hints_against.iter().filter_map(|&index| self.hints.text(index)) {
            remarks.push(format!("the answer does not keep to this: {hint}"));
        }
        remarks
    }

    /// Which names of a notation are not the obvious ones, if there are any, and what SymPy has to
    /// run before it reads them.
    pub fn renamed(&self, language: Language) -> Option<String> {
        let spelling = self.spelling.get(&language)?;
        let names = spelling.renamed().iter().map(|(input, name)| format!("{name} for {input}"));
        let names: Vec<String> = names.collect();
        let after = spelling.declaration().map(|text| format!("; first run {text}"));
        let any = !names.is_empty();
        any.then(|| format!("with {}{}", names.join(", "), after.unwrap_or_default()))
    }

    /// The name of a second number that says the same as the loss in other units.
    pub fn second_loss(&self) -> Option<&'static str> {
        let values = self.front.iter().any(|entry| entry.mean_squared_error.is_some());
        let folded = self.front.iter().all(|entry| entry.paper_mse.is_none());
        match (values, folded || self.measure == Some(LossKind::PaperMse)) {
            (true, _) => Some("MSE"),
            (false, false) => Some("paper MSE"),
            (false, true) => None,
        }
    }

    fn page_entries(&self, outer: Option<&Outer>) -> Vec<PageEntry> {
        let trusts = self.trust.as_ref().map_or(&[][..], |trust| &trust.entries);
        let entry = |(index, entry): (usize, &FrontEntry)| {
            let trust = trusts.get(index);
            let (math, rounded) = self.typeset(&entry.expression);
            let seen = self.sample.as_ref().and_then(|sample| sample.entries.get(index));
            PageEntry {
                complexity: entry.complexity,
                loss: entry.loss,
                second: self.second_loss().and(entry.mean_squared_error.or(entry.paper_mse)),
                text: entry.readable().to_owned(),
                math,
                rounded,
                notations: self.notations(entry),
                held_out: trust.and_then(|trust| trust.held_out).map(span),
                outermost: trust.and_then(|trust| trust.shell).map(span),
                bits: trust.and_then(|trust| trust.evidence).map(|evidence| evidence.margin()),
                relation: self.relation(index, outer.filter(|_| index == self.answer)),
                angles: seen.map_or_else(Vec::new, |seen| seen.angles.clone()),
                plane: self.plane_of(&entry.expression),
            }
        };
        self.front.iter().enumerate().map(entry).collect()
    }

    /// The formula as `MathML`, and whether it has fewer digits there; empty if it cannot be read, as
    /// in a file from elsewhere.
    pub(crate) fn typeset(&self, formula: &str) -> (String, bool) {
        let unread = || (String::new(), false);
        let Ok(names) = Names::new(self.inputs.clone()) else { return unread() };
        let Ok(expr) = Expr::parse(formula, &names) else { return unread() };
        let spelling = Spelling::new(Language::Mathml, &names);
        let (whole, short) = (expr.natural(), expr.rounded(DIGITS));
        (short.spelt(Language::Mathml, &spelling), whole.constants() != short.constants())
    }

    fn notations(&self, entry: &FrontEntry) -> Vec<Spelt> {
        let texts = [&entry.latex, &entry.sympy, &entry.numpy, &entry.rust];
        let spelt = |(language, text): (Language, &String)| Spelt {
            language: language.name().to_owned(),
            text: text.clone(),
            note: self.renamed(language),
        };
        let there = Language::TYPED.into_iter().zip(texts).filter(|(_, text)| !text.is_empty());
        there.map(spelt).collect()
    }

    fn page_hints(&self) -> Vec<PageHint> {
        let hint = |index: usize| {
            let against = self.hints_against.contains(&index);
            self.hints.text(index).map(|text| PageHint { text, against })
        };
        (0..self.hints.iter().len()).filter_map(hint).collect()
    }

    /// Values against a formula. Those that are fitted themselves lie on a straight line.
    fn relation(&self, index: usize, outer: Option<&Outer>) -> Option<Relation> {
        let sample = self.sample.as_ref()?;
        let seen = sample.entries.get(index).filter(|seen| !seen.values.is_empty())?;
        let scaling = self.front.get(index)?.scaling;
        let ends = |at: f64| {
            let Scaling { scale, offset } = scaling.unwrap_or(Scaling { scale: 1.0, offset: 0.0 });
            [at, scale * at + offset]
        };
        let places = || seen.values.iter().map(|pair| pair[0]);
        let low = places().fold(f64::INFINITY, f64::min);
        let high = places().fold(f64::NEG_INFINITY, f64::max);
        let name = if index == self.answer { "answer" } else { "formula" };
        let (curve, fit, numbers) = match outer.or(seen.outer.as_ref()) {
            Some(outer) => (outer.curve.clone(), format!("φ({name})"), told(outer)),
            None if scaling.is_some() => {
                (vec![ends(low), ends(high)], format!("a*({name}) + b"), String::new())
            }
            None => (vec![ends(low), ends(high)], name.to_owned(), String::new()),
        };
        let (target, points) = (sample.target.clone(), seen.values.clone());
        Some(Relation { target, fit, points, curve, numbers })
    }

    fn provenance(&self, origin: Option<&Origin>) -> Vec<(String, String)> {
        let mut facts = files(origin);
        facts.push(("inputs".into(), self.inputs.join(", ")));
        if !self.left_out.is_empty() {
            facts.push(("left out".into(), self.left_out.join("; ")));
        }
        if self.points > 0 {
            facts.push(("points".into(), self.points.to_string()));
        }
        facts.push(("seed".into(), self.seed.to_string()));
        facts.push(("version".into(), format!("symgrad {}", self.version)));
        facts
    }
}

impl Interpretation {
    /// The result as a page.
    pub fn page(&self) -> ResultPage {
        let Self { layer, unit, points, active, .. } = self;
        let name = format!("Neuron {unit} of {layer}");
        let model = self.origin.as_ref().and_then(|origin| origin.model.as_ref());
        let title = model.map_or(name.clone(), |model| format!("{name}, {model}"));
        let mut numbers = vec![("points".into(), points.to_string())];
        numbers.push(("points where it is active".into(), active.to_string()));
        let surface = self.surface.clone().map(|surface| ("surface".to_owned(), surface));
        let settings = || self.origin.as_ref().and_then(|origin| origin.settings.clone());
        let command = || self.origin.as_ref().and_then(|origin| origin.command.clone());
        let Some(findings) = &self.findings else {
            return ResultPage {
                title,
                badge: Badge::Dead,
                sentence: sentence(Badge::Dead, false).to_owned(),
                command: command(),
                provenance: files(self.origin.as_ref()).into_iter().chain(numbers).collect(),
                configuration: settings(),
                ..ResultPage::default()
            };
        };
        let mut page = findings.page_with(self.outer.as_ref());
        page.title = title;
        page.command = command().or(page.command);
        page.configuration = settings().or(page.configuration);
        if self.activity == Activity::Linear {
            page.remarks.insert(0, "It is a function of a weighted sum of the inputs.".into());
        }
        page.provenance = findings.provenance(self.origin.as_ref().or(findings.origin.as_ref()));
        page.provenance.retain(|(name, _)| name != "points");
        page.provenance.extend(numbers.into_iter().chain(surface));
        page
    }
}

pub(crate) fn badge(verdict: Option<&Verdict>) -> Badge {
    match verdict {
        Some(Verdict::Identified) => Badge::Identified,
        Some(Verdict::Ambiguous { .. }) => Badge::Ambiguous,
        Some(Verdict::NotFound { .. }) => Badge::NotFound,
        None => Badge::Unknown,
    }
}

/// What a verdict means, for those who meet the word for the first time.
fn sentence(badge: Badge, values: bool) -> &'static str {
    match (badge, values) {
        (Badge::Identified, false) => {
            "This formula and what was searched have the same level sets, up to errors: chance does \
             not explain how well they agree, and nothing else on the front agrees nearly as well."
        }
        (Badge::Identified, true) => {
            "The values are this formula's, up to noise: chance does not explain how well they \
             agree, and nothing else on the front agrees nearly as well."
        }
        (Badge::Ambiguous, _) => {
            "Something was found, but the data do not prove this formula, or do not single it out."
        }
        (Badge::NotFound, _) => {
            "Nothing was found that a fit of any smooth function would not give as well. What is \
             shown is the best guess."
        }
        (Badge::Dead, _) => "The neuron is dead: its gradient vanishes at every point.",
        (Badge::Law | Badge::Unknown, _) => {
            "An earlier version made this result, and gave no verdict."
        }
    }
}

/// A verdict's summary without the word that the badge shows.
fn reason(summary: &str, badge: Badge) -> String {
    let rest = summary.strip_prefix(badge.name()).and_then(|rest| rest.strip_prefix(": "));
    rest.unwrap_or(summary).to_owned()
}

fn told(outer: &Outer) -> String {
    let Outer { r_squared, spearman, .. } = outer;
    let trend = outer.trend.name();
    format!("φ {trend}, R² = {r_squared:.4}, Spearman {spearman:.4}")
}

impl Trend {
    /// What φ does, in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rising => "rises",
            Self::Falling => "falls",
            Self::Folded => "turns back",
        }
    }
}

fn titled(name: &str, origin: Option<&Origin>) -> String {
    let model = origin.and_then(|origin| origin.model.as_ref());
    model.map_or_else(|| name.to_owned(), |model| format!("{name}, {model}"))
}

fn files(origin: Option<&Origin>) -> Vec<(String, String)> {
    let Some(Origin { data, rows, model, .. }) = origin else { return vec![] };
    let rows = rows.map_or_else(String::new, |rows| format!(", {rows} rows"));
    let data = data.as_ref().map(|data| ("data".to_owned(), data.clone() + &rows));
    let model = model.as_ref().map(|model| ("network".to_owned(), model.clone()));
    model.into_iter().chain(data).collect()
}

fn span(interval: Interval) -> Span95 {
    let Interval { estimate, low, high } = interval;
    Span95 { estimate, low, high }
}
