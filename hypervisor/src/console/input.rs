//! Where typed bytes go: a pure state machine with a ring.

/// Bytes that wait for dom0; what does not fit is dropped, as a UART would.
const RING_BYTES: usize = 256;
/// How often the switch character must come in a row.
const SWITCH_COUNT: u8 = 3;

/// Whom input is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Debug keys.
    Hypervisor,
    /// Dom0.
    Guest,
}

/// What a byte means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Nothing,
    /// Dom0 has something to read.
    ForGuest,
    /// A debug key was pressed.
    Key(u8),
    /// Input changed its owner.
    Switched,
}

/// The state of input.
pub struct Input {
    owner: Owner,
    switch: Option<u8>,
    seen: u8,
    ring: [u8; RING_BYTES],
    produced: usize,
    consumed: usize,
}

impl Input {
    /// Starts with the hypervisor as owner and Ctrl-A as the switch.
    pub const fn new() -> Self {
        Self {
            owner: Owner::Hypervisor,
            switch: Some(1),
            seen: 0,
            ring: [0; RING_BYTES],
            produced: 0,
            consumed: 0,
        }
    }

    /// Sets the switch character.
    pub fn set_switch(&mut self, control: Option<u8>) {
        self.switch = control;
    }

    /// Returns the switch character.
    pub fn switch(&self) -> Option<u8> {
        self.switch
    }

    /// Sets the owner.
    pub fn set_owner(&mut self, owner: Owner) {
        self.owner = owner;
    }

    /// Returns whom input is for.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Takes a byte from the UART.
    pub fn take(&mut self, byte: u8) -> Step {
        if self.switch == Some(byte) {
            self.seen += 1;
            if self.seen == SWITCH_COUNT {
                self.seen = 0;
                return self.change_owner();
            }
            return Step::Nothing;
        }
        // Switch characters that led nowhere were meant for the owner.
        for _ in 0..core::mem::take(&mut self.seen) {
            if self.owner == Owner::Guest {
                self.push(self.switch.unwrap_or(0));
            }
        }
        match self.owner {
            Owner::Hypervisor => Step::Key(byte),
            Owner::Guest => {
                self.push(byte);
                Step::ForGuest
            }
        }
    }

    fn change_owner(&mut self) -> Step {
        self.owner = match self.owner {
            Owner::Guest => Owner::Hypervisor,
            Owner::Hypervisor => Owner::Guest,
        };
        Step::Switched
    }

    fn push(&mut self, byte: u8) {
        if self.produced.wrapping_sub(self.consumed) >= RING_BYTES {
            return;
        }
        if let Some(slot) = self.ring.get_mut(self.produced % RING_BYTES) {
            *slot = byte;
        }
        self.produced = self.produced.wrapping_add(1);
    }

    /// Copies what waits to `buffer` and returns how much.
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        let mut count = 0;
        for slot in buffer {
            if self.consumed == self.produced {
                break;
            }
            *slot = self.ring.get(self.consumed % RING_BYTES).copied().unwrap_or(0);
            self.consumed = self.consumed.wrapping_add(1);
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest_input() -> Input {
        let mut input = Input::new();
        input.set_owner(Owner::Guest);
        input
    }

    #[test]
    fn three_switch_characters_change_the_owner() {
        let mut input = guest_input();
        assert_eq!(
            [input.take(1), input.take(1), input.take(1)],
            [Step::Nothing, Step::Nothing, Step::Switched]
        );
        assert_eq!(input.owner(), Owner::Hypervisor);
        assert_eq!(input.take(b'h'), Step::Key(b'h'));
        assert_eq!([input.take(1), input.take(1), input.take(1)][2], Step::Switched);
        assert_eq!(input.owner(), Owner::Guest);
    }

    #[test]
    fn two_switch_characters_are_the_guests() {
        let mut input = guest_input();
        input.take(1);
        input.take(1);
        assert_eq!(input.take(b'x'), Step::ForGuest);
        let mut buffer = [0; 8];
        assert_eq!(input.read(&mut buffer), 3);
        assert_eq!(buffer[..3], [1, 1, b'x']);
    }

    #[test]
    fn a_full_ring_drops() {
        let mut input = guest_input();
        for n in 0..300 {
            input.take(if n < 256 { b'a' } else { b'b' });
        }
        let mut buffer = [0; 400];
        assert_eq!(input.read(&mut buffer), 256);
        assert!(buffer[..256].iter().all(|byte| *byte == b'a'));
    }

    #[test]
    fn without_a_switch_everything_is_the_guests() {
        let mut input = guest_input();
        input.set_switch(None);
        assert_eq!([input.take(1), input.take(1), input.take(1)], [Step::ForGuest; 3]);
    }
}
