//! Mappings and their handles.

use super::Pages;
use crate::*;
use alloc::vec::Vec;
use types::{Gfn, Mfn};

fn mapped(number: u32) -> Mapped {
    let access = if number.is_multiple_of(2) { Access::Write } else { Access::Read };
    Mapped { grant: GrantRef::new(number), access, gfn: Gfn::new(0xf_0000_0000 + u64::from(number)) }
}

/// Notes a mapping as the kernel does.
fn insert(track: &mut MapTrack<u8>, number: u32, granter: u8, memory: &Pages) -> Result<Handle, Error> {
    let handle = track.reserve(memory)?;
    track.insert(handle, mapped(number), granter, memory)?;
    Ok(handle)
}

fn track(pages: u64) -> (MapTrack<u8>, Pages) {
    let (mut track, memory) = (MapTrack::new(2), Pages::default());
    (0..pages).for_each(|page| track.lend(Mfn::new(50 + page), &memory).unwrap());
    (track, memory)
}

#[test]
fn handles_count_up_and_come_back_last() {
    let (mut track, memory) = track(1);
    let handles: Vec<_> = (0..3).map(|n| insert(&mut track, n, 7, &memory).unwrap().raw()).collect();
    assert_eq!(handles, [0, 1, 2]);
    assert_eq!(track.remove(Handle::new(1), &memory), Ok(None));
    let rest: Vec<_> = (3..257).map(|n| insert(&mut track, n, 7, &memory).unwrap().raw()).collect();
    assert!(rest.iter().copied().eq((3..256).chain([1])), "the one that was free longest");
    assert!(track.is_full());
    assert_eq!(track.reserve(&memory), Err(Error::NoHandle));
    track.lend(Mfn::new(60), &memory).unwrap();
    assert_eq!(track.lend(Mfn::new(61), &memory), Err(Error::NoHandle), "two pages are all it may have");
    assert_eq!(insert(&mut track, 300, 7, &memory), Ok(Handle::new(256)));
    for (number, handle) in [(0, 0), (2, 2), (100, 100), (256, 1), (300, 256)] {
        assert_eq!(track.get(Handle::new(handle), &memory), Ok((mapped(number), &7)));
    }
}

#[test]
fn a_handle_is_good_once() {
    let (mut track, memory) = track(1);
    let handle = insert(&mut track, 5, 7, &memory).unwrap();
    assert_eq!(track.remove(handle, &memory), Ok(Some(7)));
    for bad in [handle, Handle::new(1), Handle::new(256), Handle::new(u32::MAX)] {
        assert_eq!(track.remove(bad, &memory), Err(Error::BadHandle));
        assert_eq!(track.get(bad, &memory), Err(Error::BadHandle));
    }
    assert!(track.is_empty());
}

#[test]
fn a_handle_that_is_given_back_goes_to_the_end() {
    let (mut track, memory) = track(1);
    let handle = track.reserve(&memory).unwrap();
    assert_eq!(track.get(handle, &memory), Err(Error::BadHandle), "it is not used yet");
    track.give_back(handle, &memory);
    assert_eq!(insert(&mut track, 5, 7, &memory), Ok(Handle::new(1)));
    assert_eq!(track.len(), 1);
}

#[test]
fn granters_stay_while_there_is_a_mapping() {
    let (mut track, memory) = track(1);
    let handles = [7, 8, 7, 9].map(|granter| insert(&mut track, granter.into(), granter, &memory).unwrap());
    assert_eq!(track.get(handles[2], &memory), Ok((mapped(7), &7)));
    assert_eq!(track.remove(handles[0], &memory), Ok(None));
    assert_eq!(track.remove(handles[1], &memory), Ok(Some(8)));
    assert_eq!(track.remove(handles[2], &memory), Ok(Some(7)));
    let again = insert(&mut track, 1, 4, &memory).unwrap();
    assert_eq!(track.get(again, &memory), Ok((mapped(1), &4)));
    assert_eq!(track.get(handles[3], &memory), Ok((mapped(9), &9)));
    assert_eq!(track.len(), 2);
}

#[test]
fn mappings_are_found_in_steps() {
    let (mut track, memory) = track(2);
    assert_eq!(track.next(Handle::new(0), 600, &memory), Err(None));
    let handles: Vec<_> = (0..300).map(|n| insert(&mut track, n, 7, &memory).unwrap()).collect();
    for handle in handles.iter().filter(|handle| handle.raw() != 290) {
        track.remove(*handle, &memory).unwrap();
    }
    assert_eq!(track.next(Handle::new(0), 100, &memory), Err(Some(Handle::new(100))));
    assert_eq!(track.next(Handle::new(200), 100, &memory), Ok(Handle::new(290)));
    assert_eq!(track.next(Handle::new(291), u32::MAX, &memory), Err(None));
    assert!(track.take_pages().is_empty(), "there is a mapping");
    track.remove(Handle::new(290), &memory).unwrap();
    assert_eq!(track.take_pages(), [50, 51].map(Mfn::new));
    assert!(track.is_full());
    assert_eq!(insert(&mut track, 0, 7, &memory), Err(Error::NoHandle));
}
