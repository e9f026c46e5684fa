//! The tables that a domain has mappings of: each once, counted, for as long as there is a mapping.

use crate::error::Error;
use alloc::vec::Vec;

/// A table and its mappings.
struct Granter<G> {
    table: G,
    mappings: u32,
}

/// The tables of a domain's granters, by small numbers.
pub(crate) struct Granters<G> {
    slots: Vec<Option<Granter<G>>>,
    /// The one that was added last: the next is mostly the same.
    last: usize,
}

impl<G: PartialEq> Granters<G> {
    pub const fn new() -> Self {
        Self { slots: Vec::new(), last: 0 }
    }

    /// Counts one more mapping of a table and returns its number.
    pub fn add(&mut self, table: G) -> Result<u16, Error> {
        let is_it = |slot: &Option<Granter<G>>| slot.as_ref().is_some_and(|own| own.table == table);
        if !self.slots.get(self.last).is_some_and(is_it) {
            let found = self.slots.iter().position(is_it);
            self.last = match found.or_else(|| self.slots.iter().position(Option::is_none)) {
                Some(number) => number,
                None => self.grow()?,
            };
        }
        let number = u16::try_from(self.last).map_err(|_| Error::NoHandle)?;
        let slot = self.slots.get_mut(self.last).ok_or(Error::NoHandle)?;
        let granter = slot.get_or_insert(Granter { table, mappings: 0 });
        granter.mappings = granter.mappings.saturating_add(1);
        Ok(number)
    }

    pub fn get(&self, number: u16) -> Option<&G> {
        Some(&self.slots.get(usize::from(number))?.as_ref()?.table)
    }

    /// Counts one mapping less; returns the table if that was the last.
    pub fn remove(&mut self, number: u16) -> Option<G> {
        let slot = self.slots.get_mut(usize::from(number))?;
        let granter = slot.as_mut()?;
        granter.mappings = granter.mappings.saturating_sub(1);
        if granter.mappings > 0 {
            return None;
        }
        slot.take().map(|granter| granter.table)
    }

    fn grow(&mut self) -> Result<usize, Error> {
        self.slots.try_reserve(1).map_err(|_| Error::NoHandle)?;
        self.slots.push(None);
        Ok(self.slots.len().saturating_sub(1))
    }
}
