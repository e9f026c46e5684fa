//! Structures as bytes: the codec of guest memory and the description that is compared with C.
//!
//! [`GuestStruct`] is what the kernel uses: a byte array of the structure's size is filled from the
//! guest, decoded, and encoded for the way back. Both directions are total. `guest_struct!` makes it
//! from a list of fields; padding is a field of its own whose name starts with `_`, and a structure
//! with padding that is not spelt out does not compile.

use types::{DomId, GuestVa, Port};

/// A value with a fixed little-endian representation in guest memory.
pub trait Field: Sized {
    /// Its size in bytes.
    const SIZE: usize;
    /// The value whose bytes are all zero.
    const ZERO: Self;

    /// Takes the value from the front of `src`; bytes that are missing count as zero.
    fn take(src: &mut &[u8]) -> Self;

    /// Puts the value at the front of `dst`; bytes that do not fit are lost.
    fn put(&self, dst: &mut &mut [u8]);
}

/// A structure that a hypercall's caller and the hypervisor pass in guest memory.
pub trait GuestStruct: Field {
    /// The bytes it takes in memory, an array of [`Field::SIZE`] bytes.
    type Bytes: AsRef<[u8]> + AsMut<[u8]>;

    /// Where its fields are.
    const LAYOUT: Layout;

    /// Returns a zeroed buffer of the structure's size.
    fn buffer() -> Self::Bytes;

    /// Decodes the structure.
    fn decode(bytes: &Self::Bytes) -> Self {
        Self::take(&mut bytes.as_ref())
    }

    /// Encodes the structure.
    fn encode(&self) -> Self::Bytes {
        let mut bytes = Self::buffer();
        self.put(&mut bytes.as_mut());
        bytes
    }

    /// Decodes the structure from the start of `bytes`, such as a larger structure's union, or
    /// returns `None` if there are too few.
    fn decode_prefix(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= Self::SIZE).then(|| Self::take(&mut &*bytes))
    }
}

/// A structure's layout.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The structure's type in C.
    pub c_type: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// Its fields, padding included.
    pub fields: &'static [FieldLayout],
}

/// Where a field is in its structure.
#[derive(Clone, Copy, Debug)]
pub struct FieldLayout {
    /// The member's designator in C; padding that C does not name starts with `_`.
    pub c_name: &'static str,
    /// Bytes from the structure's start.
    pub offset: usize,
    /// Bytes it takes.
    pub size: usize,
}

macro_rules! integer_field {
    ($($int:ty),+) => {$(
        impl Field for $int {
            const SIZE: usize = size_of::<$int>();
            const ZERO: Self = 0;

            #[inline]
            fn take(src: &mut &[u8]) -> Self {
                match src.split_first_chunk() {
                    Some((bytes, rest)) => {
                        *src = rest;
                        Self::from_le_bytes(*bytes)
                    }
                    None => {
                        *src = &[];
                        0
                    }
                }
            }

            #[inline]
            fn put(&self, dst: &mut &mut [u8]) {
                match core::mem::take(dst).split_first_chunk_mut() {
                    Some((bytes, rest)) => {
                        *bytes = self.to_le_bytes();
                        *dst = rest;
                    }
                    None => *dst = &mut [],
                }
            }
        }
    )+};
}
integer_field!(u8, u16, u32, u64, i16, i32, i64);

macro_rules! newtype_field {
    ($($name:ident($int:ty)),+) => {$(
        impl Field for $name {
            const SIZE: usize = size_of::<$int>();
            const ZERO: Self = Self::new(0);

            #[inline]
            fn take(src: &mut &[u8]) -> Self {
                Self::new(<$int>::take(src))
            }

            #[inline]
            fn put(&self, dst: &mut &mut [u8]) {
                self.raw().put(dst);
            }
        }
    )+};
}
newtype_field!(DomId(u16), Port(u32), GuestVa(u64));

impl<T: Field + Copy, const N: usize> Field for [T; N] {
    const SIZE: usize = size_of::<[T; N]>();
    const ZERO: Self = [T::ZERO; N];

