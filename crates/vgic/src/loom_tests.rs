//! The mailbox's protocol under every interleaving, with the kernel's side of it: a vCPU says that
//! it is about to be in the guest, then looks once more; a poster posts, then looks whether it is.

use crate::{Level, Mailbox};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};
use loom::thread;
use types::{IntId, VcpuId};

struct Shared {
    mailbox: Mailbox,
    in_guest: AtomicBool,
    kicks: AtomicU32,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { mailbox: Mailbox::new(), in_guest: AtomicBool::new(false), kicks: AtomicU32::new(0) })
    }

    /// What a poster does after its post.
    fn kick(&self) {
        fence(Ordering::SeqCst);
        if self.in_guest.load(Ordering::SeqCst) {
            self.kicks.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// What the owner does before guest entry. Returns what it took: SGI words, PPIs, SPIs.
    fn enter(&self) -> (u32, u32, u32) {
        let (mut sgis, mut ppis, mut spis) = (0, 0, 0);
        self.in_guest.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        while self.mailbox.is_signalled() {
            let signal = self.mailbox.take_signal();
            if signal & 1 != 0 {
                sgis |= self.mailbox.take_sgis()[0];
            }
            if signal & 2 != 0 {
                ppis |= self.mailbox.take_ppis() | self.mailbox.ppi_lines();
            }
            if signal & 4 != 0 {
                self.mailbox.take_spis(|_, mask| spis |= mask);
            }
        }
        (sgis, ppis, spis)
    }
}

#[test]
fn a_post_is_taken_or_kicks() {
    loom::model(|| {
        let shared = Shared::new();
        let poster = {
            let shared = shared.clone();
            thread::spawn(move || {
                let _ = shared.mailbox.post_sgi(IntId::new(3), VcpuId::new(0));
                shared.kick();
            })
        };
        let (sgis, ..) = shared.enter();
        poster.join().unwrap();
        let taken = sgis == 1 << 24;
        assert!(taken || shared.kicks.load(Ordering::SeqCst) == 1);
        assert_ne!(taken, shared.mailbox.is_signalled(), "taken once or still there");
    });
}

#[test]
fn a_signal_finds_its_details() {
    loom::model(|| {
        let shared = Shared::new();
        let poster = {
            let shared = shared.clone();
            thread::spawn(move || {
                let _ = shared.mailbox.post_spis(0, 2);
                shared.kick();
                let _ = shared.mailbox.set_ppi_line(IntId::new(30), Level::High);
                shared.kick();
            })
        };
        let (_, ppis, spis) = shared.enter();
        poster.join().unwrap();
        let (_, more_ppis, more_spis) = shared.enter();
        assert_eq!((ppis | more_ppis, spis | more_spis), (1 << 30, 2));
        let missed = more_ppis | more_spis != 0;
        assert!(!missed || shared.kicks.load(Ordering::SeqCst) != 0);
    });
}

#[test]
fn two_posters_lose_nothing() {
    loom::model(|| {
        let shared = Shared::new();
        let posters: std::vec::Vec<_> = [2u32, 4]
            .into_iter()
            .map(|mask| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let _ = shared.mailbox.post_spis(0, mask);
                })
            })
            .collect();
        let (.., first) = shared.enter();
        posters.into_iter().for_each(|poster| poster.join().unwrap());
        let (.., second) = shared.enter();
        assert_eq!(first | second, 6);
    });
}
