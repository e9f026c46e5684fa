//! Whether what the boot loader put into memory can be there: the image, the device tree, the modules.
//!
//! Nothing may overlap another; image and modules must lie in RAM, and not in reserved memory. A boot loader may note
//! what it loaded in `/memreserve/` (U-Boot does): an entry that covers all of a thing is that note.

use super::memory::PIECES;
use ::frames::BootMap;
use core::fmt;
use devicetree::Tree;
use devicetree::query::Modules;
use types::PhysRange;

/// Something in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing<'a> {
    Image,
    Tree,
    Module(&'a str),
    Reserved(&'a str),
    Reservation,
}

/// A thing where it cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict<'a> {
    /// Two things share bytes.
    Overlap(Placed<'a>, Placed<'a>),
    /// A thing is not, or not all, in RAM.
    NotRam(Placed<'a>),
}

/// A thing and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<'a>(Thing<'a>, PhysRange);

impl fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Thing::Image => f.write_str("The hypervisor's image")?,
            Thing::Tree => f.write_str("The device tree")?,
            Thing::Module(name) => write!(f, "Boot module {name}")?,
            Thing::Reserved(name) => write!(f, "reserved memory {name}")?,
            Thing::Reservation => f.write_str("reserved memory /memreserve/")?,
        }
        write!(f, " ({})", self.1)
    }
}

impl fmt::Display for Conflict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(one, other) => {
                write!(f, "{one} overlaps: {other}. The boot loader must keep them apart.")
            }
            Self::NotRam(one) => write!(f, "{one} is not in the device tree's RAM. Load it there."),
        }
    }
}

/// Checks everything that is in memory at boot.
///
/// # Errors
/// The first conflict found.
pub fn check<'a>(tree: &Tree<'a>, modules: &Modules<'a>, ram: &BootMap<PIECES>) -> Result<(), Conflict<'a>> {
    let image = super::image_range().map(|range| Placed(Thing::Image, range));
    let own = super::tree_range(tree).map(|range| Placed(Thing::Tree, range));
    let module = |n: usize| {
        modules.iter().nth(n).map(|module| Placed(Thing::Module(module.node.name()), module.range))
    };
    let things = |n: usize| match n {
        0 => image,
        1 => own,
        _ => module(n - 2),
    };
    for n in 0..modules.iter().count() + 2 {
        let Some(thing) = things(n) else { continue };
        if let Some(other) = (0..n).filter_map(things).find(|other| thing.1.overlaps(&other.1)) {
            return Err(Conflict::Overlap(thing, other));
        }
        // The tree is only read: where firmware keeps it is firmware's business.
        if thing.0 == Thing::Tree {
            continue;
        }
        check_reserved(tree, thing)?;
        if !ram.covers(&thing.1) {
            return Err(Conflict::NotRam(thing));
        }
    }
    Ok(())
}

fn check_reserved<'a>(tree: &Tree<'a>, thing: Placed<'a>) -> Result<(), Conflict<'a>> {
    let mut result = Ok(());
    tree.for_each_reserved(|reserved| {
        if result.is_ok() && reserved.range.overlaps(&thing.1) {
            result =
                Err(Conflict::Overlap(thing, Placed(Thing::Reserved(reserved.node.name()), reserved.range)));
        }
    });
    result?;
    let partly = |range: &PhysRange| range.overlaps(&thing.1) && !range.covers(&thing.1);
    match tree.memory_reservations().find(partly) {
        Some(range) => Err(Conflict::Overlap(thing, Placed(Thing::Reservation, range))),
        None => Ok(()),
    }
}
