//! What is done at each translated block, instruction and access.

use crate::api::Block;
use crate::decode::{self, Class, Kind};
use crate::options::Options;
use crate::recorder::{Listed, Recorder};
use std::fs::File;
use std::io::BufWriter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

type State = Recorder<BufWriter<File>>;

static OPTIONS: OnceLock<Options> = OnceLock::new();
static STATE: OnceLock<Mutex<State>> = OnceLock::new();
/// Every instruction executed since reset.
static EXECUTED: AtomicU64 = AtomicU64::new(0);

/// QEMU's virt machine: distributor, CPU interfaces, redistributors, ITS.
const GIC: std::ops::Range<u64> = 0x0800_0000..0x0900_0000;

/// Takes the plugin's arguments.
///
/// # Errors
/// One is not understood, or the file cannot be written.
pub fn start<'a>(arguments: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let out = File::create(&options.out).map_err(|error| format!("{}: {error}", options.out.display()))?;
    let fresh =
        STATE.set(Mutex::new(Recorder::new(BufWriter::new(out)))).is_ok() && OPTIONS.set(options).is_ok();
    fresh.then_some(()).ok_or_else(|| "bench-plugin is loaded twice".into())
}

/// Instruments a block that was translated.
pub fn translated(block: &Block<'_>) {
    let Some(options) = OPTIONS.get() else { return };
    for instruction in block.instructions() {
        instruction.count_into(&EXECUTED);
        instruction.on_access();
        if options.trace {
            let listed = Listed { address: instruction.address(), text: instruction.disassembly() };
            if let Some(number) = with(|state| state.list(listed)) {
                instruction.on_execute(Event::Listed(number).number());
            }
        }
        if let Some(class) = instruction.word().and_then(|word| decode::class(options.isa, word)) {
            instruction.on_execute(Event::Class(class).number());
        }
    }
}

/// Does what the number given with the instruction stands for.
pub fn executed(cpu: u32, number: usize) {
    let executed = EXECUTED.load(Ordering::Relaxed);
    with(|state| match Event::of(number) {
        Event::Class(Class::Begin) => state.begin(executed),
        Event::Class(Class::End) => {
            if let Err(error) = state.end(executed) {
                eprintln!("bench-plugin: {error}");
            }
        }
        Event::Class(Class::Costly(kind)) => state.count(kind),
        Event::Listed(number) => state.execute(cpu, number),
    });
}

/// Counts an access to the device at a physical address.
pub fn accessed(address: u64) {
    if GIC.contains(&address) {
        with(|state| state.count(Kind::Gic));
    }
}

/// What an instruction's execution means here.
enum Event {
    Class(Class),
    Listed(usize),
}

impl Event {
    const BEGIN: usize = 0;
    const END: usize = 1;
    const KINDS: usize = 2;
    const LISTED: usize = Self::KINDS + Kind::ALL.len();

    fn number(&self) -> usize {
        match self {
            Self::Class(Class::Begin) => Self::BEGIN,
            Self::Class(Class::End) => Self::END,
            Self::Class(Class::Costly(kind)) => {
                Self::KINDS + Kind::ALL.iter().position(|other| other == kind).unwrap_or(0)
            }
            Self::Listed(number) => Self::LISTED + number,
        }
    }

    fn of(number: usize) -> Self {
        match number {
            Self::BEGIN => Self::Class(Class::Begin),
            Self::END => Self::Class(Class::End),
            _ => match Kind::ALL.get(number - Self::KINDS) {
                Some(kind) => Self::Class(Class::Costly(*kind)),
                None => Self::Listed(number - Self::LISTED),
            },
        }
    }
}

fn with<T>(action: impl FnOnce(&mut State) -> T) -> Option<T> {
    let lock = |mutex: &'static Mutex<State>| -> MutexGuard<'static, State> {
        mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    };
    STATE.get().map(|mutex| action(&mut lock(mutex)))
}
