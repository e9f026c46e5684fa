// The zImage header, the entry of the boot CPU and of the others, and the vectors.
//
// As asm/arm64.s: PC-relative until the MMU is on, then in the window at the link address, with the
// rest of the 4 GiB identity-mapped by the long-descriptor format.
// Source: Linux Documentation/arch/arm/booting.rst; Arm ARM DDI 0406C B3.6, B1.8.

.syntax unified
.arm
.equ BLOCK_DEVICE, 0x00000401           // low words; AttrIndx 0, AF, block
.equ BLOCK_NORMAL, 0x00000705           // AttrIndx 1, AF, inner shareable, block
.equ PAGE_NORMAL,  0x00000707
.equ XN_HIGH,      0x00600000           // high word: XN, PXN
.equ TABLE,        3
.equ WINDOW_ENTRY, 0x4fc0               // of 0xff000000, in the level 2 tables
.equ TTBCR_VALUE,  0x80803500           // EAE, EPD1, WBWA, inner shareable
.equ SCTLR_CLEAR,  0x72182002           // TE, AFE, TRE, EE, WXN, UWXN, V, A
.equ SCTLR_SET,    0x00001805           // I, Z, C, M

.section .head, "ax"
.global _head
_head:
    .rept   8
    mov     r0, r0
    .endr
    b       _entry
    .long   0x016f2818
    .long   0                           // runs anywhere
    .long   __image_size
    .long   0x04030201

_entry:
    mrrc    p15, 0, r4, r5, c14         // CNTPCT
    adr     r9, _head
    ldr     r11, =_head
    sub     r11, r11, r9
    ldr     r10, =__boot_record
    sub     r10, r10, r11
    mov     r8, r10
    stmia   r8!, {r0-r3}
    mrs     r1, cpsr
    mov     r2, r1
    mrc     p15, 0, r3, c1, c0, 0
    str     r9, [r8], #4
    stmia   r8!, {r1-r3}
    mov     r0, #0
    mrc     p15, 0, r1, c12, c1, 0
    mrc     p15, 0, r2, c14, c3, 1
    mrc     p15, 0, r3, c14, c2, 1
    stmia   r8!, {r0-r3}
    isb
    mrrc    p15, 1, r0, r1, c14
    mrc     p15, 0, r2, c2, c0, 0
    mrc     p15, 0, r3, c1, c0, 2
    stmia   r8!, {r0-r5}
    mov     r0, r10
    add     r1, r10, #256
    bl      invalidate

    // Level 1 (page 0), level 2 (pages 1-4), level 3 of the window (page 6).
    ldr     r1, =__tables
    sub     r1, r1, r11
    mov     r4, #0
    mov     r5, #0
    mov     r2, r1
    add     r3, r1, #0x7000
0:  strd    r4, r5, [r2], #8
    cmp     r2, r3
    blo     0b
    add     r2, r1, #0x1000
    orr     r4, r2, #TABLE
    mov     r3, r1
    mov     r6, #4
0:  strd    r4, r5, [r3], #8
    add     r4, r4, #0x1000
    subs    r6, r6, #1
    bne     0b
    ldr     r4, =BLOCK_DEVICE
    ldr     r5, =XN_HIGH
    mov     r6, #2048
0:  strd    r4, r5, [r2], #8
    add     r4, r4, #0x200000
    subs    r6, r6, #1
    bne     0b
    mov     r5, #0
    add     r3, r1, #0x6000
    orr     r4, r3, #TABLE
    ldr     r2, =WINDOW_ENTRY
    add     r2, r2, r1
    strd    r4, r5, [r2]
    ldr     r4, =PAGE_NORMAL
    add     r4, r4, r9
    ldr     r6, =__image_size
    lsr     r6, r6, #12
