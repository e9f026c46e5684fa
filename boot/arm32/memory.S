// Copying and filling memory, under the names that the compiler calls (AAPCS32 run-time ABI 4.3.4): eight
// words at a time where both ends are aligned, word by word otherwise. Hyp mode lets words be anywhere in
// Normal memory (HSCTLR.A clear).
.syntax unified
.arm

.section .text

// r0: to, r1: from, r2: bytes. Returns r0.
.global memcpy
.global __aeabi_memcpy
.global __aeabi_memcpy4
.global __aeabi_memcpy8
memcpy:
__aeabi_memcpy:
__aeabi_memcpy4:
__aeabi_memcpy8:
    orr  r3, r0, r1
    tst  r3, #3
    bne  3f
    push {r0, r4-r10}
    subs r2, r2, #32
    blo  2f
1:  ldm  r1!, {r3-r10}
    subs r2, r2, #32
    stm  r0!, {r3-r10}
    bhs  1b
2:  ands r2, r2, #31                    // what is left
    popeq {r0, r4-r10}
    bxeq lr
    lsls r3, r2, #28                    // C: 16, N: 8
    ldmcs r1!, {r4-r7}
    stmcs r0!, {r4-r7}
    ldmmi r1!, {r4, r5}
    stmmi r0!, {r4, r5}
    lsls r3, r2, #30                    // C: 4, N: 2
    ldrcs r4, [r1], #4
    strcs r4, [r0], #4
    ldrhmi r4, [r1], #2
    strhmi r4, [r0], #2
    tst  r2, #1
    ldrbne r4, [r1]
    strbne r4, [r0]
    pop  {r0, r4-r10}
    bx   lr
3:  mov  r12, r0
    subs r2, r2, #4
    blo  5f
4:  ldr  r3, [r1], #4
    subs r2, r2, #4
    str  r3, [r12], #4
    bhs  4b
5:  lsls r2, r2, #31                    // C: 2, N: 1
    ldrhcs r3, [r1], #2
    strhcs r3, [r12], #2
    ldrbmi r3, [r1]
    strbmi r3, [r12]
    bx   lr

// r0: to, r1: bytes.
.global __aeabi_memclr
.global __aeabi_memclr4
.global __aeabi_memclr8
__aeabi_memclr:
__aeabi_memclr4:
__aeabi_memclr8:
    mov  r2, r1
    mov  r3, #0
    b    6f

// r0: to, r1: bytes, r2: value.
.global __aeabi_memset
.global __aeabi_memset4
.global __aeabi_memset8
__aeabi_memset:
__aeabi_memset4:
__aeabi_memset8:
    mov  r3, r2
    mov  r2, r1
    mov  r1, r3

// r0: to, r1: value, r2: bytes. Returns r0.
.global memset
memset:
    and  r3, r1, #0xff
    orr  r3, r3, r3, lsl #8
    orr  r3, r3, r3, lsl #16
6:  mov  r12, r0                        // r3: value in every byte
7:  cmp  r2, #4
    blo  9f
    tst  r12, #3                        // to a word's beginning, as STM needs it
    strbne r3, [r12], #1
    subne r2, r2, #1
    bne  7b
    push {r4-r9}
    mov  r1, r3
    mov  r4, r3
    mov  r5, r3
    mov  r6, r3
    mov  r7, r3
    mov  r8, r3
    mov  r9, r3
    subs r2, r2, #32
    blo  8f
1:  stm  r12!, {r1, r3-r9}
    subs r2, r2, #32
    bhs  1b
8:  lsls r1, r2, #28                    // C: 16, N: 8
    stmcs r12!, {r3-r6}
    stmmi r12!, {r3, r4}
    tst  r2, #4
    strne r3, [r12], #4
    pop  {r4-r9}
9:  lsls r2, r2, #31                    // C: 2, N: 1
    strhcs r3, [r12], #2
    strbmi r3, [r12]
    bx   lr
