// The arm64 image's header and the way from reset to Rust.
//
// Until the MMU is on, everything is reached relative to the program counter: the image runs at
// any page. Then the image is mapped at its link address, each part with its own rights, and one
// page around the entry code at its physical address until Rust unmaps it.
//
// Kept in registers: x20 device tree, x21 image base (PA), x22 early UART kind, x23 its address.

.macro adr_l reg, sym                   // the run-time address of a symbol
    adrp \reg, \sym
    add  \reg, \reg, :lo12:\sym
.endm

.section .text.head, "ax"
.global _start
_start:
    add  x13, x18, #0x16                // "MZ", harmless as an instruction
    b    primary_entry
    .quad 0                             // text_offset
    .quad __image_size
    .quad 0xa                           // little endian, 4 KiB pages, anywhere in memory
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0
.global early_uart_slot
early_uart_slot:                        // filled in by `xtask build --early-uart`
    .ascii "XENOUART"
    .long 0, 0
    .quad 0

primary_entry:
    msr  daifset, #0xf
    mov  x20, x0
    adr  x21, _start
    ldr  w22, early_uart_slot + 8
    ldr  x23, early_uart_slot + 16
    tst  x21, #0xfff
    adr  x0, msg_align
    b.ne early_stop
    mrs  x1, CurrentEL
    cmp  x1, #(2 << 2)
    adr  x0, msg_el1
    b.lo early_stop
    adr  x0, msg_el3
    b.hi early_stop
    mrs  x1, sctlr_el2
    tst  x1, #1
    adr  x0, msg_mmu
    b.ne early_stop

    // Firmware may have left lines of .bss in the cache; they must not be written back later.
    adr_l x0, __bss_start
    adr_l x1, __bss_end
    bl   clean_invalidate
    adr_l x0, __bss_start
    adr_l x1, __bss_end
1:  stp  xzr, xzr, [x0], #16
    cmp  x0, x1
    b.lo 1b
    bl   build_tables
    dsb  sy
    adr_l x0, __bss_start
    adr_l x1, __bss_end
    bl   clean_invalidate

    bl   enable_mmu
    ldr  x8, =primary_mapped
    br   x8

// A CPU woken by firmware: no argument is needed, CPUs are brought up one at a time.
.global secondary_entry
secondary_entry:
    msr  daifset, #0xf
    mrs  x1, CurrentEL
    cmp  x1, #(2 << 2)
    b.ne park
    bl   enable_mmu
    ldr  x8, =secondary_mapped
    br   x8
park:
    wfe
    b    park

// Turns the MMU on with the tables at boot_root. Clobbers x0-x5.
enable_mmu:
    mov  x5, x30
    ldr  x0, ={MAIR}
    msr  mair_el2, x0
    ldr  x0, ={TCR}
    mrs  x1, id_aa64mmfr0_el1
    and  x1, x1, #0xf                   // PARange; above 48 bits the tables hold no address
    cmp  x1, #5
    mov  x2, #5
    csel x1, x1, x2, ls
    orr  x0, x0, x1, lsl #16
    msr  tcr_el2, x0
    adr_l x0, boot_root
    msr  ttbr0_el2, x0
    isb
    tlbi alle2
    ic   iallu
    dsb  nsh
    isb
    ldr  x0, ={SCTLR}
    msr  sctlr_el2, x0
    isb
    ret  x5

primary_mapped:
    ldr  x0, =boot_stack_top
    mov  sp, x0
    ldr  x0, =vectors
    msr  vbar_el2, x0
    msr  tpidr_el2, xzr
    msr  cptr_el2, xzr                  // replaced by Rust; until then nothing traps to EL2
    isb
    mov  x29, #0
    mov  x30, #0
    mov  x0, x20
    mov  x1, x21
    bl   {primary_start}
    b    park

secondary_mapped:
    ldr  x0, ={SECONDARY_STACK}
    ldr  x0, [x0]
    mov  sp, x0
    ldr  x0, =vectors
    msr  vbar_el2, x0
    msr  tpidr_el2, xzr
    isb
    mov  x29, #0
    mov  x30, #0
    bl   {secondary_start}
    b    park

// Cleans and invalidates [x0, x1) to the point of coherency. Clobbers x0-x4.
clean_invalidate:
    mrs  x2, ctr_el0
    ubfx x2, x2, #16, #4
    mov  x3, #4
    lsl  x3, x3, x2
    sub  x4, x3, #1
    bic  x0, x0, x4
1:  dc   civac, x0
    add  x0, x0, x3
    cmp  x0, x1
    b.lo 1b
    dsb  sy
    ret

.ltorg
