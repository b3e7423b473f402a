use super::*;

fn table(rows: usize) -> Table {
    let column = (0..rows).map(|n| n as f64).collect();
    Table::new(vec!["x".into()], vec![column]).unwrap()
}

fn labels(rows: usize, groups: usize) -> Vec<f64> {
    (0..rows).map(|n| (n % groups) as f64).collect()
}

#[test]
fn rows_of_a_group_come_together_in_their_order() {
    let groups = Groups::new(&table(30), &labels(30, 7), None).unwrap();
    assert_eq!(groups.len(), 7);
    for group in 0..7 {
        let rows = &groups.points().column(0)[groups.rows(group)];
        assert!(rows.iter().all(|x| x % 7.0 == group as f64), "{rows:?}");
        assert!(rows.is_sorted());
    }
}

#[test]
fn what_says_nothing_is_refused_by_name() {
    let error = |labels: &[f64], time| {
        let error = Groups::new(&table(labels.len()), labels, time).unwrap_err();
        match error {
            DataError::Groups(error) => error,
            other => panic!("{other}"),
        }
    };
    assert!(matches!(error(&[1.0; 30], None), GroupError::OneGroup));
    let single: Vec<f64> = (0..30).map(f64::from).collect();
    assert!(matches!(error(&single, None), GroupError::SingleRows { groups: 30, .. }));
    assert!(matches!(error(&labels(10, 2), None), GroupError::FewPoints { rows: 10, .. }));
    let time = (0..30).map(|n| if n == 20 { 0.5 } else { f64::from(n) }).collect();
    let rising = error(&labels(30, 3), Some(time));
    assert!(matches!(rising, GroupError::TimeNotRising { row: 21, .. }), "{rising}");
    let few = Groups::new(&table(30), &labels(30, 5), None).unwrap().split(0);
    assert!(matches!(few, Err(DataError::Groups(GroupError::FewGroups { found: 5, .. }))));
}

#[test]
fn a_split_shares_no_group_and_loses_none() {
    for (groups, seed) in [(6, 0), (9, 1), (40, 2)] {
        let all = Groups::new(&table(200), &labels(200, groups), None).unwrap();
        let split = all.split(seed).unwrap();
        let parts = [&split.fit, &split.validation, &split.test];
        let mut seen: Vec<f64> = parts.iter().flat_map(|part| part.labels().to_vec()).collect();
        seen.sort_unstable_by(f64::total_cmp);
        assert_eq!(seen, all.labels());
        assert!(parts.iter().all(|part| part.len() >= 2));
        assert_eq!(parts.iter().map(|part| part.points().rows()).sum::<usize>(), 200);
        assert_eq!(all.split(seed).unwrap(), split);
    }
}

#[test]
fn positives_share_the_group_and_negatives_do_not() {
    let groups = Groups::new(&table(60), &labels(60, 6), None).unwrap();
    let triplets = groups.triplets(500, 3).unwrap();
    let [anchor, positive, negative] =
        [triplets.anchor(), triplets.positive(), triplets.negative()].map(|part| part.column(0));
    for n in 0..500 {
        assert_ne!(anchor[n], positive[n]);
        assert_eq!(anchor[n] % 6.0, positive[n] % 6.0);
        assert_ne!(anchor[n] % 6.0, negative[n] % 6.0);
    }
    assert!(groups.triplets(0, 0).is_err());
}

/// Points (group, member) of pairs that chain the members of each group, with negatives of the next
/// group.
fn chained(groups: usize, members: usize) -> [Table; 3] {
    let point = |group: usize, member: usize| (group * 100 + member) as f64;
    let column = |of: &dyn Fn(usize, usize) -> f64| {
        let all = (0..groups * (members - 1)).map(|n| of(n % groups, n / groups)).collect();
        Table::new(vec!["x".into()], vec![all]).unwrap()
    };
    [
        column(&|group, member| point(group, member)),
        column(&|group, member| point(group, member + 1)),
        column(&|group, member| point((group + 1) % groups, member)),
    ]
}

#[test]
fn pairs_that_share_a_point_are_one_group() {
    for (count, members) in [(8, 3), (12, 2), (5, 9)] {
        let [anchor, positive, negative] = chained(count, members);
        let groups = Groups::pairs(&anchor, &positive, Some(&negative)).unwrap();
        assert_eq!((groups.len(), groups.left_out()), (count, 0));
        for group in 0..count {
            let rows = &groups.points().column(0)[groups.rows(group)];
            let own = ((groups.labels()[group] - 1.0) % count as f64) * 100.0;
            let mut rows: Vec<f64> = rows.iter().map(|x| x - own).collect();
            rows.sort_unstable_by(f64::total_cmp);
            assert_eq!(rows, (0..members).map(|m| m as f64).collect::<Vec<_>>());
        }
        // What is known of negatives is kept through a selection.
        let some = groups.select(&[3, 1]);
        let triplets = some.triplets(200, 1).unwrap();
        for n in 0..200 {
            let [a, p, x] = [triplets.anchor(), triplets.positive(), triplets.negative()]
                .map(|part| (part.column(0)[n] / 100.0).floor());
            assert!(a == p && x == (a + 1.0) % count as f64 && [1.0, 3.0].contains(&a));
        }
    }
}

#[test]
fn pairs_that_say_nothing_are_refused_by_name() {
    let column = |values: Vec<f64>| Table::new(vec!["x".into()], vec![values]).unwrap();
    let up = || (0..30).map(f64::from).collect::<Vec<_>>();
    let error = |positives: Vec<f64>| match Groups::pairs(&column(up()), &column(positives), None)
        .unwrap_err()
    {
        DataError::Groups(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(error(up()), GroupError::SamePoints { pairs: 30 }));
    assert!(matches!(error(vec![5.0; 30]), GroupError::OneGroup));
    let few = (0..30).map(|n| f64::from(n) + if n < 5 { 0.5 } else { 0.0 }).collect();
    assert!(matches!(error(few), GroupError::FewPoints { rows: 10, .. }));
    let short = Groups::pairs(&column(up()), &column(vec![1.0]), None);
    assert!(matches!(short, Err(DataError::PartRows { found: 1, .. })));
}

#[test]
fn a_settled_split_stays_as_it_is() {
    let all = Groups::new(&table(240), &labels(240, 40), None).unwrap();
    for seed in 0..4 {
        let parts = all.split(seed).unwrap();
        let settled = Groups::of_split(&parts).unwrap();
        let rows = |split: &Split| {
            [&split.fit, &split.validation, &split.test].map(|part| part.points().clone())
        };
        assert_eq!(rows(&settled.split(seed + 9).unwrap()), rows(&parts));

        // Points that are left out take no other group to another part.
        let left_out: Vec<bool> = (0..240).map(|row| row % 7 == 0 || row < 5).collect();
        let fewer = settled.without(&left_out).unwrap();
        assert_eq!((fewer.len(), fewer.left_out()), (39, 1));
        let kept = fewer.split(seed).unwrap();
        for (kept, part) in rows(&kept).iter().zip(rows(&parts)) {
            assert!(kept.column(0).iter().all(|x| part.column(0).contains(x)));
        }
        assert!(fewer.labels().is_sorted());
    }
    let mut mixed = all.split(0).unwrap();
    let renamed = Table::new(vec!["y".into()], mixed.test.points.columns().to_vec()).unwrap();
    mixed.test.points = renamed;
    let refused = Groups::of_split(&mixed);
    assert!(matches!(refused, Err(DataError::Groups(GroupError::OtherInputs { .. }))));
}
