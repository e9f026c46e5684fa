// The arm32 image's header (that of a zImage) and the way from reset to Rust.
//
// Until the MMU is on, everything is reached relative to where the image runs: any page of the first
// 4 GiB. The MMU is turned on with tables of their own (ident_root, tables.S), which hold this first
// page at its physical and at its link address and nothing else; from there the CPU goes over to EL2's
// tables, in which no physical address is mapped. So an image may be loaded anywhere, also where its
// link address is RAM.
//
// Kept in registers: r9 load address minus link address, r10 device tree, r6 early UART kind, r7 its
// address. (Braces are doubled: this is a template.)
.syntax unified
.arm
.arch_extension virt
.arch_extension sec

.set MODE_MASK, 0x1f
.set MODE_SVC, 0x13
.set MODE_HYP, 0x1a

.macro adr_l reg, sym                   // the run-time address of a symbol
    ldr  \reg, =\sym
    add  \reg, \reg, r9
.endm

.section .text.head, "ax"
.global _start
_start:
    .rept 8
    mov  r0, r0
    .endr
    b    primary_entry
    .long 0x016f2818                    // zImage
    .long 0                             // start
    .long __image_size                  // end: the boot loader keeps .bss free as well
    .long 0x04030201                    // little endian
    .long 0, 0, 0
.global early_uart_slot
early_uart_slot:                        // filled in by `xtask build --early-uart`
    .ascii "XENOUART"
    .long 0, 0
    .quad 0

primary_entry:
    cpsid aif
    mov  r10, r2
    adr  r9, _start
    ldr  r1, =_start
    sub  r9, r9, r1
    adr  r1, early_uart_slot
    ldr  r6, [r1, #8]
    ldr  r7, [r1, #16]
    ldr  r0, =msg_align
    lsls r1, r9, #20
    bne  early_stop
    mrs  r1, cpsr
    and  r1, r1, #MODE_MASK
    cmp  r1, #MODE_HYP
    beq  1f
    cmp  r1, #MODE_SVC
    ldr  r0, =msg_svc
    beq  early_stop
    ldr  r0, =msg_mode
    b    early_stop
1:  mrc  p15, 4, r1, c1, c0, 0          // HSCTLR
    tst  r1, #1
    ldr  r0, =msg_mmu
    bne  early_stop

    // Firmware may have left lines of .bss in the cache; they must not be written back later.
    adr_l r0, __bss_start
    adr_l r1, __bss_end
    bl   clean_invalidate
    adr_l r0, __bss_start
    adr_l r1, __bss_end
    mov  r2, #0
    mov  r3, #0
1:  strd r2, r3, [r0], #8
    cmp  r0, r1
    blo  1b
    bl   build_tables
    dsb  sy
    adr_l r0, __bss_start
    adr_l r1, __bss_end
    bl   clean_invalidate

    bl   enable_mmu
    ldr  r0, =primary_mapped
    bx   r0

// A CPU woken by firmware: no argument is needed, CPUs are brought up one at a time.
.global secondary_entry
secondary_entry:
    cpsid aif
    mrs  r1, cpsr
    and  r1, r1, #MODE_MASK
    cmp  r1, #MODE_HYP
    bne  park
    adr  r9, _start
    ldr  r1, =_start
    sub  r9, r9, r1
    bl   enable_mmu
    ldr  r0, =secondary_mapped
    bx   r0
park:
    wfe
    b    park

// Turns the MMU on with the tables at ident_root. Clobbers r0-r2.
enable_mmu:
    ldr  r0, ={HMAIR0}
    mcr  p15, 4, r0, c10, c2, 0
    ldr  r0, ={HMAIR1}
    mcr  p15, 4, r0, c10, c2, 1
    ldr  r0, ={HTCR}
    mcr  p15, 4, r0, c2, c0, 2
    adr_l r0, ident_root
    mov  r1, #0
    mcrr p15, 4, r0, r1, c2             // HTTBR
    isb
    mcr  p15, 4, r0, c8, c7, 0          // TLBIALLH
    mcr  p15, 0, r0, c7, c5, 0          // ICIALLU
    mcr  p15, 0, r0, c7, c5, 6          // BPIALL
    dsb  nsh
    isb
    mrc  p15, 4, r0, c1, c0, 0          // HSCTLR: the bits that read as one stay
    ldr  r1, ={HSCTLR_CLEAR}
    bic  r0, r0, r1
    ldr  r1, ={HSCTLR_SET}
    orr  r0, r0, r1
    mcr  p15, 4, r0, c1, c0, 0
    isb
    bx   lr

// Goes over to EL2's tables, from the image's first page at its link address. Clobbers r0, r1.
.macro leave_identity
    adr_l r0, boot_root
    mov  r1, #0
    mcrr p15, 4, r0, r1, c2             // HTTBR
    isb
    mcr  p15, 4, r0, c8, c7, 0          // TLBIALLH
    dsb  nsh
    isb
.endm

primary_mapped:
    leave_identity
    ldr  sp, =boot_stack_top
    ldr  r0, =vectors
    mcr  p15, 4, r0, c12, c0, 0         // HVBAR
    mov  r0, #0
    mcr  p15, 4, r0, c13, c0, 2         // HTPIDR
    isb
    mov  r11, #0
    mov  lr, #0
    mov  r0, r10
    ldr  r1, =_start
    add  r1, r1, r9
    bl   {primary_start}
    b    park

secondary_mapped:
    leave_identity
    ldr  r0, ={SECONDARY_STACK}
    ldr  sp, [r0]
    ldr  r0, =vectors
    mcr  p15, 4, r0, c12, c0, 0         // HVBAR
    mov  r0, #0
    mcr  p15, 4, r0, c13, c0, 2         // HTPIDR
    isb
    mov  r11, #0
    mov  lr, #0
    bl   {secondary_start}
    b    park

// Cleans and invalidates [r0, r1) to the point of coherency. Clobbers r0, r2, r3.
clean_invalidate:
    mrc  p15, 0, r2, c0, c0, 1          // CTR
    ubfx r2, r2, #16, #4
    mov  r3, #4
    lsl  r3, r3, r2
    sub  r2, r3, #1
    bic  r0, r0, r2
1:  mcr  p15, 0, r0, c7, c14, 1         // DCCIMVAC
    add  r0, r0, r3
    cmp  r0, r1
    blo  1b
    dsb  sy
    bx   lr
.ltorg
