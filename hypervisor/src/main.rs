//! The image: the kernel library, linked with its entry code.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    println!("The hypervisor runs on Arm: `cargo xtask run` boots it in QEMU.");
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    match info.location() {
        Some(place) => hypervisor::machine::panic::panicked(format_args!("{} ({place})", info.message())),
        None => hypervisor::machine::panic::panicked(format_args!("{}", info.message())),
    }
}
