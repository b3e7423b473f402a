#[cfg(test)]
mod tests {
    use symgrad_expr::{Expr, OpSet};
    use crate::*;
    #[test]
    fn probe() {
        for (ops, name) in [(OpSet::published(), "pub"), (OpSet::default(), "def")] {
        let s = Simplifier::new(ops.clone(), Domain::new(vec![Interval::new(0.1, 1.0); 16]));
        for t in std::fs::read_to_string("/tmp/exprs.txt").unwrap().lines() {
            let e: Expr = t.parse().unwrap();
            let t0 = std::time::Instant::now();
            let a = s.simplify(&e);
            let t1 = t0.elapsed();
            let t0 = std::time::Instant::now();
            let b = s.simplify_level_set(&e);
            println!("{name} {t} [{}] => {a} [{}] {:?}  L {b} [{}] {:?}", ops.complexity(&e), ops.complexity(&a), t1, ops.complexity(&b), t0.elapsed());
        }}
    }
}
