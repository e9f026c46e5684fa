//! What a vCPU is doing, and since when: told to its guest in an area of the guest's memory.
//!
//! The area is named by a virtual address (`xen/include/public/vcpu.h`,
//! VCPUOP_register_runstate_memory_area), which is translated once, as Xen on Arm does; its frames are
//! referenced from then on. It is written when the vCPU comes to a CPU and when it leaves.
//! Lock rank: VCPU.

use crate::arch::sysreg::Access;
use crate::arch::timer;
use crate::domain::{Domain, Vcpu};
use crate::drivers::timer as clock;
use crate::machine::sync::{Lock, rank};
use crate::machine::{frame_window, guest_copy};
use crate::mm::frames;
use ::sched::Want;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use types::{DomId, GuestVa, PAGE_BYTES, PhysAddr};
use xen_abi::vcpu::{RUNSTATE_UPDATE, Runstate, RunstateInfo};
use xen_abi::{Field, GuestStruct, XenErrno};

/// What a vCPU tells its guest about itself.
pub struct VcpuInfo {
    run: Lock<Run, { rank::VCPU }>,
    /// It leaves its CPU to wait for something, not for another vCPU.
    waits: AtomicBool,
    /// The count at which it was woken, zero while it sleeps on.
    woken: AtomicU64,
}

struct Run {
    state: Runstate,
    since_ns: u64,
    times_ns: [u64; 4],
    area: Option<Area>,
}

/// The area in guest memory; its frames are referenced.
#[derive(Clone, Copy)]
struct Area {
    first: PhysAddr,
    /// Where it goes on, if it crosses a page's end.
    second: Option<PhysAddr>,
}

impl Default for VcpuInfo {
    /// Of a vCPU that is made now, and off.
    fn default() -> Self {
        let since_ns = clock::system_time_ns();
        let run = Run { state: Runstate::Offline, since_ns, times_ns: [0; 4], area: None };
        Self { run: Lock::new(run), waits: AtomicBool::new(false), woken: AtomicU64::new(0) }
    }
}

impl VcpuInfo {
    /// Notes, at a scheduling decision, what the vCPU wants: to wait for something, or only to let
    /// others run.
    #[inline]
    pub fn note_decision(&self, want: Want) {
        self.take_woken();
        self.waits.store(want == Want::Block, Ordering::Relaxed);
    }

    /// Returns the count at which the vCPU was woken, or zero, and forgets it. It is woken once while it waits.
    #[inline]
    fn take_woken(&self) -> u64 {
        let woken = self.woken.load(Ordering::Relaxed);
        if woken != 0 {
            self.woken.store(0, Ordering::Relaxed);
        }
        woken
    }

    /// Notes that the vCPU is woken: from now on it waits for a CPU.
    #[inline]
    pub fn note_wake(&self) {
        if self.waits.swap(false, Ordering::Relaxed) {
            self.woken.store(timer::counter(), Ordering::Relaxed);
        }
    }

    /// Tells whether the vCPU waits for something, and was not woken yet.
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Returns how long the vCPU has run, in nanoseconds.
    pub fn run_time_ns(&self) -> u64 {
        self.times_ns()[Runstate::Running.raw() as usize]
    }

    /// Returns how long the vCPU has been in each run state, up to now, in nanoseconds.
    pub fn times_ns(&self) -> [u64; 4] {
        let run = self.run.lock();
        let mut times = run.times_ns;
        if let Some(time) = times.get_mut(run.state.raw() as usize) {
            *time = time.wrapping_add(clock::system_time_ns().saturating_sub(run.since_ns));
        }
        times
    }
}

impl Run {
    /// Goes over to another state.
    fn enter(&mut self, state: Runstate, now_ns: u64) {
        if let Some(time) = self.times_ns.get_mut(self.state.raw() as usize) {
            *time = time.wrapping_add(now_ns.saturating_sub(self.since_ns));
        }
        self.state = state;
        self.since_ns = now_ns;
    }

    /// Writes the area, if one is registered.
    fn tell(&self, domain: &Domain) {
        let Some(area) = self.area else { return };
        let mut info = RunstateInfo {
            state: self.state.raw(),
            _pad: [0; 4],
            state_entry_time: self.since_ns,
            time: self.times_ns,
        };
        if !domain.shared_info.marks_runstate() {
            return area.write(&info);
        }
        // The mark is seen before anything else changes, and goes after everything has.
        info.state_entry_time |= RUNSTATE_UPDATE;
        area.write_entry_time(info.state_entry_time);
        crate::arch::cpu::dsb_ish();
        area.write(&info);
        crate::arch::cpu::dsb_ish();
        area.write_entry_time(self.since_ns);
    }
}

