//! QEMU: the machines to boot ([`machine`]), what is put into them ([`boot`]), and a console to talk to
//! while they run unattended ([`console`]).

pub mod boot;
pub mod console;
pub mod machine;
