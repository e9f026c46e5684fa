// Copying and filling memory, under the names that the compiler calls. EL2 lets accesses to Normal memory
// be unaligned (SCTLR_EL2.A clear), which the compiler, told to be strict, does not use: its own functions
// go byte by byte where both ends are not aligned alike. What is no multiple of a word or a block is done
// by a last access that overlaps the one before.

.section .text

// x0: to, x1: from, x2: bytes. Returns x0.
.global memcpy
memcpy:
    add  x3, x0, x2                     // ends
    add  x4, x1, x2
    cmp  x2, #16
    b.lo 3f
    ldp  x6, x7, [x1]
    cmp  x2, #32
    b.hi 1f
    ldp  x8, x9, [x4, #-16]
    stp  x6, x7, [x0]
    stp  x8, x9, [x3, #-16]
    ret
1:  ldp  x8, x9, [x1, #16]
    cmp  x2, #64
    b.hi 2f
    ldp  x10, x11, [x4, #-32]
    ldp  x12, x13, [x4, #-16]
    stp  x6, x7, [x0]
    stp  x8, x9, [x0, #16]
    stp  x10, x11, [x3, #-32]
    stp  x12, x13, [x3, #-16]
    ret
2:  mov  x5, x0
    sub  x2, x2, #64
1:  ldp  x6, x7, [x1]                   // 64 bytes, while more than 64 are left
    ldp  x8, x9, [x1, #16]
    ldp  x10, x11, [x1, #32]
    ldp  x12, x13, [x1, #48]
    add  x1, x1, #64
    stp  x6, x7, [x5]
    stp  x8, x9, [x5, #16]
    stp  x10, x11, [x5, #32]
    stp  x12, x13, [x5, #48]
    add  x5, x5, #64
    subs x2, x2, #64
    b.hi 1b
    ldp  x6, x7, [x4, #-64]             // the last 64
    ldp  x8, x9, [x4, #-48]
    ldp  x10, x11, [x4, #-32]
    ldp  x12, x13, [x4, #-16]
    stp  x6, x7, [x3, #-64]
    stp  x8, x9, [x3, #-48]
    stp  x10, x11, [x3, #-32]
    stp  x12, x13, [x3, #-16]
    ret
3:  tbz  x2, #3, 1f                     // 8 to 15
    ldr  x6, [x1]
    ldr  x7, [x4, #-8]
    str  x6, [x0]
    str  x7, [x3, #-8]
    ret
1:  tbz  x2, #2, 1f                     // 4 to 7
    ldr  w6, [x1]
    ldr  w7, [x4, #-4]
    str  w6, [x0]
    str  w7, [x3, #-4]
    ret
1:  tbz  x2, #1, 1f                     // 2 or 3
    ldrh w6, [x1]
    ldrb w7, [x4, #-1]
    strh w6, [x0]
    strb w7, [x3, #-1]
    ret
1:  cbz  x2, 1f
    ldrb w6, [x1]
    strb w6, [x0]
1:  ret

// x0: to, w1: value, x2: bytes. Returns x0.
.global memset
memset:
    and  x1, x1, #0xff
    orr  x1, x1, x1, lsl #8
    orr  x1, x1, x1, lsl #16
    orr  x1, x1, x1, lsl #32
    add  x3, x0, x2                     // the end
    cmp  x2, #16
    b.lo 3f
    cmp  x2, #64
    b.hi 2f
    stp  x1, x1, [x0]
    stp  x1, x1, [x3, #-16]
    cmp  x2, #32
    b.ls 1f
    stp  x1, x1, [x0, #16]
    stp  x1, x1, [x3, #-32]
1:  ret
2:  mov  x5, x0
    sub  x2, x2, #64
1:  stp  x1, x1, [x5]                   // 64 bytes, while more than 64 are left
    stp  x1, x1, [x5, #16]
    stp  x1, x1, [x5, #32]
    stp  x1, x1, [x5, #48]
    add  x5, x5, #64
    subs x2, x2, #64
    b.hi 1b
    stp  x1, x1, [x3, #-64]             // the last 64
    stp  x1, x1, [x3, #-48]
    stp  x1, x1, [x3, #-32]
    stp  x1, x1, [x3, #-16]
    ret
3:  tbz  x2, #3, 1f                     // 8 to 15
    str  x1, [x0]
    str  x1, [x3, #-8]
    ret
1:  tbz  x2, #2, 1f                     // 4 to 7
    str  w1, [x0]
    str  w1, [x3, #-4]
    ret
1:  tbz  x2, #1, 1f                     // 2 or 3
    strh w1, [x0]
    strb w1, [x3, #-1]
    ret
1:  cbz  x2, 1f
    strb w1, [x0]
1:  ret
