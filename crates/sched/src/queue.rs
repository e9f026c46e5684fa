//! The queue of vCPUs that wait for a CPU: a list through the entities.

use crate::entity::{Entity, EntityId};

/// First in, first out.
#[derive(Default)]
pub(crate) struct Queue {
    head: Option<EntityId>,
    tail: Option<EntityId>,
}

/// The table of entities that a queue runs through.
pub(crate) type Slots<T> = [Option<Entity<T>>];

impl Queue {
    pub(crate) const fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Appends an entity that is in no queue.
    pub(crate) fn push<T>(&mut self, slots: &mut Slots<T>, id: EntityId) {
        match self.tail.and_then(|tail| slot(slots, tail)) {
            Some(tail) => tail.next = Some(id),
            None => self.head = Some(id),
        }
        self.tail = Some(id);
    }

    /// Takes the first entity.
    pub(crate) fn pop<T>(&mut self, slots: &mut Slots<T>) -> Option<EntityId> {
        let first = self.head?;
        self.head = slot(slots, first).and_then(|entity| entity.next.take());
        if self.head.is_none() {
            self.tail = None;
        }
        Some(first)
    }

    /// Takes an entity out of the middle, in a time that grows with the queue.
    pub(crate) fn remove<T>(&mut self, slots: &mut Slots<T>, id: EntityId) {
        let mut rest = Self { head: self.head, tail: self.tail };
        *self = Self::default();
        while let Some(entity) = rest.pop(slots) {
            if entity != id {
                self.push(slots, entity);
            }
        }
    }

    /// Lists the entities from the first to the last.
    pub(crate) fn iter<'a, T>(&self, slots: &'a Slots<T>) -> impl Iterator<Item = EntityId> + use<'a, T> {
        core::iter::successors(self.head, |id| slots.get(id.index())?.as_ref()?.next)
    }
}

fn slot<T>(slots: &mut Slots<T>, id: EntityId) -> Option<&mut Entity<T>> {
    slots.get_mut(id.index())?.as_mut()
}
