//! The hypervisor's command line: Xen's names, Xen's meaning.
//!
//! [`parse`] reads the line once into [`Options`]; what it does not know or cannot read it reports as
//! a [`Warning`] and leaves at the default. A later option wins over an earlier one. Pure: no
//! allocation, no log, the strings are borrowed from the line.
//!
//! Source: Xen 4.17 docs/misc/xen-command-line.pandoc. `dom0_mem` takes x86's richer forms too.

mod values;

pub use values::{
    Amount, BootScrub, ConSwitch, Console, ConsoleInput, Dom0Mem, LogLevels, Sched, Uart, VcpuCount, Xsm,
};

use core::fmt;
use log::LevelFilter;
use values::integer;

/// The options and their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// `console`: which console.
    pub console: Console,
    /// `dtuart`: a path or alias in the device tree, or empty.
    pub dtuart: Uart<'a>,
    /// `dom0_mem`.
    pub dom0_mem: Dom0Mem,
    /// `dom0_max_vcpus`, or `None` for as many as there are CPUs.
    pub dom0_max_vcpus: Option<VcpuCount>,
    /// `maxcpus`: the most CPUs to use.
    pub maxcpus: Option<u32>,
    /// `loglvl`: what the hypervisor prints.
    pub loglvl: LogLevels,
    /// `guest_loglvl`: what is printed on behalf of guests.
    pub guest_loglvl: LogLevels,
    /// `noreboot`: halt instead.
    pub noreboot: bool,
    /// `bootscrub`.
    pub bootscrub: BootScrub,
    /// `sync_console`: wait for every line to be out.
    pub sync_console: bool,
    /// `conswitch`.
    pub conswitch: ConSwitch,
    /// `sched`.
    pub sched: Option<Sched>,
    /// `sched_ratelimit_us`: how long a vCPU runs at least.
    pub sched_ratelimit_us: u32,
    /// `dom0_vcpus_pin`: each of dom0's vCPUs runs on the CPU of its number.
    pub dom0_vcpus_pin: bool,
    /// `xsm`: who may do what.
    pub xsm: Xsm,
    /// `hmp-unsafe`: use CPUs that differ from the boot CPU.
    pub hmp_unsafe: bool,
}

/// Something in the line that has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning<'a> {
    /// No such option.
    Unknown(&'a str),
    /// The option was given before.
    Again(&'a str),
    /// The option is known, its value is not.
    BadValue {
        /// The option.
        name: &'a str,
        /// What it was given.
        value: &'a str,
    },
}

impl Options<'_> {
    /// What holds where the line says nothing.
    pub const DEFAULT: Self = Self {
        console: Console::DtUart,
        dtuart: Uart { path: "", options: "" },
        dom0_mem: Dom0Mem::DEFAULT,
        dom0_max_vcpus: None,
        maxcpus: None,
        loglvl: LogLevels { always: LevelFilter::Info, limited: LevelFilter::Info },
        guest_loglvl: LogLevels { always: LevelFilter::Off, limited: LevelFilter::Warn },
        noreboot: false,
        bootscrub: BootScrub::Idle,
        sync_console: false,
        conswitch: ConSwitch { code: Some(b'a' & 0x1f), input: ConsoleInput::Dom0 },
        sched: None,
        sched_ratelimit_us: crate::sched::DEFAULT_RATELIMIT_US,
        dom0_vcpus_pin: false,
        xsm: Xsm::Silo,
        hmp_unsafe: false,
    };
}

/// Reads a command line; `warn` gets what is wrong in it, in order.
pub fn parse<'a>(line: &'a str, warn: &mut dyn FnMut(Warning<'a>)) -> Options<'a> {
    let mut options = Options::DEFAULT;
    let mut seen = Seen::default();
    for word in line.split_ascii_whitespace() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Value::Given(value)),
            None => (word, Value::Absent),
        };
        let known = options.set(name, value).or_else(|| match (name.strip_prefix("no-"), value) {
            (Some(name), Value::Absent) => options.set(name, Value::Negated),
            _ => None,
        });
        match known {
            Some(Ok(())) if seen.again(name) => warn(Warning::Again(name)),
            Some(Ok(())) => {}
            Some(Err(Bad)) => warn(Warning::BadValue { name, value: value.given().unwrap_or("") }),
            None => warn(Warning::Unknown(name)),
        }
    }
    options
}

