//! A line editor of one line, three commands, and a clock.

use rt::arch::{self, sysreg};
use rt::irq;
use rt::machine::Machine;
use rt::{console, gic, print, println, psci, timer};

const TICK_MS: u64 = 100;

/// The virtual timer's next tick; CTL too, because real Xen sets IMASK with each interrupt.
fn tick(_: irq::Taken) {
    sysreg::set_cntv_tval_el0(timer::ticks(TICK_MS));
    sysreg::set_cntv_ctl_el0(1);
}

/// Runs until told to power off or to reboot.
pub fn run(machine: &'static Machine) -> ! {
    let intid = machine.timer[2].unwrap_or(27);
    irq::set_hook(tick);
    gic::enable(intid);
    sysreg::set_cntv_tval_el0(timer::ticks(TICK_MS));
    sysreg::set_cntv_ctl_el0(1);
    arch::unmask_irq();
    timer::wait_ms("the first ticks", 2000, || irq::total(intid) >= 3);
    println!("The timer ticks: {} so far. Commands: ticks, machine, poweroff, reboot.", irq::total(intid));
    let mut line = [0; 80];
    loop {
        print!("demo> ");
        let used = read_line(&mut line);
        let text = core::str::from_utf8(line.get(..used).unwrap_or(&[])).unwrap_or("?").trim();
        match text {
            "" => {}
            "ticks" => println!("{} ticks of {TICK_MS} ms", irq::total(intid)),
            "machine" => crate::describe::machine(machine),
            "poweroff" => power_off(),
            "reboot" => reboot(),
            other => println!("you typed: {other}"),
        }
    }
}

fn power_off() {
    println!("Bye.");
    psci::system_off();
    println!("SYSTEM_OFF returned");
}

fn reboot() {
    println!("Again.");
    psci::system_reset();
    println!("SYSTEM_RESET returned");
}

/// Reads to the end of a line, echoing; sleeps between ticks.
fn read_line(line: &mut [u8; 80]) -> usize {
    let mut used = 0;
    loop {
        let Some(byte) = console::get() else {
            arch::wfi();
            continue;
        };
        match byte {
            b'\r' | b'\n' => {
                println!();
                return used;
            }
            8 | 127 if used > 0 => {
                used -= 1;
                print!("\x08 \x08");
            }
            b' '..=b'~' if used < line.len() => {
                line[used] = byte;
                used += 1;
                print!("{}", char::from(byte));
            }
            _ => {}
        }
    }
}
