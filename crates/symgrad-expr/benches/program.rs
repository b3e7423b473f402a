//! Speed of compiled programs on one thread, in nodes × rows per second.
//!
//! Random trees follow one recipe for all widths: every operator equally likely, a quarter of
//! the leaves constants, 1 000 rows between ½ and 2.

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Aligned, Expr, Op, Program, Workspace};

const ROWS: usize = 1000;
const TREES: usize = 100;

const FIELD: [Op; 8] = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Sin, Op::Exp, Op::Sqrt, Op::Square];
const RING: [Op; 3] = [Op::Add, Op::Sub, Op::Mul];

fn random_tree(rng: &mut ChaCha8Rng, nodes: usize, inputs: u16, ops: &[Op]) -> Expr {
    if nodes == 1 {
        return if rng.random_range(0..4) == 0 {
            Expr::constant(rng.random_range(0.5..2.0))
        } else {
            Expr::var(rng.random_range(0..inputs))
        };
    }
    let fitting: Vec<Op> = ops.iter().copied().filter(|op| op.arity() < nodes).collect();
    match fitting.as_slice() {
        [] => random_tree(rng, 1, inputs, ops),
        fitting => {
            let op = fitting[rng.random_range(0..fitting.len())];
            if op.arity() == 1 {
                return Expr::unary(op, random_tree(rng, nodes - 1, inputs, ops));
            }
            let left = rng.random_range(1..nodes - 1);
            let first = random_tree(rng, left, inputs, ops);
            Expr::binary(op, first, &random_tree(rng, nodes - 1 - left, inputs, ops))
        }
    }
}

struct Case {
    trees: Vec<Expr>,
    columns: Vec<Aligned>,
    directions: Vec<Aligned>,
    weights: Aligned,
}

impl Case {
    fn new(nodes: usize, inputs: u16, ops: &[Op]) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut table = |low, high| -> Vec<Aligned> {
            let mut column = || (0..ROWS).map(|_| rng.random_range(low..high)).collect();
            (0..inputs).map(|_| column()).collect()
        };
        let (columns, directions) = (table(0.5, 2.0), table(-1.0, 1.0));
        let weights = vec![1.0 / ROWS as f64; ROWS].into();
        let mut case = Self { trees: vec![], columns, directions, weights };
        while case.trees.len() < TREES {
            let tree = random_tree(&mut rng, nodes, inputs, ops);
            if case.loss(&Program::compile(&tree), &mut Workspace::default()).is_finite() {
                case.trees.push(tree);
            }
        }
        case
    }

    fn throughput(&self) -> Throughput {
        let nodes: usize = self.trees.iter().map(Expr::len).sum();
        Throughput::Elements((nodes * ROWS) as u64)
    }

    /// 1 − |mean cos|; infinite if something is not finite.
    fn loss(&self, program: &Program, workspace: &mut Workspace) -> f64 {
        let mut cosine = 0.0;
        let flow = program.for_each_block(&self.columns, workspace, |block| {
            let Some(sum) = block.cosine_sum(&self.directions, &self.weights) else {
                return ControlFlow::Break(());
            };
            cosine += sum;
            ControlFlow::Continue(())
        });
        if flow == Ok(ControlFlow::Continue(())) { 1.0 - cosine.abs() } else { f64::INFINITY }
    }
}

fn gradients_and_loss(c: &mut Criterion) {
    let mut group = c.benchmark_group("gradient and loss");
    let cases = [(15, 2, &FIELD[..]), (15, 4, &FIELD), (15, 9, &FIELD), (15, 20, &FIELD)];
    for (nodes, inputs, ops) in cases.into_iter().chain([(15, 9, &RING[..]), (30, 9, &RING)]) {
        let case = Case::new(nodes, inputs, ops);
        let name = format!("{nodes} nodes of {} operators", ops.len());
        group.throughput(case.throughput());
        group.bench_function(BenchmarkId::new(name, inputs), |b| {
            let (mut program, mut workspace) = (Program::default(), Workspace::default());
            b.iter(|| {
                for tree in &case.trees {
                    program.recompile(tree);
                    black_box(case.loss(&program, &mut workspace));
                }
            });
        });
    }
    group.finish();
}

fn values(c: &mut Criterion) {
    let mut group = c.benchmark_group("values");
    for ops in [&FIELD[..], &RING] {
        let case = Case::new(15, 9, ops);
        group.throughput(case.throughput());
        group.bench_function(BenchmarkId::new(format!("{} operators", ops.len()), 9), |b| {
            let (mut program, mut workspace) = (Program::default(), Workspace::default());
            let mut out = vec![0.0; ROWS];
            b.iter(|| {
                for tree in &case.trees {
                    program.recompile(tree);
                    let _ = black_box(program.values(&case.columns, &mut workspace, &mut out));
                }
            });
        });
    }
    group.finish();
}

/// Programs are compiled when they first run: here on so few rows that little else counts.
fn compiling(c: &mut Criterion) {
    let case = Case::new(15, 9, &FIELD);
    let columns: Vec<&[f64]> = case.columns.iter().map(|column| &column[..16]).collect();
    let mut group = c.benchmark_group("compile");
    group.throughput(Throughput::Elements(TREES as u64)).bench_function("15 nodes", |b| {
        let (mut program, mut workspace) = (Program::default(), Workspace::default());
        b.iter(|| {
            for tree in &case.trees {
                program.recompile(tree);
                let flow = program.for_each_block(&columns, &mut workspace, |block| {
                    black_box(block);
                    ControlFlow::Continue(())
                });
                black_box(flow).ok();
            }
        });
    });
    group.finish();
}

/// Value and gradient of one operator, per row.
fn operators(c: &mut Criterion) {
    let columns = Case::new(1, 2, &[]).columns;
    let mut group = c.benchmark_group("operator");
    group.throughput(Throughput::Elements(ROWS as u64));
    for op in Op::ALL {
        let expr = match op.arity() {
            1 => Expr::unary(op, Expr::var(0)),
            _ => Expr::binary(op, Expr::var(0), &Expr::var(1)),
        };
        let program = Program::compile(&expr);
        let mut workspace = Workspace::default();
        group.bench_function(op.name(), |b| {
            b.iter(|| {
                program.for_each_block(&columns, &mut workspace, |block| {
                    black_box(block);
                    ControlFlow::Continue(())
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, gradients_and_loss, values, compiling, operators);
criterion_main!(benches);