    #[inline]
    fn take(src: &mut &[u8]) -> Self {
        core::array::from_fn(|_| T::take(src))
    }

    #[inline]
    fn put(&self, dst: &mut &mut [u8]) {
        for item in self {
            item.put(dst);
        }
    }
}

/// Defines a structure of the public headers.
///
/// `Name = "C type" { field: Type, other: Type = "c.designator", }`; a field without a designator has
/// its Rust name in C.
macro_rules! guest_struct {
    (
        $(#[$doc:meta])*
        $name:ident = $c_type:literal {
            $( $(#[$field_doc:meta])* $field:ident: $ty:ty $(= $c_name:literal)?, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(C)]
        pub struct $name {
            $( $(#[$field_doc])* pub $field: $ty, )+
        }

        const _: () = assert!(
            size_of::<$name>() == 0 $( + <$ty as $crate::codec::Field>::SIZE )+,
            "padding must be spelt out"
        );

        impl $crate::codec::Field for $name {
            const SIZE: usize = size_of::<$name>();
            const ZERO: Self = Self { $( $field: <$ty as $crate::codec::Field>::ZERO, )+ };

            #[inline]
            fn take(src: &mut &[u8]) -> Self {
                Self { $( $field: <$ty as $crate::codec::Field>::take(src), )+ }
            }

            #[inline]
            fn put(&self, dst: &mut &mut [u8]) {
                $( $crate::codec::Field::put(&self.$field, dst); )+
            }
        }

        impl $crate::codec::GuestStruct for $name {
            type Bytes = [u8; size_of::<$name>()];

            const LAYOUT: $crate::codec::Layout = $crate::codec::Layout {
                c_type: $c_type,
                size: size_of::<$name>(),
                fields: &[ $( $crate::codec::FieldLayout {
                    c_name: $crate::codec::guest_struct!(@c_name $field $($c_name)?),
                    offset: core::mem::offset_of!($name, $field),
                    size: <$ty as $crate::codec::Field>::SIZE,
                }, )+ ],
            };

            #[inline]
            fn buffer() -> Self::Bytes {
                [0; size_of::<$name>()]
            }
        }
    };
    (@c_name $field:ident) => { stringify!($field) };
    (@c_name $field:ident $c_name:literal) => { $c_name };
}
pub(crate) use guest_struct;

#[cfg(test)]
mod tests {
    use super::*;

    guest_struct! {
        /// A structure of every kind of field.
        Sample = "struct sample" {
            /// A domain.
            domid: DomId,
            /// Padding.
            _pad: [u8; 2],
            /// A number.
            status: i32 = "u.status",
            /// Numbers.
            list: [u64; 2],
        }
    }

    #[test]
    fn encodes_little_endian_and_decodes_back() {
        let sample =
            Sample { domid: DomId::new(0x7ff0), _pad: [1, 2], status: -2, list: [3, 0x0102_0304_0506_0708] };
        let bytes = sample.encode();
        assert_eq!(bytes[..8], [0xf0, 0x7f, 1, 2, 0xfe, 0xff, 0xff, 0xff]);
        assert_eq!(bytes[16..], [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(Sample::decode(&bytes), sample);
    }

    #[test]
    fn describes_its_layout() {
        let layout = Sample::LAYOUT;
        assert_eq!(layout.size, 24);
        assert!(layout.fields.iter().map(|f| f.offset).eq([0, 2, 4, 8]));
        assert_eq!(layout.fields[2].c_name, "u.status");
    }

    #[test]
    fn refuses_a_short_prefix() {
        let bytes = [0xff; 25];
        assert_eq!(Sample::decode_prefix(&bytes[..23]), None);
        assert_eq!(Sample::decode_prefix(&bytes).map(|s| s.status), Some(-1));
    }

    #[test]
    fn short_slices_never_panic() {
        for len in 0..24 {
            let mut bytes = [0xff; 24];
            let short = bytes.get_mut(..len).unwrap();
            Sample::ZERO.put(&mut &mut *short);
            let _ = Sample::take(&mut &*short);
        }
    }
}
