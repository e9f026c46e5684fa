//! Set/way cache maintenance by guests, made true by address.
//!
//! A set/way operation reaches one cache of one CPU, which says nothing about a guest that moves
//! between CPUs and shares them (Arm ARM DDI 0487J D7.5.9: not for coherency). Guests use them in one
//! way: in a loop over a whole cache, as a cache is turned on or off. So the first operation of a loop
//! cleans and invalidates all memory of the domain, and the rest of the loop is done with it.
//!
//! A loop goes on while the same instruction names lines other than the first one. What a guest writes
//! during the loop, with its caches on, it cannot expect in memory after it: it does not know in which
//! line of a set the hardware put it. When the first line comes again, or another instruction, a new
//! loop has begun and all is cleaned again.

use super::Vcpu;
use crate::machine::frame_window;
use crate::trap::Cx;
use pagetable::{PageType, Span};
use types::{Ipa, PhysRange};

/// Bytes that are cleaned in one stay in EL2: a few thousand lines.
const STEP_BYTES: u64 = 256 << 10;

/// How far the maintenance of one vCPU is.
#[derive(Debug, Default)]
pub struct SetWay {
    /// Where the loop is executed, and the line that it named first.
    begun: Option<Begun>,
    /// Up to where memory is clean, if it is not all.
    next: Option<Ipa>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Begun {
    pc: u64,
    operand: u64,
}

/// What becomes of the trapped instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Maintenance {
    /// It has had its effect.
    Done,
    /// The guest executes it again: memory is cleaned step by step.
    Again,
}

impl SetWay {
    /// Takes an operation; returns where to go on cleaning, if anything is left to clean.
    fn operation(&mut self, pc: u64, operand: u64) -> Option<Ipa> {
        let this = Begun { pc, operand };
        match self.begun {
            // The loop's first operation, which is executed until all is clean.
            Some(begun) if begun == this && self.next.is_some() => {}
            // The same loop, further on.
            Some(begun) if begun.pc == pc && begun.operand != operand && self.next.is_none() => {}
            _ => {
                self.begun = Some(this);
                self.next = Some(Ipa::new(0));
            }
        }
        self.next
    }
}

/// Performs a set/way operation of the calling vCPU: DC ISW, CSW, CISW (DCISW, DCCSW, DCCISW) with
/// `operand`.
pub fn flush_all(cx: &mut Cx<'_>, operand: u64) -> Maintenance {
    let pc = cx.regs.pc();
    let Some(from) = cx.vcpu.set_way.with(|set_way| set_way.operation(pc, operand)) else {
        return Maintenance::Done;
    };
    let next = clean_step(cx.vcpu, from);
    cx.vcpu.set_way.with(|set_way| set_way.next = next);
    if next.is_some() { Maintenance::Again } else { Maintenance::Done }
}

/// Cleans and invalidates memory from `from` on and returns where to go on, or `None` at the end.
fn clean_step(vcpu: &Vcpu, from: Ipa) -> Option<Ipa> {
    let rest = Span::new(from, u64::MAX - from.raw());
    let extent = vcpu.domain.p2m.next_mapped(rest)?;
    let bytes = extent.span.bytes.min(STEP_BYTES);
    if extent.mapping.attrs.page_type().is_some_and(PageType::is_ram)
        && let Ok(range) = PhysRange::new(extent.mapping.pa, bytes)
    {
        // Memory that EL2 does not reach is no RAM: nothing of it is cached by EL2.
        let _ = frame_window::clean_invalidate(range);
        return extent.span.start.checked_add(bytes);
    }
    extent.span.start.checked_add(extent.span.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_cleans_once() {
        let mut set_way = SetWay::default();
        assert_eq!(set_way.operation(100, 7), Some(Ipa::new(0)));
        set_way.next = Some(Ipa::new(0x1000));
        assert_eq!(set_way.operation(100, 7), Some(Ipa::new(0x1000)), "the same instruction goes on");
        set_way.next = None;
        assert_eq!(set_way.operation(100, 6), None);
        assert_eq!(set_way.operation(100, 5), None);
    }

    #[test]
    fn the_first_line_again_is_a_new_loop() {
        let mut set_way = SetWay::default();
        set_way.operation(100, 7);
        set_way.next = None;
        assert_eq!(set_way.operation(100, 6), None);
        assert_eq!(set_way.operation(100, 7), Some(Ipa::new(0)));
    }

    #[test]
    fn another_instruction_is_a_new_loop() {
        let mut set_way = SetWay::default();
        set_way.operation(100, 7);
        set_way.next = None;
        assert_eq!(set_way.operation(104, 6), Some(Ipa::new(0)));
    }

    #[test]
    fn another_line_while_cleaning_begins_anew() {
        let mut set_way = SetWay::default();
        set_way.operation(100, 7);
        set_way.next = Some(Ipa::new(0x1000));
        assert_eq!(set_way.operation(100, 6), Some(Ipa::new(0)));
    }
}
