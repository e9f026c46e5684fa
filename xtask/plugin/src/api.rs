//! QEMU's plugin interface, version 1, declared here as QEMU 7.2's `include/qemu/qemu-plugin.h` has it, and
//! wrapped so that nothing else of this crate is unsafe.
//!
//! QEMU finds [`qemu_plugin_version`] and [`qemu_plugin_install`] by name in the library it was told to load,
//! and the functions declared here in itself.
#![allow(unsafe_code, reason = "the interface of a C program")]

use crate::hooks;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::AtomicU64;

/// An opaque thing of QEMU's.
#[repr(C)]
struct Opaque {
    _opaque: [u8; 0],
}

type Handle = *mut Opaque;

/// `QEMU_PLUGIN_CB_NO_REGS`.
const NO_REGISTERS: c_int = 0;
/// `QEMU_PLUGIN_MEM_RW`.
const READS_AND_WRITES: c_int = 3;
/// `QEMU_PLUGIN_INLINE_ADD_U64`.
const ADD_U64: c_int = 0;

type Translated = extern "C" fn(u64, Handle);
type Executed = extern "C" fn(c_uint, *mut c_void);
type Accessed = extern "C" fn(c_uint, u32, u64, *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: u64, callback: Translated);
    fn qemu_plugin_tb_n_insns(block: Handle) -> usize;
    fn qemu_plugin_tb_get_insn(block: Handle, index: usize) -> Handle;
    fn qemu_plugin_insn_data(instruction: Handle) -> *const c_void;
    fn qemu_plugin_insn_size(instruction: Handle) -> usize;
    fn qemu_plugin_insn_vaddr(instruction: Handle) -> u64;
    fn qemu_plugin_insn_disas(instruction: Handle) -> *mut c_char;
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        instruction: Handle,
        callback: Executed,
        flags: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_insn_exec_inline(instruction: Handle, op: c_int, at: *mut c_void, add: u64);
    fn qemu_plugin_register_vcpu_mem_cb(
        instruction: Handle,
        callback: Accessed,
        flags: c_int,
        accesses: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_get_hwaddr(info: u32, address: u64) -> Handle;
    fn qemu_plugin_hwaddr_is_io(address: Handle) -> bool;
    fn qemu_plugin_hwaddr_phys_addr(address: Handle) -> u64;
    /// The C library's: what QEMU allocates for a plugin is the plugin's to free.
    fn free(memory: *mut c_void);
}

/// The interface that this plugin was made for.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "QEMU looks for this name")]
pub static qemu_plugin_version: c_int = 1;

/// QEMU's call after it loaded the plugin: 0 for success.
///
/// # Safety
/// `argv` is `argc` C strings, as `qemu_plugin_install` of QEMU 7.2 promises.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: u64,
    _info: *const c_void,
    argc: c_int,
    argv: *const *const c_char,
) -> c_int {
    let count = usize::try_from(argc).unwrap_or(0);
    // SAFETY: (1) QEMU passes `argc` pointers to C strings that live as long as the plugin; (2) index < argc.
    let argument = |index| unsafe { CStr::from_ptr(*argv.add(index)) };
    let arguments = (0..count).map(|index| argument(index).to_str().unwrap_or("?"));
    if let Err(why) = hooks::start(arguments) {
        eprintln!("{why}");
        return 1;
    }
    // SAFETY: `id` is ours, and the callback is a function of a library that is never unloaded.
    unsafe { qemu_plugin_register_vcpu_tb_trans_cb(id, translated) };
    0
}

extern "C" fn translated(_id: u64, handle: Handle) {
    hooks::translated(&Block { handle, lent: PhantomData });
}

/// A block of instructions that is being translated.
pub struct Block<'a> {
    handle: Handle,
    lent: PhantomData<&'a ()>,
}

impl<'a> Block<'a> {
    /// Gives its instructions in order.
    pub fn instructions(&self) -> impl Iterator<Item = Instruction<'a>> {
        let block = self.handle;
        // SAFETY: the handle is valid while QEMU's callback runs, which `'a` does not outlive.
        let count = unsafe { qemu_plugin_tb_n_insns(block) };
        // SAFETY: as above, and index < count.
        let handle = move |index| unsafe { qemu_plugin_tb_get_insn(block, index) };
        (0..count).map(move |index| Instruction { handle: handle(index), lent: PhantomData })
    }
}

/// An instruction of a block that is being translated.
pub struct Instruction<'a> {
    handle: Handle,
    lent: PhantomData<&'a ()>,
}

/// Each call below is sound as the handle is valid while QEMU's callback runs, which `'a` does not outlive.
impl Instruction<'_> {
    /// Gives its encoding, unless it is one of 16 bits.
    pub fn word(&self) -> Option<u32> {
        // SAFETY: see the impl; the data are as many bytes as the size says.
        let bytes = unsafe {
            let size = qemu_plugin_insn_size(self.handle);
            std::slice::from_raw_parts(qemu_plugin_insn_data(self.handle).cast::<u8>(), size)
        };
        bytes.try_into().ok().map(u32::from_le_bytes)
    }

    /// Gives its virtual address.
    pub fn address(&self) -> u64 {
        // SAFETY: see the impl.
        unsafe { qemu_plugin_insn_vaddr(self.handle) }
    }

    /// Gives its text in assembly language.
    pub fn disassembly(&self) -> String {
        // SAFETY: see the impl; QEMU gives a C string that is ours to free, or none.
        unsafe {
            let text = qemu_plugin_insn_disas(self.handle);
            if text.is_null() {
                return String::new();
            }
            let owned = CStr::from_ptr(text).to_string_lossy().into_owned();
            free(text.cast());
            owned
        }
    }

    /// Adds one to `counter` whenever it executes, without a call.
    pub fn count_into(&self, counter: &'static AtomicU64) {
        // SAFETY: see the impl; the counter lives for ever, and with `-icount` one thread runs all CPUs.
        unsafe {
            qemu_plugin_register_vcpu_insn_exec_inline(self.handle, ADD_U64, counter.as_ptr().cast(), 1)
        };
    }

    /// Calls [`hooks::executed`] with the CPU and `number` whenever it executes.
    pub fn on_execute(&self, number: usize) {
        let data = ptr::without_provenance_mut(number);
        // SAFETY: see the impl; the data are a number, never followed.
        unsafe { qemu_plugin_register_vcpu_insn_exec_cb(self.handle, executed, NO_REGISTERS, data) };
    }

    /// Calls [`hooks::accessed`] whenever it reads or writes memory.
    pub fn on_access(&self) {
        // SAFETY: see the impl; `accessed` takes no data.
        unsafe {
            let data = ptr::null_mut();
            qemu_plugin_register_vcpu_mem_cb(self.handle, accessed, NO_REGISTERS, READS_AND_WRITES, data);
        }
    }
}

extern "C" fn executed(cpu: c_uint, data: *mut c_void) {
    hooks::executed(cpu, data.addr());
}

extern "C" fn accessed(_cpu: c_uint, info: u32, address: u64, _data: *mut c_void) {
    // SAFETY: QEMU is in the callback of this very access; the handle may be null and is not kept.
    let device = unsafe {
        let handle = qemu_plugin_get_hwaddr(info, address);
        let is_device = !handle.is_null() && qemu_plugin_hwaddr_is_io(handle);
        is_device.then(|| qemu_plugin_hwaddr_phys_addr(handle))
    };
    if let Some(address) = device {
        hooks::accessed(address);
    }
}
