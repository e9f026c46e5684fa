//! The slot in an image that names the UART of its first instructions.
//!
//! At image offset 0x40, little endian: the magic `XENOUART`, u32 kind, u32 zero, u64 physical address.
//! Nothing else of the image depends on it, so an image with the slot filled is otherwise byte-equal.

use anyhow::{Context, Error, Result, bail, ensure};
use std::str::FromStr;

const SLOT: usize = 0x40;
const MAGIC: &[u8; 8] = b"XENOUART";

/// A UART that works before the device tree is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyUart {
    kind: u32,
    address: u64,
}

impl FromStr for EarlyUart {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, address) = text.split_once(',').context("write it as KIND,ADDRESS")?;
        let kind = match kind {
            "none" => 0,
            "pl011" => 1,
            "8250" => 2,
            "8250-32" | "dw" => 3,
            _ => bail!(
                "a UART's kind is none, pl011, 8250 (byte registers) or 8250-32 (registers 4 bytes apart)"
            ),
        };
        let digits = address.strip_prefix("0x").unwrap_or(address);
        let address = u64::from_str_radix(digits, 16).context("the address is a hexadecimal number")?;
        Ok(Self { kind, address })
    }
}

/// Writes `uart` into the slot, or leaves the slot as it is built.
///
/// # Errors
/// The image has no slot where it belongs.
pub fn patch(image: &mut [u8], uart: Option<EarlyUart>) -> Result<()> {
    let slot = image.get_mut(SLOT..SLOT + 24).context("the image is too short for an early-UART slot")?;
    ensure!(slot.starts_with(MAGIC), "there is no early-UART slot at offset {SLOT:#x} of the image");
    let Some(uart) = uart else { return Ok(()) };
    let fields = [uart.kind.to_le_bytes(), [0; 4]].concat();
    let value = [MAGIC.as_slice(), &fields, &uart.address.to_le_bytes()].concat();
    slot.copy_from_slice(&value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_the_slot_and_nothing_else() {
        let mut image = vec![0xee; 0x100];
        assert!(patch(&mut image, None).is_err());
        image[SLOT..SLOT + 8].copy_from_slice(MAGIC);
        let before = image.clone();
        patch(&mut image, None).unwrap();
        assert_eq!(image, before);
        patch(&mut image, Some("pl011,0x9000000".parse().unwrap())).unwrap();
        assert_eq!(image[SLOT + 8..SLOT + 24], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0]);
        assert_eq!((&image[..SLOT], &image[SLOT + 24..]), (&before[..SLOT], &before[SLOT + 24..]));
    }

    #[test]
    fn reads_what_people_type() {
        assert_eq!(
            "8250,fe215040".parse::<EarlyUart>().unwrap(),
            EarlyUart { kind: 2, address: 0xfe21_5040 }
        );
        for wrong in ["pl011", "pl012,0x1", "pl011,zzz", "8250,"] {
            assert!(wrong.parse::<EarlyUart>().is_err(), "{wrong}");
        }
    }
}
