//! Whether a domain may run: paused by the toolstack, shut down, dying. Lock rank: LIFE.
//!
//! Each of these reasons to stand still is a change of [`State`]; the vCPUs are paused once when the first
//! reason comes and run again when the last has gone.

use super::{Domain, hardware};
use crate::machine::sync::{Lock, rank};
use crate::sched;
use core::sync::atomic::{AtomicBool, Ordering};
use xen_abi::virq::Virq;

/// Whether a domain may run.
pub struct Life {
    state: Lock<State, { rank::LIFE }>,
    /// A copy of [`State::dying`] for those who only look.
    dying: AtomicBool,
}

/// The reasons to stand still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How often the toolstack paused it.
    pub pauses: u32,
    /// It has shut down.
    pub shut_down: bool,
    /// Why it has, or will have: a byte of `SHUTDOWN_*` (`xen/include/public/sched.h`).
    pub shutdown_code: Option<u8>,
    /// It is being destroyed.
    pub dying: bool,
    /// A pause is counted, and its caller waits until the vCPUs have stopped.
    pub stopping: bool,
    /// It was let go once: it is complete.
    pub begun: bool,
}

/// The toolstack paused it as often as can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften;

/// Pauses that are counted.
const MAX_PAUSES: u32 = 255;

impl State {
    /// Of a domain that is being built: whoever builds it lets it go.
    const NEW: Self = Self {
        pauses: 1,
        shut_down: false,
        shutdown_code: None,
        dying: false,
        stopping: false,
        begun: false,
    };
    /// Of dom0, which nobody pauses.
    const FREE: Self = Self { pauses: 0, begun: true, ..Self::NEW };

    /// Tells whether there is a reason to stand still.
    pub fn is_held(&self) -> bool {
        self.pauses > 0 || self.shut_down || self.dying
    }
}

impl Life {
    /// Makes the life of a domain that is paused until it is complete.
    pub const fn paused() -> Self {
        Self { state: Lock::new(State::NEW), dying: AtomicBool::new(false) }
    }

    /// Makes the life of a domain that runs from the start.
    pub const fn running() -> Self {
        Self { state: Lock::new(State::FREE), dying: AtomicBool::new(false) }
    }

    /// Returns the reasons to stand still.
    pub fn state(&self) -> State {
        *self.state.lock()
    }

    /// Tells whether the domain is being destroyed: nothing new is to hold on to it.
    #[inline]
    pub fn is_dying(&self) -> bool {
        self.dying.load(Ordering::Acquire)
    }
}

impl Domain {
    /// Changes the reasons to stand still, and lets the vCPUs stop or go accordingly.
    fn change<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.life.state.lock();
        let before = state.is_held();
        let result = f(&mut state);
        self.life.dying.store(state.dying, Ordering::Release);
        let after = state.is_held();
        if before != after {
            let each = if after { sched::pause_vcpu } else { sched::unpause_vcpu };
            self.vcpus().iter().for_each(|vcpu| each(vcpu));
        }
        result
    }

    /// Makes vCPUs that are new to the scheduler stand still if the domain does, and the domain's.
    pub fn adopt(&self, vcpus: alloc::vec::Vec<alloc::sync::Arc<super::Vcpu>>) {
        let state = self.life.state.lock();
        if state.is_held() {
            vcpus.iter().for_each(|vcpu| sched::pause_vcpu(vcpu));
        }
        self.set_vcpus(vcpus);
    }

    /// Keeps the domain from running, counted; [`finish_pause`](Self::finish_pause) tells when it stands still.
    ///
    /// A caller that waits makes its call again. Which of several callers counted does not matter: there are
    /// as many counts as calls that came back.
    ///
    /// # Errors
    /// If it was paused too often.
    pub fn begin_pause(&self) -> Result<(), TooOften> {
        self.change(|state| {
            if state.stopping {
                return Ok(());
            }
            if state.pauses >= MAX_PAUSES {
                return Err(TooOften);
            }
            state.pauses += 1;
            state.stopping = true;
            Ok(())
        })
    }

    /// Tells whether a pause that was begun is done: no vCPU is on a CPU.
    pub fn finish_pause(&self) -> bool {
        let stopped = self.has_stopped();
        if stopped {
            self.life.state.lock().stopping = false;
        }
        stopped
    }

    /// Takes one pause back.
    ///
    /// # Errors
    /// If the toolstack has not paused it.
    pub fn unpause(&self) -> Result<(), TooOften> {
        self.change(|state| {
            state.pauses = state.pauses.checked_sub(1).ok_or(TooOften)?;
            state.begun |= state.pauses == 0;
            Ok(())
        })
    }

    /// Notes that the domain has shut down, and tells dom0. What was said first counts.
    pub fn note_shutdown(&self, code: u8) {
        let news = self.change(|state| {
            let news = !state.shut_down;
            state.shut_down = true;
            state.shutdown_code.get_or_insert(code);
            news
        });
        if news {
            self.tell_subscriber();
            tell_dom0();
        }
    }

    /// Says now why the domain is going to shut down (SCHEDOP_shutdown_code). What was said first counts.
    pub fn set_shutdown_code(&self, code: u8) {
        self.change(|state| {
            state.shutdown_code.get_or_insert(code);
        });
    }

    /// Lets a domain that has shut down run on (XEN_DOMCTL_resumedomain).
    pub fn resume(&self) {
        self.change(|state| {
            state.shut_down = false;
            state.shutdown_code = None;
        });
    }

    /// Notes that the domain is being destroyed: it never runs again.
    pub fn die(&self) {
        if self.change(|state| !core::mem::replace(&mut state.dying, true)) {
            tell_dom0();
        }
    }

    /// Tells whether none of the vCPUs is on a CPU, all being paused: they come to none before the domain
    /// goes on. Those that are get interrupted by their pause.
    pub fn has_stopped(&self) -> bool {
        self.vcpus().iter().all(|vcpu| sched::is_stopped(vcpu))
    }
}

/// Tells dom0 that a domain shut down, is dying or is gone (VIRQ_DOM_EXC).
pub fn tell_dom0() {
    if let Some(dom0) = hardware() {
        dom0.events.raise_virq(dom0, Virq::DomExc);
    }
}
