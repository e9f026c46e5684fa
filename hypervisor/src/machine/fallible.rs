//! Shared objects whose memory may be refused.
//!
//! `Arc::new` cannot fail in stable Rust: it ends the machine. [`arc`] asks for the same block first and
//! hands it to the allocation that follows on this CPU ([`heap::hand_out`]).

use super::heap;
use alloc::sync::Arc;
use core::alloc::Layout;

/// Makes a shared object, or returns `None` if memory is short.
pub fn arc<T>(value: T) -> Option<Arc<T>> {
    // What `Arc` allocates: two counts, then the value (alloc::sync::ArcInner, repr(C)).
    let (layout, _) = Layout::new::<[usize; 2]>().extend(Layout::new::<T>()).ok()?;
    heap::hand_out(layout.pad_to_align(), || Arc::new(value))
}

/// Runs `f` on a shared object that only its own parts hold, `inside` of them, and returns what it
/// returns; or `None` if somebody else holds it just now.
///
/// It is for objects in a cycle, whose parts lead back to them: `f` takes the parts out. The caller knows
/// that `inside` references are reached through the object alone, so that nobody finds one while it
/// looks at it.
pub fn with_unshared<T, R>(object: &mut Arc<T>, inside: usize, f: impl FnOnce(&mut T) -> R) -> Option<R> {
    if Arc::weak_count(object) != 0 || Arc::strong_count(object) != inside.checked_add(1)? {
        return None;
    }
    // Who held it before has let it go with release order.
    core::sync::atomic::fence(core::sync::atomic::Ordering::Acquire);
    let pointer = Arc::as_ptr(object).cast_mut();
    // SAFETY: (1) the count says that besides `object`, which is borrowed exclusively, only the parts
    // inside hold it, and by the contract nobody reaches these but through the object: no reference to it
    // exists or can be made while `f` runs; (2) there are no weak references that could become strong;
    // (3) the pointer is an `Arc`'s own, valid for writes to its value, as `Arc::get_mut` uses it.
    Some(f(unsafe { &mut *pointer }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use std::sync::Mutex;

    struct Whole(Mutex<Vec<Arc<Part>>>);
    struct Part(#[expect(dead_code, reason = "it leads back")] Arc<Whole>);

    #[test]
    fn a_cycle_is_taken_apart_once_nobody_else_holds_it() {
        let mut whole = arc(Whole(Mutex::new(Vec::new()))).unwrap();
        let parts = [0, 1].map(|_| Arc::new(Part(whole.clone())));
        whole.0.lock().unwrap().extend(parts);
        let other = whole.clone();
        assert!(with_unshared(&mut whole, 2, |_| ()).is_none());
        drop(other);
        let parts = with_unshared(&mut whole, 2, |whole| core::mem::take(whole.0.get_mut().unwrap()));
        drop(parts);
        assert_eq!(Arc::strong_count(&whole), 1);
    }
}
