//! A case: one hypercall as data, and what of its effects the transcript leaves out.

/// Where a handle points.
#[derive(Clone, Copy)]
pub enum Place {
    /// Nowhere.
    Null,
    /// The last words of the address space.
    High,
    /// An address that stage 1 does not map.
    Unmapped,
    /// An address that stage 1 maps and stage 2 does not.
    Hole,
    /// The interrupt controller's distributor.
    Device,
    /// The argument block, some bytes in.
    Block(usize),
    /// The buffer, some bytes in.
    Buffer(usize),
    /// Page of RAM of this number, some bytes in.
    Ram(usize, usize),
}

/// A guest frame of dom0.
#[derive(Clone, Copy)]
pub enum Frame {
    /// Page of RAM of this number.
    Ram(usize),
    /// Frame of the region that is free for grants, of this number.
    Free(u64),
    /// This one.
    At(u64),
}

/// A word in a register.
#[derive(Clone, Copy)]
pub enum Word {
    /// A number.
    N(u64),
    /// A handle.
    P(Place),
    /// The target's identifier.
    Target,
}

/// A field of a structure, by its offset in bytes.
#[derive(Clone, Copy)]
pub enum Field {
    /// 8 bits.
    B(usize, u8),
    /// 16 bits.
    H(usize, u16),
    /// 32 bits.
    W(usize, u32),
    /// 64 bits.
    Q(usize, u64),
    /// A handle.
    P(usize, Place),
    /// The identifier of the target, 16 bits.
    T(usize),
    /// What was saved under this number, 32 bits.
    S(usize, usize),
    /// A frame's number, 64 bits.
    G(usize, Frame),
    /// A frame's address, 64 bits.
    A(usize, Frame),
    /// A frame's number, 32 bits.
    F(usize, Frame),
    /// Text.
    X(usize, &'static str),
}

/// What a hypercall does to something shared, seen or changed by dom0 itself.
#[derive(Clone, Copy)]
pub enum Act {
    /// Writes 32 bits into a frame, before the call.
    Poke(Frame, usize, u32),
    /// Writes a field into a frame, before the call; its offset counts from the frame's start.
    PokeField(Frame, Field),
    /// Shows 32 bits of a frame, after the call.
    Peek(Frame, usize),
    /// Says whether a frame can be read, after the call.
    Probe(Frame),
}

/// A hypercall.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name in the transcript, with its group.
    pub name: &'static str,
    /// The number.
    pub number: usize,
    /// The arguments.
    pub words: [Word; 5],
    /// What the argument block holds; the rest is zero.
    pub block: &'static [Field],
    /// What the buffer holds.
    pub buffer: &'static [Field],
    /// What the rest of the buffer holds.
    pub filler: u8,
    /// Bytes of the block whose new content is nobody's business: offset and length.
    pub hidden: &'static [(usize, usize)],
    /// The same for the buffer.
    pub hidden_buffer: &'static [(usize, usize)],
    /// What is done and seen around the call.
    pub acts: &'static [Act],
    /// Keeps the block's 32 bits at an offset under a number: number, offset.
    pub keep: Option<(usize, usize)>,
    /// Whether a positive result differs between machines.
    pub varies: bool,
}

const NONE: Word = Word::N(0);

impl Case {
    /// A call with these words.
    pub const fn new(name: &'static str, number: usize, words: [Word; 5]) -> Self {
        Self {
            name,
            number,
            words,
            block: &[],
            buffer: &[],
            filler: 0xee,
            hidden: &[],
            hidden_buffer: &[],
            acts: &[],
            keep: None,
            varies: false,
        }
    }

    /// A call of the form (operation, pointer to the block).
    pub const fn op(name: &'static str, number: usize, op: u64, block: &'static [Field]) -> Self {
        let mut case = Self::new(name, number, [Word::N(op), Word::P(Place::Block(0)), NONE, NONE, NONE]);
        case.block = block;
        case
    }

    /// A call of the form (pointer to the block).
    pub const fn block(name: &'static str, number: usize, block: &'static [Field]) -> Self {
        let mut case = Self::new(name, number, [Word::P(Place::Block(0)), NONE, NONE, NONE, NONE]);
        case.block = block;
        case
    }

    /// The same with another word.
    pub const fn word(mut self, index: usize, word: Word) -> Self {
        self.words[index] = word;
        self
    }

    /// The same with a buffer.
    pub const fn buffer(mut self, buffer: &'static [Field]) -> Self {
        self.buffer = buffer;
        self
    }

    /// The same with a buffer whose rest is zero.
    pub const fn zeroed(mut self) -> Self {
        self.filler = 0;
        self
    }

    /// The same without some bytes of the block in the transcript.
    pub const fn hide(mut self, hidden: &'static [(usize, usize)]) -> Self {
        self.hidden = hidden;
        self
    }

    /// The same without some bytes of the buffer in the transcript.
    pub const fn hide_buffer(mut self, hidden: &'static [(usize, usize)]) -> Self {
        self.hidden_buffer = hidden;
        self
    }

    /// The same with something done and seen around it.
    pub const fn acts(mut self, acts: &'static [Act]) -> Self {
        self.acts = acts;
        self
    }

    /// The same, keeping a word of the block.
    pub const fn keep(mut self, slot: usize, offset: usize) -> Self {
        self.keep = Some((slot, offset));
        self
    }

    /// The same with a positive result that is only called so.
    pub const fn varies(mut self) -> Self {
        self.varies = true;
        self
    }
}

/// What is done with a case.
#[derive(Clone, Copy)]
pub enum Step {
    /// Calls it.
    One(Case),
    /// Calls it for each domain identifier that names none or not the one to be named, at this offset of
    /// the block.
    Domains(Case, usize),
    /// Calls it with each kind of bad handle in this word.
    Handles(Case, usize),
    /// Calls it with each kind of bad handle at this offset of the block.
    Fields(Case, usize),
}

/// Identifiers that should name no domain that an operation can act on.
pub const DOMAINS: &[(&str, u16)] = &[
    ("nobody", 77),
    ("io", 0x7ff1),
    ("xen", 0x7ff2),
    ("cow", 0x7ff3),
    ("invalid", 0x7ff4),
    ("idle", 0x7fff),
    ("last", 0xffff),
];

/// Handles that reach no memory.
pub const HANDLES: &[(&str, Place)] = &[
    ("null", Place::Null),
    ("unmapped", Place::Unmapped),
    ("hole", Place::Hole),
    ("device", Place::Device),
    ("high", Place::High),
];
