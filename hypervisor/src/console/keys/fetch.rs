//! The registers of a vCPU or a CPU, wherever they are.

use crate::console::report::{Cursor, Step};
use crate::console::snapshot::{self, Guest, Snapshot};
use crate::domain::Vcpu;
use crate::machine::percpu::{self, PerCpu};
use crate::sched::inspect;

/// How many steps a CPU has time to answer.
const PATIENCE: u32 = 1000;
/// After so many steps it is asked again: what was wanted may have moved.
const AGAIN: u32 = 16;

/// What came of asking.
pub enum Fetched<T> {
    /// Here it is.
    Now(T),
    /// Ask again.
    Later(Step),
    /// It cannot be had.
    Never(&'static str),
}

/// Gets what a CPU does.
pub fn of_cpu(cursor: &Cursor, cpu: &'static PerCpu) -> Fetched<Snapshot> {
    if percpu::this().is_some_and(|own| own.id == cpu.id) {
        return Fetched::Now(snapshot::here(cpu));
    }
    if cursor.waits.is_multiple_of(AGAIN) {
        snapshot::ask(cpu);
    } else if let Some(snapshot) = snapshot::answer_of(cpu) {
        return Fetched::Now(snapshot);
    }
    if cursor.waits < PATIENCE {
        return Fetched::Later(Step::Wait);
    }
    snapshot::give_up(cpu);
    Fetched::Never("the CPU does not answer: it is stuck in the hypervisor")
}

/// Gets a vCPU's registers.
pub fn of_vcpu(cursor: &Cursor, vcpu: &Vcpu) -> Fetched<Guest> {
    let cpu = match inspect::while_off(vcpu, snapshot::saved) {
        Ok(Ok(guest)) => return Fetched::Now(guest),
        Ok(Err(cpu)) => percpu::get(cpu),
        Err(inspect::Busy) if cursor.waits < PATIENCE => return Fetched::Later(Step::Wait),
        Err(inspect::Busy) => return Fetched::Never("the scheduler is busy"),
    };
    let Some(cpu) = cpu else { return Fetched::Never("it is nowhere") };
    match of_cpu(cursor, cpu) {
        Fetched::Now(snapshot) => match snapshot.guest.filter(|guest| is(guest, vcpu)) {
            Some(guest) => Fetched::Now(guest),
            // It moved in between.
            None if cursor.waits < PATIENCE => Fetched::Later(Step::Wait),
            None => Fetched::Never("it moves too fast"),
        },
        Fetched::Later(step) => Fetched::Later(step),
        Fetched::Never(why) => Fetched::Never(why),
    }
}

fn is(guest: &Guest, vcpu: &Vcpu) -> bool {
    guest.domain == vcpu.domain.id && guest.vcpu == vcpu.id
}
