//! Laws that a network proposes, and how their search is followed and stopped.

use std::ops::ControlFlow;

use symgrad::data::{DataError, Groups, Table};
use symgrad::laws::{Equations, LawObserver, Motion, Source};
use symgrad::search::Search;
use symgrad::siamese::Quality;
use symgrad::{
    DiscoverSettings, Discovery, DiscoveryKind, Error, FoundBy, Latents, NetworkObserver,
    NetworkSettings, Seconds, box_of_points, discover_with_network,
};

/// Numbers from 0 to 1 without a pattern that a formula could find.
struct Draw(u64);

impl Draw {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        self.0 >> 40
    }

    fn number(&mut self) -> f64 {
        self.bits() as f64 / f64::from(1_u32 << 24)
    }
}

/// Twenty groups of fifteen points: `point` says what belongs to the values that a group shares.
fn groups(point: impl Fn([f64; 2], &mut Draw) -> Vec<f64>) -> Source {
    let mut draw = Draw(7);
    let (mut columns, mut labels) = (vec![vec![]; point([0.5; 2], &mut draw).len()], vec![]);
    for group in 0..20 {
        let shared = [0.5 + draw.number(), 0.5 + draw.number()];
        for _ in 0..15 {
            let place = point(shared, &mut draw);
            columns.iter_mut().zip(place).for_each(|(column, x)| column.push(x));
            labels.push(f64::from(group));
        }
    }
    let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
    let points = Table::new(names, columns).expect("a table");
    Source::Groups(Groups::new(&points, &labels, None).expect("groups"))
}

/// x1·x2 is shared.
fn products() -> Source {
    groups(|[shared, _], draw| {
        let x = 0.5 + draw.number();
        vec![x, shared / x]
    })
}

fn quick(latents: Latents, direct: bool) -> NetworkSettings {
    NetworkSettings { steps: 300, budget: 5_000, ..NetworkSettings::new(latents, direct) }
}

fn found(source: &Source, network: &NetworkSettings) -> Discovery {
    let settings = DiscoverSettings::default();
    let found = discover_with_network(source, &settings, network, &mut ()).expect("groups");
    Discovery { seconds: Seconds::new(), ..found }
}

/// What the observer hears; it stops at the report of that number.
#[derive(Default)]
struct Ears {
    steps: usize,
    checks: usize,
    searches: usize,
    evaluations: u64,
    libraries: usize,
    stops: [Option<usize>; 3],
}

fn stop(at: Option<usize>, reports: usize) -> ControlFlow<()> {
    if at == Some(reports) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl LawObserver for Ears {
    fn progress(&mut self, _: usize, _: usize, _: usize) -> ControlFlow<()> {
        self.libraries += 1;
        stop(self.stops[2], self.libraries)
    }
}

impl NetworkObserver for Ears {
    fn trains(&mut self, latents: usize, step: usize, most: usize) -> ControlFlow<()> {
        assert!(latents == 1 && step <= most && most == 300);
        self.steps += 1;
        stop(self.stops[0], self.steps)
    }

    fn learns(&mut self, quality: &Quality) -> ControlFlow<()> {
        assert_eq!((quality.step, quality.rho.len()), (self.steps, 1));
        self.checks += 1;
        ControlFlow::Continue(())
    }

    fn begins(&mut self, number: usize, _: &mut symgrad::search::Search) {
        self.searches = number;
    }

    fn searches(&mut self, search: &Search) -> ControlFlow<()> {
        self.evaluations = search.evaluations();
        stop(self.stops[1], self.searches)
    }
}

#[test]
fn a_network_finds_a_law_on_any_number_of_threads() {
    let network = quick(Latents::Count(1), false);
    let [alone, together] = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| found(&products(), &network))
    });
    assert_eq!(alone, together);
    assert_eq!((alone.laws[0].expression.as_str(), alone.laws.len()), ("x1*x2", 1));
    assert_eq!(alone.laws[0].found_by, FoundBy::Network);
    let record = alone.network.clone().expect("what the network has shown");
    assert!(record.rho[0] < 0.01 && record.shuffled > 0.3, "{record:?}");
    assert!(record.answers[0].apart < 1e-6 && record.summary.contains("agrees"), "{record:?}");
}

