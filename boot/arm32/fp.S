// Floating-point and SIMD state: the only code in Hyp mode that touches those registers.
//
// Floating point does not trap when this runs (HCPTR). The guest may have it off (FPEXC.EN), so it is
// turned on around the transfer. (Braces are doubled: this is a template.)
.syntax unified
.arm
.fpu neon

.section .text
// r0: state, r1: not zero if there are d16-d31. Clobbers r2, r3.
.global fp_save
fp_save:
    vmrs r2, fpexc
    str  r2, [r0, #{FPEXC}]
    orr  r3, r2, #(1 << 30)             // EN
    vmsr fpexc, r3
    isb
    vmrs r3, fpscr
    str  r3, [r0, #{FPSCR}]
    vstmia r0!, {{d0-d15}}
    cmp  r1, #0
    beq  1f
    vstmia r0, {{d16-d31}}
1:  vmsr fpexc, r2
    bx   lr

.global fp_load
fp_load:
    mov  r2, #(1 << 30)
    vmsr fpexc, r2
    isb
    ldr  r3, [r0, #{FPSCR}]
    vmsr fpscr, r3
    ldr  r2, [r0, #{FPEXC}]
    vldmia r0!, {{d0-d15}}
    cmp  r1, #0
    beq  1f
    vldmia r0, {{d16-d31}}
1:  vmsr fpexc, r2
    bx   lr

// Returns MVFR0.
.global fp_features
fp_features:
    vmrs r0, mvfr0
    bx   lr
