//! Numbers with their names in the headers.

/// A number of the public headers, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant {
    /// The macro's or enumerator's name in C.
    pub c_name: &'static str,
    /// Its value here.
    pub value: u64,
}

impl Constant {
    /// Names a number.
    pub const fn new(c_name: &'static str, value: u64) -> Self {
        Self { c_name, value }
    }
}

/// Defines a closed set of numbers: an enum with `from_raw`, `raw` and the table `CONSTANTS`.
macro_rules! header_enum {
    (
        $(#[$doc:meta])*
        $name:ident: $raw:ty { $( $(#[$variant_doc:meta])* $variant:ident = $value:literal = $c_name:literal, )+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr($raw)]
        pub enum $name {
            $(
                #[doc = concat!("`", $c_name, "`.")]
                $(#[$variant_doc])*
                $variant = $value,
            )+
        }

        impl $name {
            /// The numbers with their names in the headers.
            pub const CONSTANTS: &'static [$crate::Constant] =
                &[ $( $crate::Constant::new($c_name, $value), )+ ];

            /// Returns what the number means, or `None` for a number that is not defined.
            #[inline]
            pub const fn from_raw(raw: $raw) -> Option<Self> {
                match raw {
                    $( $value => Some(Self::$variant), )+
                    _ => None,
                }
            }

            /// Returns the number.
            #[inline]
            pub const fn raw(self) -> $raw {
                self as $raw
            }

            /// Returns the name in the headers.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $c_name, )+
                }
            }
        }
    };
}
pub(crate) use header_enum;

/// Defines numbers and the table `CONSTANTS` that lists them.
macro_rules! header_consts {
    ($( $(#[$doc:meta])* $name:ident: $ty:ty = $value:expr => $c_name:literal, )+) => {
        $(
            $(#[$doc])*
            #[doc = concat!("(`", $c_name, "`).")]
            pub const $name: $ty = $value;
        )+

        /// This module's numbers with their names in the headers.
        pub const CONSTANTS: &[$crate::Constant] =
            &[ $( $crate::Constant::new($c_name, $name as u64), )+ ];
    };
}
pub(crate) use header_consts;