/// What stands behind an option's name.
#[derive(Clone, Copy)]
enum Value<'a> {
    /// `name`.
    Absent,
    /// `no-name`.
    Negated,
    /// `name=value`.
    Given(&'a str),
}

/// The value cannot be read.
struct Bad;

/// Which options of [`ONCE`] were met.
#[derive(Default)]
struct Seen(u32);

/// Options of which only the last one counts; `dom0_mem`'s parts add up.
const ONCE: [&str; 15] = [
    "console",
    "dtuart",
    "dom0_max_vcpus",
    "maxcpus",
    "loglvl",
    "guest_loglvl",
    "noreboot",
    "bootscrub",
    "sync_console",
    "conswitch",
    "sched",
    "sched_ratelimit_us",
    "dom0_vcpus_pin",
    "xsm",
    "hmp-unsafe",
];

impl Seen {
    /// Tells whether the option was met before, and remembers it.
    fn again(&mut self, name: &str) -> bool {
        let name = name.strip_prefix("no-").unwrap_or(name);
        let bit = ONCE.iter().position(|known| *known == name).map_or(0, |index| 1 << index);
        let again = self.0 & bit != 0;
        self.0 |= bit;
        again
    }
}

impl<'a> Value<'a> {
    fn given(self) -> Option<&'a str> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Negated => None,
        }
    }

    /// Reads it as a boolean.
    fn boolean(self) -> Option<bool> {
        match self {
            Self::Absent => Some(true),
            Self::Negated => Some(false),
            Self::Given("yes" | "on" | "true" | "enable" | "1") => Some(true),
            Self::Given("no" | "off" | "false" | "disable" | "0") => Some(false),
            Self::Given(_) => None,
        }
    }
}

impl<'a> Options<'a> {
    /// Sets one option, or returns `None` if there is none of the name.
    fn set(&mut self, name: &str, value: Value<'a>) -> Option<Result<(), Bad>> {
        let given = value.given();
        let number = given.and_then(integer);
        let done = match name {
            "console" => store(&mut self.console, given.and_then(Console::parse)),
            "dtuart" => store(&mut self.dtuart, given.map(Uart::parse)),
            "dom0_mem" => {
                let earlier = self.dom0_mem;
                store(&mut self.dom0_mem, given.and_then(|v| earlier.parse(v)))
            }
            "dom0_max_vcpus" => store(&mut self.dom0_max_vcpus, given.and_then(VcpuCount::parse)),
            "maxcpus" => store(&mut self.maxcpus, number.filter(|n| *n > 0).map(Some)),
            "loglvl" => store(&mut self.loglvl, given.and_then(LogLevels::parse)),
            "guest_loglvl" => store(&mut self.guest_loglvl, given.and_then(LogLevels::parse)),
            "noreboot" => store(&mut self.noreboot, value.boolean()),
            "bootscrub" => store(&mut self.bootscrub, BootScrub::parse(value)),
            "sync_console" => store(&mut self.sync_console, value.boolean()),
            "conswitch" => store(&mut self.conswitch, given.and_then(ConSwitch::parse)),
            "sched" => store(&mut self.sched, given.and_then(Sched::parse)),
            "sched_ratelimit_us" => {
                let in_range = number.filter(|us| *us <= xen_abi::sysctl::scheduler::RATELIMIT_MAX);
                store(&mut self.sched_ratelimit_us, in_range)
            }
            "dom0_vcpus_pin" => store(&mut self.dom0_vcpus_pin, value.boolean()),
            "xsm" => store(&mut self.xsm, given.and_then(Xsm::parse)),
            "hmp-unsafe" => store(&mut self.hmp_unsafe, value.boolean()),
            _ => return None,
        };
        Some(done)
    }
}

fn store<T>(field: &mut T, value: Option<T>) -> Result<(), Bad> {
    *field = value.ok_or(Bad)?;
    Ok(())
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "unknown option \"{name}\" on the command line is ignored"),
            Self::Again(name) => write!(f, "option \"{name}\" is given again: the last one counts"),
            Self::BadValue { name, value } => {
                write!(f, "option \"{name}\" has the invalid value \"{value}\" and is ignored")
            }
        }
    }
}

#[cfg(test)]
mod tests;
