// The arm64 Image header, the entry of the boot CPU and of the others, and the vectors.
//
// The image runs wherever it was put: until the MMU is on everything is PC-relative, afterwards the
// window at the link address holds the image and the rest of the address space is identity-mapped.
// Source: Linux Documentation/arch/arm64/booting.rst; Arm ARM DDI 0487J D8 (translation), D1.4 (vectors).

.equ BLOCK_DEVICE, 0x0060000000000401   // XN, AF, AttrIndx 0, block
.equ BLOCK_NORMAL, 0x0040000000000705   // AF, inner shareable, AttrIndx 1, block
.equ PAGE_NORMAL,  0x0040000000000707
.equ TABLE,        3
.equ MAIR_VALUE,   0x0044ff04           // 0 Device-nGnRE, 1 Normal WB, 2 Normal NC, 3 Device-nGnRnE
.equ TCR_VALUE,    0x00803519           // T0SZ 25, WBWA, inner shareable, EPD1
.equ SCTLR_VALUE,  0x30d0180d           // RES1, I, SA, C, M

.section .head, "ax"
.global _head
_head:
    b       _entry
    .long   0
    .quad   0                           // text_offset
    .quad   __image_size
    .quad   0xa                         // little-endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

_entry:
    mrs     x11, cntpct_el0
    adrp    x10, __boot_record
    add     x10, x10, :lo12:__boot_record
    stp     x0, x1, [x10]
    stp     x2, x3, [x10, #16]
    adr     x0, _head
    mrs     x1, currentel
    stp     x0, x1, [x10, #32]
    mrs     x0, daif
    mrs     x1, sctlr_el1
    stp     x0, x1, [x10, #48]
    mrs     x0, spsel
    mrs     x1, isr_el1
    stp     x0, x1, [x10, #64]
    mrs     x0, cntv_ctl_el0
    mrs     x1, cntp_ctl_el0
    stp     x0, x1, [x10, #80]
    isb
    mrs     x0, cntvct_el0
    stp     x0, xzr, [x10, #96]
    mrs     x0, ttbr0_el1
    mrs     x1, cpacr_el1
    stp     x0, x1, [x10, #112]
    stp     x11, xzr, [x10, #128]
    mov     x0, x10
    add     x1, x10, #256
    bl      invalidate

    // Level 1 (page 0), level 2 of the low 4 GiB (pages 1-4) and of the window (5), level 3 (6).
    adrp    x1, __tables
    mov     x2, x1
    add     x3, x1, #0x7000
0:  stp     xzr, xzr, [x2], #16
    cmp     x2, x3
    b.lo    0b
    add     x2, x1, #0x1000
    orr     x3, x2, #TABLE
    mov     x4, x1
    mov     x5, #4
0:  str     x3, [x4], #8
    add     x3, x3, #0x1000
    subs    x5, x5, #1
    b.ne    0b
    ldr     x3, =BLOCK_DEVICE
    mov     x5, #2048
0:  str     x3, [x2], #8
    add     x3, x3, #0x200000
    subs    x5, x5, #1
    b.ne    0b
    mov     x5, #507
    mov     x6, #0x40000000
0:  str     x3, [x4], #8
    add     x3, x3, x6
    subs    x5, x5, #1
    b.ne    0b
    add     x3, x1, #0x5000
    orr     x3, x3, #TABLE
    str     x3, [x4]
    add     x3, x1, #0x6000
    orr     x4, x3, #TABLE
    str     x4, [x1, #0x5000]

    // The window: this image, page by page; and its own 2 MiB blocks (or GiB, high up) as memory.
    adr     x6, _head
    ldr     x2, =PAGE_NORMAL
    add     x2, x2, x6
    ldr     x5, =__image_size
    lsr     x5, x5, #12
0:  str     x2, [x3], #8
    add     x2, x2, #0x1000
    subs    x5, x5, #1
    b.ne    0b
    ldr     x3, =BLOCK_NORMAL
    lsr     x4, x6, #32
    cbnz    x4, 1f
    lsr     x4, x6, #21
    orr     x3, x3, x4, lsl #21
    add     x5, x1, #0x1000
    add     x5, x5, x4, lsl #3
    str     x3, [x5], #8
    add     x3, x3, #0x200000
    str     x3, [x5]
    b       2f
1:  lsr     x4, x6, #30
    orr     x3, x3, x4, lsl #30
    str     x3, [x1, x4, lsl #3]
2:  mov     x0, x1
    add     x1, x1, #0x7000
    bl      invalidate
    bl      mmu_on

    ldr     x0, =__bss_start
    ldr     x1, =__bss_end
0:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    0b
    msr     tpidr_el1, xzr
    ldr     x0, =__stacks_end
    mov     sp, x0
    mov     x29, xzr
    ldr     x0, =__boot_record
    ldr     x8, =rt_main
    blr     x8
3:  wfe
    b       3b

// The entry of every other CPU: x0 = PSCI context id, its low three bits the CPU's index.
.global _secondary
_secondary:
    mrs     x24, cntvct_el0
    mov     x20, x0
    mrs     x21, currentel
    mrs     x22, daif
    mrs     x23, sctlr_el1
    bl      mmu_on
    and     x0, x20, #7
    msr     tpidr_el1, x0
    ldr     x1, =__stacks_end
    sub     x1, x1, x0, lsl #15
    mov     sp, x1
    mov     x29, xzr
    mov     x0, x20
    mov     x1, x21
    mov     x2, x22
    mov     x3, x23
    mov     x4, x24
    ldr     x8, =rt_secondary
    blr     x8
    b       3b

// Drops [x0, x1) from the caches: it was written with the MMU off.
invalidate:
    dc      ivac, x0
    add     x0, x0, #16
    cmp     x0, x1
    b.lo    invalidate
    dsb     sy
    ret

// Loads the translation registers, turns the MMU on and returns into the window.
mmu_on:
    adrp    x1, __tables
    msr     ttbr0_el1, x1
    ldr     x1, =MAIR_VALUE
    msr     mair_el1, x1
    ldr     x1, =TCR_VALUE
    mrs     x2, id_aa64mmfr0_el1
    and     x2, x2, #7
    orr     x1, x1, x2, lsl #32
    msr     tcr_el1, x1
    ldr     x1, =rt_vectors
    msr     vbar_el1, x1
    adr     x2, _head
    sub     x30, x30, x2
    ldr     x2, =_head
    add     x30, x30, x2
    ic      iallu
    tlbi    vmalle1
    dsb     sy
    isb
    ldr     x1, =SCTLR_VALUE
    msr     sctlr_el1, x1
    isb
    ret
    .ltorg

.text
.macro vector kind
    .balign 0x80
    sub     sp, sp, #272
    stp     x0, x1, [sp]
    mov     x0, #\kind
    b       exception
.endm

.balign 0x800
.global rt_vectors
rt_vectors:
    vector 0
    vector 1
    vector 2
    vector 3
    vector 4
    vector 5
    vector 6
    vector 7
    vector 8
    vector 9
    vector 10
    vector 11
    vector 12
    vector 13
    vector 14
    vector 15

exception:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x30, x1, [sp, #240]
    str     x2, [sp, #256]
    mov     x1, sp
    bl      rt_exception
    ldr     x2, [sp, #256]
    ldp     x30, x1, [sp, #240]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp], #272
    eret
