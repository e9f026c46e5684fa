//! A guest on another CPU takes events off the queues while they are filled.

use super::rig::*;
use crate::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::vec::Vec;
use types::VcpuId;

#[test]
fn no_event_is_lost_between_two_cpus() {
    const ROUNDS: u32 = 3000;
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 1023, 1);
    Guest::new(&memory, 1).use_fifo(&mut channels);
    let ports: Vec<_> = (0..4).map(|_| channels.bind_ipi(VcpuId::new(0), &memory).unwrap()).collect();
    let channels = Mutex::new(channels);
    let done = AtomicBool::new(false);
    let seen: Vec<_> = ports.iter().map(|_| AtomicU32::new(0)).collect();
    let sent: Vec<_> = ports.iter().map(|_| AtomicU32::new(0)).collect();
    let note = |port: types::Port| {
        let index = ports.iter().position(|p| *p == port).unwrap();
        seen[index].store(sent[index].load(SeqCst), SeqCst);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut guest = Guest::new(&memory, 1);
            let mut last = false;
            while !last {
                last = done.load(SeqCst);
                guest.upcall_fifo(0).into_iter().for_each(note);
                guest.mask_fifo(ports[0]);
                if !guest.try_unmask_fifo(ports[0]) {
                    channels.lock().unwrap().unmask(ports[0], &memory).unwrap();
                }
                std::thread::yield_now();
            }
            guest.upcall_fifo(0).into_iter().for_each(note);
        });
        for round in 1..=ROUNDS {
            for (index, port) in ports.iter().enumerate() {
                sent[index].store(round, SeqCst);
                channels.lock().unwrap().send(*port, &memory).unwrap();
            }
        }
        done.store(true, SeqCst);
    });
    // Handling an event comes after the word's PENDING was cleared, so the last one is always seen.
    assert!(seen.iter().all(|seen| seen.load(SeqCst) == ROUNDS), "{seen:?}");
}