#[test]
fn an_observer_follows_both_roads_and_ends_them() {
    let run = |stops: [Option<usize>; 3]| {
        let mut ears = Ears { stops, ..Ears::default() };
        let settings = DiscoverSettings::default();
        let network = quick(Latents::Count(1), true);
        let done = discover_with_network(&products(), &settings, &network, &mut ears);
        (done, ears)
    };
    let (done, ears) = run([None; 3]);
    assert_eq!(done.expect("groups").laws[0].found_by, FoundBy::Both);
    assert!(ears.steps <= 300 && ears.checks == ears.steps / 50);
    assert!(ears.searches == 1 && ears.evaluations > 0 && ears.libraries > 0);
    // What is stopped halfway has nothing to propose; what has proposed shows what it has.
    let (done, ears) = run([Some(30), None, None]);
    assert!(matches!(done, Err(Error::Stopped)) && ears.steps == 30 && ears.searches == 0);
    let (done, ears) = run([None, Some(1), None]);
    assert!(matches!(done, Err(Error::Stopped)) && ears.libraries == 0);
    let (done, _) = run([None, None, Some(1)]);
    let done = done.expect("what the network has proposed");
    assert_eq!(done.laws[0].expression, "x1*x2");
}

/// One more latent as long as it adds something: one for one law, two for two.
#[test]
fn latents_are_as_many_as_hold() {
    let one = groups(|[shared, _], draw| {
        let x = draw.number();
        vec![x, (shared - x) / 2.0, draw.number()]
    });
    let two = groups(|[first, second], draw| {
        let x = draw.number();
        vec![x, first - x, second + 3.0 * x]
    });
    for (source, laws) in [(one, 1), (two, 2)] {
        let found = found(&source, &quick(Latents::Auto, false));
        let record = found.network.as_ref().expect("what the network has shown");
        assert_eq!((found.laws.len(), record.rho.len()), (laws, laws), "{record:?}");
        // Two of three directions are all that groups can share.
        assert_eq!(record.further.is_some(), laws == 1, "{record:?}");
    }
}

#[test]
fn a_network_of_unrelated_points_has_learned_nothing() {
    let source = groups(|_, draw| vec![draw.number(), draw.number()]);
    let network = NetworkSettings { steps: 200, ..quick(Latents::Auto, true) };
    let found = found(&source, &network);
    assert_eq!(found.verdict.kind, DiscoveryKind::NoLaw);
    let record = found.network.expect("what the network has shown");
    assert!(record.attempts == 3 && record.summary.contains("nothing that holds"), "{record:?}");
}

#[test]
fn what_a_network_cannot_learn_from_is_named() {
    let settings = DiscoverSettings::default();
    let refused = |source: &Source, latents: usize| {
        let network = quick(Latents::Count(latents), false);
        discover_with_network(source, &settings, &network, &mut ()).expect_err("no law")
    };
    let equations = Equations::parse("x' = v, v' = -x").expect("equations");
    let points = box_of_points(&equations).expect("points");
    let rates = equations.at(points.columns()).expect("rates");
    let motion = Source::Motion(Motion::new(points, rates, None, true).expect("a motion"));
    assert!(matches!(refused(&motion, 1), Error::NoGroups));
    assert!(matches!(refused(&products(), 2), Error::TooManyLatents { latents: 2, inputs: 2 }));
    assert!(refused(&products(), 0).to_string().contains("encoder.latents"));
    let Source::Groups(groups) = products() else { unreachable!() };
    let few = Source::Groups(groups.select(&[0, 1, 2]));
    assert!(matches!(refused(&few, 1), Error::Data(DataError::Groups(_))));
}

/// Whatever the numbers: laws, none, or an error.
#[test]
fn odd_groups_end_in_a_verdict_or_an_error() {
    for seed in 0..4 {
        let mut draw = Draw(seed);
        let kinds: Vec<u64> = (0..=seed % 3).map(|_| draw.bits() % 6).collect();
        let source = groups(|[shared, _], draw| {
            let value = |kind: &u64| match kind {
                0 => draw.number(),
                1 => 7.0,
                2 => 1e200 * (draw.number() - 0.5),
                3 => 1e-200 * draw.number(),
                4 => shared,
                _ => (draw.number() - 0.5).powi(-7),
            };
            kinds.iter().map(value).collect()
        });
        let network = NetworkSettings { steps: 40, budget: 200, ..quick(Latents::Auto, false) };
        let done = discover_with_network(&source, &DiscoverSettings::default(), &network, &mut ());
        if let Ok(found) = done {
            assert!(found.laws.iter().all(|law| law.rho.is_finite()), "{kinds:?}: {found:?}");
        }
    }
}
