//! Does things side by side, at most two at a time: each is a QEMU. Instruction counting makes what they
//! measure independent of how busy this machine is.

use std::sync::Mutex;
use std::thread;

const WORKERS: usize = 2;

/// Applies `work` to all `items`; the results are in the order of the items.
pub fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((index, item)) = locked(&queue).next() {
                    let result = work(item);
                    locked(&results).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_their_items() {
        let doubled = super::map((0..50).collect(), |number: u64| {
            std::thread::sleep(std::time::Duration::from_micros(50 - number));
            number * 2
        });
        assert_eq!(doubled, (0..50).map(|number| number * 2).collect::<Vec<_>>());
    }
}
