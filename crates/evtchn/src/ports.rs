//! The table of a domain's ports, in storage that its owner lends.

use crate::channel::{Binding, Channel};
use crate::error::Error;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use types::Port;

/// Ports of a [`Bucket`].
pub const BUCKET_PORTS: usize = 256;
const BUCKET_BITS: u32 = 8;

/// Busy ports that a search passes over. They are free ones that the guest has not taken off its
/// queues yet; an honest guest has a few.
const MAX_BUSY: u32 = 64;

/// Storage for [`BUCKET_PORTS`] ports: about a page.
pub struct Bucket {
    channels: Box<[Channel; BUCKET_PORTS]>,
    used: usize,
}

/// There was no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl Bucket {
    /// Allocates the storage.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new() -> Result<Self, OutOfMemory> {
        let mut channels = Vec::new();
        channels.try_reserve_exact(BUCKET_PORTS).map_err(|_| OutOfMemory)?;
        channels.resize(BUCKET_PORTS, Channel::CLOSED);
        let channels = channels.into_boxed_slice().try_into().map_err(|_| OutOfMemory)?;
        Ok(Self { channels, used: 0 })
    }

    /// Binds the bucket's lowest free port that is not `busy`; its ports are the first of `numbers`.
    fn allocate(
        &mut self,
        numbers: Range<u32>,
        binding: Binding,
        busy: impl Fn(Port) -> bool,
        patience: &mut u32,
    ) -> Result<Option<Port>, Error> {
        if self.used == BUCKET_PORTS {
            return Ok(None);
        }
        for (number, slot) in numbers.zip(self.channels.iter_mut()).filter(|(_, slot)| slot.is_closed()) {
            let port = Port::new(number);
            if number == 0 {
                continue;
            }
            if busy(port) {
                *patience = patience.checked_sub(1).ok_or(Error::NoPort)?;
                continue;
            }
            // The last queue is kept: the port may still be its tail.
            *slot = Channel { binding, last_queue: slot.last_queue, ..Channel::CLOSED };
            self.used = self.used.saturating_add(1);
            return Ok(Some(port));
        }
        Ok(None)
    }
}

/// The ports of a domain. Port 0 exists but is never bound.
pub(crate) struct Ports {
    buckets: Vec<Bucket>,
    /// The highest port the domain may have.
    limit: u32,
}

impl Ports {
    /// Makes a table that can be lent storage for ports up to `limit`.
    pub(crate) fn new(limit: u32) -> Result<Self, OutOfMemory> {
        let mut buckets = Vec::new();
        let wanted = (Port::new(limit).index() >> BUCKET_BITS).saturating_add(1);
        buckets.try_reserve_exact(wanted).map_err(|_| OutOfMemory)?;
        Ok(Self { buckets, limit })
    }

    /// Adds storage; gives it back if the table cannot use it.
    pub(crate) fn lend(&mut self, bucket: Bucket) -> Result<(), Bucket> {
        if self.buckets.len() == self.buckets.capacity() {
            return Err(bucket);
        }
        self.buckets.push(bucket);
        Ok(())
    }

    #[inline]
    pub(crate) fn get(&self, port: Port) -> Option<&Channel> {
        let bucket = self.buckets.get(port.index() >> BUCKET_BITS)?;
        bucket.channels.get(port.index() & (BUCKET_PORTS - 1))
    }

    pub(crate) fn get_mut(&mut self, port: Port) -> Option<&mut Channel> {
        let bucket = self.buckets.get_mut(port.index() >> BUCKET_BITS)?;
        bucket.channels.get_mut(port.index() & (BUCKET_PORTS - 1))
    }

    /// Binds the lowest free port below `end` that is not `busy`.
    pub(crate) fn allocate(
        &mut self,
        end: u32,
        binding: Binding,
        busy: impl Fn(Port) -> bool,
    ) -> Result<Port, Error> {
        let end = end.min(self.limit.saturating_add(1));
        let mut first = 0u32;
        let mut patience = MAX_BUSY;
        for bucket in &mut self.buckets {
            if first >= end {
                return Err(Error::NoPort);
            }
            if let Some(port) = bucket.allocate(first..end, binding, &busy, &mut patience)? {
                return Ok(port);
            }
            first = first.saturating_add(1 << BUCKET_BITS);
        }
        Err(if first >= end { Error::NoPort } else { Error::NoStorage })
    }

    /// Frees a port and returns what it was bound to. Its last queue is kept: the port may still be
    /// that queue's tail.
    pub(crate) fn free(&mut self, port: Port) -> Result<Channel, Error> {
        let bucket = self.buckets.get_mut(port.index() >> BUCKET_BITS).ok_or(Error::BadPort)?;
        let channel = bucket.channels.get_mut(port.index() & (BUCKET_PORTS - 1)).ok_or(Error::BadPort)?;
        if channel.is_closed() {
            return Err(Error::BadPort);
        }
        bucket.used = bucket.used.saturating_sub(1);
        let before = *channel;
        *channel = Channel { last_queue: before.last_queue, ..Channel::CLOSED };
        Ok(before)
    }

    /// Lists the ports from `first` on to which something is bound.
    pub(crate) fn bound(&self, first: Port) -> impl Iterator<Item = (Port, &Channel)> {
        let buckets = self.buckets.iter().enumerate().skip(first.index() >> BUCKET_BITS);
        buckets
            .filter(|(_, bucket)| bucket.used > 0)
            .flat_map(|(number, bucket)| {
                let base = number << BUCKET_BITS;
                bucket.channels.iter().enumerate().map(move |(index, channel)| (base | index, channel))
            })
            .filter_map(|(number, channel)| Some((Port::new(u32::try_from(number).ok()?), channel)))
            .filter(move |(port, channel)| *port >= first && !matches!(channel.binding, Binding::Closed))
    }
}
