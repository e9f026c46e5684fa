//! What ties a domain to others, by the toolstack's word: whom it serves, who hears of its end, what is
//! watched in it.

use super::{Domain, events};
use crate::machine::sync::Once;
use core::sync::atomic::{AtomicU32, Ordering};
use types::{DomId, Port};
use xen_abi::XenErrno;

/// The ties of a domain.
#[derive(Debug, Default)]
pub struct Ties {
    /// The domain that it may control, as a device model does.
    target: Once<Identity>,
    /// Its port on which an event is sent when it shuts down; 0 is none.
    shutdown_port: AtomicU32,
    /// Events in it that are watched, a bit each.
    watched: AtomicU32,
}

/// A domain, never mistaken for a later one with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    id: DomId,
    time_base: u64,
}

impl Identity {
    fn of(domain: &Domain) -> Self {
        Self { id: domain.id, time_base: domain.time_base }
    }
}

impl Ties {
    /// Lets the domain control `target`, once (XEN_DOMCTL_set_target).
    ///
    /// # Errors
    /// EINVAL if it has a target.
    pub fn set_target(&self, target: &Domain) -> Result<(), XenErrno> {
        let mut is_new = false;
        self.target.call_once(|| {
            is_new = true;
            Identity::of(target)
        });
        if is_new { Ok(()) } else { Err(XenErrno::Einval) }
    }

    /// Tells whether the domain may control `other`.
    pub fn is_target(&self, other: &Domain) -> bool {
        self.target.get() == Some(&Identity::of(other))
    }

    /// Sets the domain's port on which an event is sent when it shuts down (XEN_DOMCTL_subscribe).
    pub fn set_shutdown_port(&self, port: Port) {
        self.shutdown_port.store(port.raw(), Ordering::Relaxed);
    }

    /// Begins or ends the watch of an event (XEN_DOMCTL_monitor_op).
    ///
    /// # Errors
    /// EEXIST if that changes nothing.
    pub fn watch(&self, event: u32, watched: bool) -> Result<(), XenErrno> {
        let bit = 1u32.checked_shl(event).unwrap_or(0);
        let before = match watched {
            true => self.watched.fetch_or(bit, Ordering::Relaxed),
            false => self.watched.fetch_and(!bit, Ordering::Relaxed),
        };
        if (before & bit != 0) == watched { Err(XenErrno::Eexist) } else { Ok(()) }
    }
}

impl Domain {
    /// Tells whoever subscribed that the domain has shut down.
    pub fn tell_subscriber(&self) {
        let port = self.ties.shutdown_port.load(Ordering::Relaxed);
        if port != 0 {
            events::send_of(self, Port::new(port));
        }
    }
}
