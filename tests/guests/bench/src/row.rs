//! One operation: rounds of a measured loop, the cost of the loop itself taken off, one line.
//!
//! `bench: OP min=M mean=M rounds=N disturbed=D loops=L`, M in hundredths of a nanosecond per operation, D the
//! rounds more than one per cent above the minimum; `bench-skip: OP why`; `bench-value: OP N unit`;
//! `bench-window: OP loops=L` before each window when windows are marked.

use crate::choice::Choice;
use rt::check::check;
use rt::machine::Machine;
use rt::window::{self, Marks};
use rt::{println, timer};

const ROUNDS: usize = 10;
/// Loops are this many times longer where an operation takes so few instructions that a tick matters.
const FEW: u32 = 32;
/// Ticks of a round in which one tick more or less does not matter.
const ENOUGH: u64 = 256;

/// What all operations share.
pub struct Bench {
    /// The machine.
    pub machine: &'static Machine,
    /// What is wanted.
    pub choice: Choice,
    frequency: u64,
}

/// A loop that is measured: takes the number of iterations, gives ticks.
pub type Round<'a> = &'a mut dyn FnMut(u32) -> u64;

impl Bench {
    /// Reads the command line.
    pub fn new(machine: &'static Machine) -> Self {
        Self { machine, choice: Choice::read(machine.bootargs), frequency: timer::frequency() }
    }

    /// Whether an operation is to run.
    pub fn wants(&self, name: &str) -> bool {
        self.choice.wants(name)
    }

    /// Ticks in nanoseconds.
    pub fn nanoseconds(&self, ticks: u64) -> u64 {
        u64::try_from(u128::from(ticks) * 1_000_000_000 / u128::from(self.frequency.max(1))).unwrap_or(0)
    }

    /// Prints a figure that no loop measures.
    pub fn value(&self, name: &str, value: u64, unit: &str) {
        println!("bench-value: {name} {value} {unit}");
    }

    /// Says why an operation is not measured here.
    pub fn skip(&self, name: &str, why: &str) {
        if self.wants(name) {
            println!("bench-skip: {name} {why}");
        }
    }

    /// Measures an operation whose loop is `round` and whose loop without it is `shape`.
    pub fn row(&self, name: &str, loops: u32, round: Round<'_>, shape: Round<'_>) {
        if !self.wants(name) {
            return;
        }
        let warm = round(loops);
        if self.choice.trace.is_some() {
            self.marked(name, 1, round);
            return;
        }
        let few = warm.saturating_sub(shape(loops)) < ENOUGH && !self.choice.markers;
        let loops = if few { loops * FEW } else { loops };
        let idle = (0..3).map(|_| shape(loops)).min().unwrap_or(0);
        let mut ticks = [0; ROUNDS];
        for tick in &mut ticks {
            *tick = if self.choice.markers { self.marked(name, loops, round) } else { round(loops) };
        }
        self.print(name, loops, ticks.map(|tick| tick.saturating_sub(idle)));
    }

    /// Measures an operation each time of which is a window of its own: when windows are marked, a round is
    /// one.
    pub fn singles(&self, name: &str, loops: u32, round: Round<'_>) {
        let loops = if self.choice.markers { 1 } else { loops };
        self.row(name, loops, round, &mut |_| 0);
    }

    fn marked(&self, name: &str, loops: u32, round: Round<'_>) -> u64 {
        println!("bench-window: {name} loops={loops}");
        window::set_marks(Marks::On);
        let ticks = round(loops);
        window::set_marks(Marks::Off);
        ticks
    }

    fn print(&self, name: &str, loops: u32, ticks: [u64; ROUNDS]) {
        let min = ticks.iter().copied().min().unwrap_or(0);
        let disturbed = ticks.iter().filter(|tick| **tick * 100 > min * 101).count();
        let scale = u64::from(loops.max(1));
        let hundredths = |ticks: u64| self.nanoseconds(ticks * 100) / scale;
        let mean = self.nanoseconds(ticks.iter().sum::<u64>() * 100) / (scale * ROUNDS as u64);
        println!(
            "bench: {name} min={} mean={mean} rounds={ROUNDS} disturbed={disturbed} loops={loops}",
            hundredths(min)
        );
    }
}

/// The loop alone, which is taken off all others: here against nothing.
pub fn empty(bench: &Bench) {
    check("the counter counts", bench.frequency > 0);
    bench.row("loop", 4096, &mut |loops| window::timed(loops, || {}), &mut |_| 0);
}

/// Measures one of [`rt::arch::operation`].
#[macro_export]
macro_rules! row {
    ($bench:expr, $name:expr, $loops:expr, $operation:ident($($argument:expr),*)) => {
        $bench.row(
            $name,
            $loops,
            &mut |loops| rt::window::timed(loops, || rt::arch::operation::$operation::act($($argument),*)),
            &mut |loops| rt::window::timed(loops, || rt::arch::operation::$operation::shape($($argument),*)),
        )
    };
}
