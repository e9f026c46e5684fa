//! Error numbers of the hypercall interface.

use crate::Constant;

macro_rules! errno {
    ($( $variant:ident = $value:literal = $c_name:literal = $text:literal, )+) => {
        /// An error number a hypercall returns, negated (`xen/include/public/errno.h`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum XenErrno {
            $(
                #[doc = concat!($text, " (`", $c_name, "`).")]
                $variant = $value,
            )+
        }

        impl XenErrno {
            /// The numbers with their names in the header.
            pub const CONSTANTS: &'static [Constant] = &[ $( Constant::new($c_name, $value), )+ ];

            /// Returns the positive number.
            #[inline]
            pub const fn raw(self) -> u8 {
                self as u8
            }

            /// Returns the number as a hypercall returns it: negated.
            #[inline]
            pub const fn neg(self) -> i32 {
                (self as i32).wrapping_neg()
            }

            /// Returns the header's name of the number.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $c_name, )+
                }
            }
        }
    };
}

errno! {
    Eperm = 1 = "XEN_EPERM" = "Operation not permitted",
    Enoent = 2 = "XEN_ENOENT" = "No such file or directory",
    Esrch = 3 = "XEN_ESRCH" = "No such process: in Xen, no such domain",
    Eio = 5 = "XEN_EIO" = "I/O error",
    Enxio = 6 = "XEN_ENXIO" = "No such device or address",
    E2big = 7 = "XEN_E2BIG" = "Argument list too long",
    Enoexec = 8 = "XEN_ENOEXEC" = "Exec format error",
    Ebadf = 9 = "XEN_EBADF" = "Bad file number",
    Echild = 10 = "XEN_ECHILD" = "No child processes",
    Eagain = 11 = "XEN_EAGAIN" = "Try again",
    Enomem = 12 = "XEN_ENOMEM" = "Out of memory",
    Eacces = 13 = "XEN_EACCES" = "Permission denied: also a wrong interface version",
    Efault = 14 = "XEN_EFAULT" = "Bad address",
    Ebusy = 16 = "XEN_EBUSY" = "Device or resource busy",
    Eexist = 17 = "XEN_EEXIST" = "File exists",
    Exdev = 18 = "XEN_EXDEV" = "Cross-device link",
    Enodev = 19 = "XEN_ENODEV" = "No such device",
    Enotdir = 20 = "XEN_ENOTDIR" = "Not a directory",
    Eisdir = 21 = "XEN_EISDIR" = "Is a directory",
    Einval = 22 = "XEN_EINVAL" = "Invalid argument",
    Enfile = 23 = "XEN_ENFILE" = "File table overflow",
    Emfile = 24 = "XEN_EMFILE" = "Too many open files",
    Enospc = 28 = "XEN_ENOSPC" = "No space left on device",
    Erofs = 30 = "XEN_EROFS" = "Read-only file system",
    Emlink = 31 = "XEN_EMLINK" = "Too many links",
    Edom = 33 = "XEN_EDOM" = "Argument out of the function's domain",
    Erange = 34 = "XEN_ERANGE" = "Result not representable",
    Edeadlk = 35 = "XEN_EDEADLK" = "Resource deadlock would occur",
    Enametoolong = 36 = "XEN_ENAMETOOLONG" = "File name too long",
    Enolck = 37 = "XEN_ENOLCK" = "No record locks available",
    Enosys = 38 = "XEN_ENOSYS" = "Function not implemented",
    Enotempty = 39 = "XEN_ENOTEMPTY" = "Directory not empty",
    Enodata = 61 = "XEN_ENODATA" = "No data available",
    Etime = 62 = "XEN_ETIME" = "Timer expired",
    Ebadmsg = 74 = "XEN_EBADMSG" = "Not a data message",
    Eoverflow = 75 = "XEN_EOVERFLOW" = "Value too large for its type",
    Eilseq = 84 = "XEN_EILSEQ" = "Illegal byte sequence",
    Enotsock = 88 = "XEN_ENOTSOCK" = "Not a socket",
    Emsgsize = 90 = "XEN_EMSGSIZE" = "Message too large",
    Eopnotsupp = 95 = "XEN_EOPNOTSUPP" = "Operation not supported",
    Eaddrinuse = 98 = "XEN_EADDRINUSE" = "Address already in use",
    Eaddrnotavail = 99 = "XEN_EADDRNOTAVAIL" = "Cannot assign the address",
    Enobufs = 105 = "XEN_ENOBUFS" = "No buffer space available",
    Eisconn = 106 = "XEN_EISCONN" = "Already connected",
    Enotconn = 107 = "XEN_ENOTCONN" = "Not connected",
    Etimedout = 110 = "XEN_ETIMEDOUT" = "Connection timed out",
    Econnrefused = 111 = "XEN_ECONNREFUSED" = "Connection refused",
}