impl Area {
    /// Finds the area at an address of the calling vCPU's and takes references to its frames.
    fn hold(va: GuestVa, owner: DomId) -> Result<Self, XenErrno> {
        if !va.is_aligned(8) {
            return Err(XenErrno::Einval);
        }
        let first = hold_page(va, owner)?;
        let room = PAGE_BYTES - va.page_offset();
        if room >= RunstateInfo::SIZE as u64 {
            return Ok(Self { first, second: None });
        }
        match hold_page(va.wrapping_add(room), owner) {
            Ok(second) => Ok(Self { first, second: Some(second) }),
            Err(error) => {
                frames::put(first.frame());
                Err(error)
            }
        }
    }

    /// Drops the references.
    fn release(self) {
        frames::put(self.first.frame());
        if let Some(second) = self.second {
            frames::put(second.frame());
        }
    }

    fn write(&self, info: &RunstateInfo) {
        self.write_at(0, &info.encode());
    }

    fn write_entry_time(&self, value: u64) {
        self.write_at(core::mem::offset_of!(RunstateInfo, state_entry_time), &value.to_le_bytes());
    }

    /// Writes bytes at an offset; each frame is RAM, as it is referenced.
    fn write_at(&self, offset: usize, bytes: &[u8]) {
        let room = crate::arch::to_usize(PAGE_BYTES - self.first.page_offset());
        let here = room.saturating_sub(offset).min(bytes.len());
        let (here, there) = bytes.split_at(here);
        if !here.is_empty() {
            let _ = frame_window::write(self.first.wrapping_add(offset as u64), here);
        }
        if let Some(second) = self.second {
            let _ = frame_window::write(second.wrapping_add(offset.saturating_sub(room) as u64), there);
        }
    }
}

fn hold_page(va: GuestVa, owner: DomId) -> Result<PhysAddr, XenErrno> {
    let pa = guest_copy::translate(va, Access::Write).map_err(|_| XenErrno::Einval)?;
    frames::get(pa.frame(), owner).map_err(|_| XenErrno::Einval)?;
    Ok(pa)
}

/// Registers the area of `vcpu` at an address of the calling vCPU's, a vCPU of the same domain; zero
/// ends what was registered.
///
/// # Errors
/// EINVAL if it is not aligned, or not memory of the domain's own that the caller could write.
pub fn register(vcpu: &Vcpu, va: GuestVa) -> Result<(), XenErrno> {
    let area = if va.raw() == 0 { None } else { Area::hold(va, vcpu.domain.id).ok() };
    let mut run = vcpu.info.run.lock();
    let old = core::mem::replace(&mut run.area, area);
    run.tell(&vcpu.domain);
    drop(run);
    if let Some(old) = old {
        old.release();
    }
    Ok(())
}

/// Lets go of a vCPU's area, at its domain's end.
pub fn release(vcpu: &Vcpu) {
    let area = vcpu.info.run.lock().area.take();
    if let Some(area) = area {
        area.release();
    }
}

/// Notes that a vCPU left its CPU.
pub fn left_cpu(vcpu: &Arc<Vcpu>) {
    let info = &vcpu.info;
    let state = if !vcpu.online.load(Ordering::Relaxed) {
        Runstate::Offline
    } else if info.waits.load(Ordering::Relaxed) {
        Runstate::Blocked
    } else {
        Runstate::Runnable
    };
    let mut run = info.run.lock();
    run.enter(state, clock::system_time_ns());
    run.tell(&vcpu.domain);
}

/// Notes that a vCPU came to a CPU.
pub fn came_to_cpu(vcpu: &Vcpu) {
    let info = &vcpu.info;
    let woken = info.take_woken();
    let mut run = info.run.lock();
    if run.state == Runstate::Blocked && woken != 0 {
        run.enter(Runstate::Runnable, clock::ticks_to_ns(woken.wrapping_sub(clock::boot_count())));
    }
    run.enter(Runstate::Running, clock::system_time_ns());
    run.tell(&vcpu.domain);
}
