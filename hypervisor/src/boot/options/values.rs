//! The values of options: what they are, how they are read.

use super::Value;
use core::fmt;
use log::LevelFilter;

/// `console=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// The UART of `dtuart`, or else of the tree's stdout-path.
    DtUart,
    /// None.
    None,
}

/// `dtuart=path[:options]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uart<'a> {
    /// A path if it starts with `/`, an alias if not; empty if not given.
    pub path: &'a str,
    /// The driver's options.
    pub options: &'a str,
}

/// A size that may depend on the machine's: bytes, plus a part of the memory there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    bytes: u64,
    sign: Sign,
    percent: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    /// So much less than there is.
    Minus,
}

/// `dom0_mem=`: a list of `<size>`, `min:<size>`, `max:<size>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dom0Mem {
    size: Option<Amount>,
    min: Option<Amount>,
    max: Option<Amount>,
}

/// `dom0_max_vcpus=`: a number, or a range that the number of CPUs is brought into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VcpuCount {
    min: u32,
    max: u32,
}

/// `loglvl=<level>[/<rate-limited level>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLevels {
    /// Printed always.
    pub always: LevelFilter,
    /// Printed as far as the rate allows.
    pub limited: LevelFilter,
}

/// `bootscrub=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootScrub {
    /// Free memory is scrubbed when it is handed out; Xen's idle CPUs may do it before.
    Idle,
    /// Free memory is scrubbed before dom0 starts.
    Now,
    /// As [`Self::Idle`]: what boot left in memory is nobody's, but goes to no guest either.
    Off,
}

/// `conswitch=<char>[x]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConSwitch {
    /// The control code that switches the input, or `None` for none.
    pub code: Option<u8>,
    /// Who gets the input when dom0 has booted.
    pub input: ConsoleInput,
}

/// Who gets the console's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleInput {
    /// dom0.
    Dom0,
    /// The hypervisor.
    Hypervisor,
}

/// `sched=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sched {
    /// `credit`.
    Credit,
    /// `credit2`.
    Credit2,
    /// `rtds`.
    Rtds,
    /// `arinc653`.
    Arinc653,
    /// `null`.
    Null,
}

/// `xsm=`; Flask's policies are not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xsm {
    /// `dummy`: guests may share with each other.
    Dummy,
    /// `silo`: they may not.
    Silo,
}

/// dom0's memory on Arm if nothing is said: 512 MiB.
const DEFAULT_DOM0_BYTES: u64 = 512 << 20;

/// Reads the digits of a number, 0x for hexadecimal, 0 for octal, and returns what follows them.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &text[2..]),
        [b'0', b'0'..=b'7', ..] => (8, &text[1..]),
        _ => (10, text),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    Some((u64::from_str_radix(digits, radix).ok()?, rest))
}

pub(super) fn integer(text: &str) -> Option<u32> {
    match leading_number(text)? {
        (number, "") => number.try_into().ok(),
        _ => None,
    }
}

impl Console {
    /// Reads the list; of the consoles that Xen knows Arm has but these.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.split(',').try_fold(Self::None, |found, name| match name {
            "dtuart" => Some(Self::DtUart),
            "none" => Some(found),
            _ => None,
        })
    }
}

impl<'a> Uart<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let (path, options) = text.split_once(':').unwrap_or((text, ""));
        Self { path, options }
    }
}

impl Amount {
    /// Reads `[-]<number>[T|G|M|K|B]`, KiB without a suffix, `<number>%`, or both joined by `+`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(text) => (Sign::Minus, text),
            None => (Sign::Plus, text),
        };
        let (size, part) = match text.split_once('+') {
            Some((size, part)) => (Some(size), Some(part)),
            None if text.ends_with('%') => (None, Some(text)),
            None => (Some(text), None),
        };
        let bytes = size.map_or(Some(0), Self::bytes_of)?;
        let percent = match part.map(|p| integer(p.strip_suffix('%')?)) {
            None => 0,
            Some(percent) => u8::try_from(percent?).ok().filter(|p| *p < 100)?,
        };
        Some(Self { bytes, sign, percent })
    }

    fn bytes_of(text: &str) -> Option<u64> {
        let (number, suffix) = leading_number(text)?;
        let shift = match suffix {
            "T" | "t" => 40,
            "G" | "g" => 30,
            "M" | "m" => 20,
            "K" | "k" | "" => 10,
            "B" | "b" => 0,
            _ => return None,
        };
        number.checked_mul(1 << shift)
    }

    /// Returns the size on a machine with so many bytes to give.
    pub fn resolve(&self, available_bytes: u64) -> u64 {
        let percent = u64::from(self.percent);
        // In two steps, so that no product is too large.
        let part = available_bytes / 100 * percent + available_bytes % 100 * percent / 100;
        let bytes = self.bytes.saturating_add(part);
        match self.sign {
            Sign::Plus => bytes,
            Sign::Minus => available_bytes.saturating_sub(bytes),
        }
    }
}