0:  strd    r4, r5, [r3], #8
    add     r4, r4, #0x1000
    subs    r6, r6, #1
    bne     0b
    lsr     r6, r9, #21
    ldr     r4, =BLOCK_NORMAL
    orr     r4, r4, r6, lsl #21
    add     r2, r1, #0x1000
    add     r2, r2, r6, lsl #3
    strd    r4, r5, [r2], #8
    add     r4, r4, #0x200000
    strd    r4, r5, [r2]
    mov     r0, r1
    add     r1, r1, #0x7000
    bl      invalidate
    bl      mmu_on

    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
    mov     r3, #0
0:  strd    r2, r3, [r0], #8
    cmp     r0, r1
    blo     0b
    mcr     p15, 0, r2, c13, c0, 4      // TPIDRPRW
    ldr     sp, =__stacks_end
    mov     r11, #0
    ldr     r0, =__boot_record
    ldr     r8, =rt_main
    blx     r8
3:  wfe
    b       3b

// The entry of every other CPU: r0 = PSCI context id, its low three bits the CPU's index.
.global _secondary
_secondary:
    mrrc    p15, 1, r2, r3, c14         // CNTVCT
    mov     r4, r0
    mrs     r5, cpsr
    mrc     p15, 0, r6, c1, c0, 0
    adr     r9, _head
    ldr     r11, =_head
    sub     r11, r11, r9
    bl      mmu_on
    and     r0, r4, #7
    mcr     p15, 0, r0, c13, c0, 4
    ldr     r1, =__stacks_end
    sub     sp, r1, r0, lsl #15
    strd    r2, r3, [sp, #-8]!
    mov     r11, #0
    mov     r0, r4
    mov     r1, r5
    mov     r2, r5
    mov     r3, r6
    ldr     r8, =rt_secondary
    blx     r8
    b       3b

// Drops [r0, r1) from the caches: it was written with the MMU off.
invalidate:
    mcr     p15, 0, r0, c7, c6, 1
    add     r0, r0, #16
    cmp     r0, r1
    blo     invalidate
    dsb     sy
    bx      lr

// Loads the translation registers, turns the MMU on and returns into the window.
mmu_on:
    ldr     r0, =__tables
    sub     r0, r0, r11
    mov     r1, #0
    mcrr    p15, 0, r0, r1, c2          // TTBR0
    ldr     r0, =0x0044ff04
    mcr     p15, 0, r0, c10, c2, 0      // MAIR0
    ldr     r0, =TTBCR_VALUE
    mcr     p15, 0, r0, c2, c0, 2
    ldr     r0, =rt_vectors
    mcr     p15, 0, r0, c12, c0, 0      // VBAR
    mcr     p15, 0, r1, c8, c7, 0       // TLBIALL
    mcr     p15, 0, r1, c7, c5, 0       // ICIALLU
    mcr     p15, 0, r1, c7, c5, 6       // BPIALL
    dsb     sy
    isb
    mrc     p15, 0, r0, c1, c0, 0
    ldr     r1, =SCTLR_CLEAR
    bic     r0, r0, r1
    ldr     r1, =SCTLR_SET
    orr     r0, r0, r1
    mcr     p15, 0, r0, c1, c0, 0
    isb
    add     lr, lr, r11
    bx      lr
    .ltorg

.text
.macro handler name, kind, adjust
\name:
    sub     lr, lr, #\adjust
    srsdb   sp!, #0x13
    cps     #0x13
    push    {r0-r12, lr}
    mov     r0, #\kind
    b       exception
.endm

.balign 32
.global rt_vectors
rt_vectors:
    b       .
    b       vector_undefined
    b       vector_svc
    b       vector_prefetch
    b       vector_data
    b       .
    b       vector_irq
    b       vector_fiq

    handler vector_undefined, 1, 4
    handler vector_svc, 2, 0
    handler vector_prefetch, 3, 4
    handler vector_data, 4, 8
    handler vector_irq, 6, 4
    handler vector_fiq, 7, 4

exception:
    mov     r1, sp
    mov     r4, sp
    bic     sp, sp, #7
    bl      rt_exception
    mov     sp, r4
    clrex
    pop     {r0-r12, lr}
    rfeia   sp!
