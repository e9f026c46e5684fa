//! Lists of vCPUs, through the table of them.

use crate::entity::{Entities, Slot};

/// A list; each vCPU is in one at most.
#[derive(Default)]
pub(crate) struct Queue {
    head: Option<Slot>,
    tail: Option<Slot>,
}

impl Queue {
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    #[inline]
    pub(crate) const fn head(&self) -> Option<Slot> {
        self.head
    }

    /// Puts a vCPU behind those that have run no more than it.
    pub(crate) fn insert<T>(&mut self, entities: &mut Entities<T>, slot: Slot) {
        let vtime = entities[slot].vtime;
        // Who slept has run least; who is put back has run most.
        if self.head.is_some_and(|head| vtime < entities[head].vtime) {
            return self.link(entities, None, slot);
        }
        let mut before = self.tail;
        while let Some(other) = before.filter(|other| entities[*other].vtime > vtime) {
            before = entities[other].previous;
        }
        self.link(entities, before, slot);
    }

    /// Appends a vCPU.
    pub(crate) fn push<T>(&mut self, entities: &mut Entities<T>, slot: Slot) {
        self.link(entities, self.tail, slot);
    }

    fn link<T>(&mut self, entities: &mut Entities<T>, before: Option<Slot>, slot: Slot) {
        let after = match before {
            Some(before) => entities[before].next.replace(slot),
            None => self.head.replace(slot),
        };
        match after {
            Some(after) => entities[after].previous = Some(slot),
            None => self.tail = Some(slot),
        }
        let entity = &mut entities[slot];
        entity.previous = before;
        entity.next = after;
    }

    /// Takes out a vCPU that is in this list.
    pub(crate) fn remove<T>(&mut self, entities: &mut Entities<T>, slot: Slot) {
        let entity = &mut entities[slot];
        let (before, after) = (entity.previous.take(), entity.next.take());
        match before {
            Some(before) => entities[before].next = after,
            None => self.head = after,
        }
        match after {
            Some(after) => entities[after].previous = before,
            None => self.tail = before,
        }
    }

    /// Lists the vCPUs from the first to the last.
    pub(crate) fn iter<'a, T>(&self, entities: &'a Entities<T>) -> impl Iterator<Item = Slot> + use<'a, T> {
        core::iter::successors(self.head, |slot| entities[*slot].next)
    }
}