impl Dom0Mem {
    pub(super) const DEFAULT: Self = Self { size: None, min: None, max: None };

    /// Reads a list; what it does not name stays as an earlier one set it.
    pub(super) fn parse(self, text: &str) -> Option<Self> {
        text.split(',').try_fold(self, |mut all, item| {
            if let Some(min) = item.strip_prefix("min:") {
                all.min = Some(Amount::parse(min)?);
            } else if let Some(max) = item.strip_prefix("max:") {
                all.max = Some(Amount::parse(max)?);
            } else {
                all.size = Some(Amount::parse(item).filter(|a| a.bytes > 0 || a.percent > 0)?);
            }
            Some(all)
        })
    }

    /// Returns dom0's memory on a machine with so many bytes to give: the size, at least the minimum,
    /// but never more than the maximum.
    pub fn bytes(&self, available_bytes: u64) -> u64 {
        let resolve = |amount: Amount| amount.resolve(available_bytes);
        let size = self.size.map_or(DEFAULT_DOM0_BYTES, resolve);
        let size = self.min.map_or(size, |min| size.max(resolve(min)));
        self.max.map_or(size, |max| size.min(resolve(max)))
    }

    /// Returns what dom0 may balloon up to, or `None` for no limit.
    pub fn max_bytes(&self, available_bytes: u64) -> Option<u64> {
        self.max.map(|max| max.resolve(available_bytes))
    }
}

impl VcpuCount {
    /// Reads `n`, `min-max`, `min-` or `-max`; 0 is no choice.
    pub(super) fn parse(text: &str) -> Option<Option<Self>> {
        let Some((min, max)) = text.split_once('-') else {
            let number = integer(text)?;
            return Some((number > 0).then_some(Self { min: number, max: number }));
        };
        let min = if min.is_empty() { 1 } else { integer(min)? };
        let max = if max.is_empty() { u32::MAX } else { integer(max)? };
        (min <= max && max > 0).then_some(Some(Self { min, max }))
    }

    /// Returns dom0's vCPUs on a machine with so many CPUs.
    pub fn on(&self, cpus: u32) -> u32 {
        cpus.clamp(self.min, self.max)
    }
}

impl LogLevels {
    /// Reads levels as the option has them; `None` if they are none.
    pub fn parse(text: &str) -> Option<Self> {
        let (always, limited) = text.split_once('/').unwrap_or((text, text));
        let (always, limited) = (Self::level(always)?, Self::level(limited)?);
        // What is printed always is no less than what is limited.
        Some(Self { always, limited: limited.max(always) })
    }

    fn level(text: &str) -> Option<LevelFilter> {
        Some(match text {
            "none" => LevelFilter::Off,
            "error" => LevelFilter::Error,
            "warning" => LevelFilter::Warn,
            "info" => LevelFilter::Info,
            "debug" => LevelFilter::Debug,
            "all" => LevelFilter::Trace,
            _ => return None,
        })
    }
}

impl From<(LevelFilter, LevelFilter)> for LogLevels {
    fn from((always, limited): (LevelFilter, LevelFilter)) -> Self {
        Self { always, limited }
    }
}

impl fmt::Display for LogLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |level| match level {
            LevelFilter::Off => "none",
            LevelFilter::Error => "error",
            LevelFilter::Warn => "warning",
            LevelFilter::Info => "info",
            LevelFilter::Debug => "debug",
            LevelFilter::Trace => "all",
        };
        write!(f, "{}/{}", name(self.always), name(self.limited))
    }
}

impl BootScrub {
    pub(super) fn parse(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Given("idle") => Some(Self::Idle),
            _ => value.boolean().map(|now| if now { Self::Now } else { Self::Off }),
        }
    }
}

impl ConSwitch {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (code, rest) = match text.as_bytes() {
            [letter @ (b'a'..=b'z' | b'A'..=b'Z'), rest @ ..] => (Some(letter & 0x1f), rest),
            // Any other character: nothing switches.
            [_, rest @ ..] => (None, rest),
            [] => return None,
        };
        let input = if rest == b"x" { ConsoleInput::Hypervisor } else { ConsoleInput::Dom0 };
        (rest.is_empty() || rest == b"x").then_some(Self { code, input })
    }
}

impl Xsm {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "dummy" => Some(Self::Dummy),
            "silo" => Some(Self::Silo),
            _ => None,
        }
    }
}

impl Sched {
    pub(super) fn parse(text: &str) -> Option<Option<Self>> {
        Some(Some(match text {
            "credit" => Self::Credit,
            "credit2" => Self::Credit2,
            "rtds" => Self::Rtds,
            "arinc653" => Self::Arinc653,
            "null" => Self::Null,
            _ => return None,
        }))
    }
}
