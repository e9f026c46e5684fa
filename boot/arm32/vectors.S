// Hyp mode's exception vectors.
//
// While a guest runs, Hyp mode's SP points to the running vCPU's context, so that a trap saves the
// general registers there by one store; then SP becomes the CPU's stack, and Rust is called, which
// returns the context to run next. Hyp mode shares r0-r12 and LR with the guest's User mode; every other
// register that a mode banks stays in the CPU until another vCPU runs. An exception from Hyp mode itself
// is a bug or broken hardware: its registers go to the panic stack, and Rust tells. (Braces are doubled:
// this is a template.)
.syntax unified
.arm
.arch_extension virt

.macro guest_vector name, handler
\name:
    stm  sp, {{r0-r12, lr}}
    mrs  r2, elr_hyp
    mrs  r3, spsr
    strd r2, r3, [sp, #{PC}]
    mov  r0, sp
    ldr  sp, [sp, #{STACK}]
    mov  r11, #0                        // backtraces end here
    bl   \handler
.endm

.macro host_vector name, kind
\name:
    mcr  p15, 0, r0, c13, c0, 2         // TPIDRURW: the guest's, lost: the machine stops here
    mov  r0, #\kind
    b    host_fault
.endm

.section .text.vectors, "ax"
.balign 32
.global vectors
vectors:
    b    host_reset
    b    host_undefined
    b    host_call
    b    host_prefetch
    b    host_data
    b    guest_sync
    b    guest_irq
    b    guest_fiq

// The same for CPUs whose branch predictor a guest can train against Hyp mode: no branch is executed
// before the predictor is invalidated. The vectors run into each other, and each adds one to SP, whose
// low three bits are zero, so that they tell which it was. (In the middle of a prologue SP may be a
// multiple of four only: a fault of our own there may be told under another name.)
.macro hardened_vectors name, op2
.balign 32
.global \name
\name:
    .rept 7
    add  sp, sp, #1
    .endr
    mcr  p15, 0, r0, c7, c5, \op2
    isb
    sub  sp, sp, #2                     // what comes most often is asked for first
    tst  sp, #7
    beq  guest_sync
    add  sp, sp, #1
    tst  sp, #7
    beq  guest_irq
    add  sp, sp, #1
    tst  sp, #4
    bne  host_before_data
    tst  sp, #3
    bic  sp, sp, #7
    bne  host_data
    b    guest_fiq
.endm
hardened_vectors vectors_bpiall, 6
hardened_vectors vectors_iciallu, 0

host_before_data:                       // 7 to 4: reset, undefined, call, prefetch
    tst  sp, #2
    beq  1f
    tst  sp, #1
    bic  sp, sp, #7
    bne  host_reset
    b    host_undefined
1:  tst  sp, #1
    bic  sp, sp, #7
    bne  host_call
    b    host_prefetch

host_vector host_reset, 0
host_vector host_undefined, 1
host_vector host_call, 2
host_vector host_prefetch, 3
host_vector host_data, 4

guest_vector guest_irq, {guest_irq}
    b    enter_guest
guest_vector guest_fiq, {guest_fiq}
    b    enter_guest
guest_vector guest_sync, {guest_sync}

// r0: the context to run.
enter_guest:
    clrex                               // no exclusive access spans a trap
    mov  sp, r0
    ldrd r2, r3, [sp, #{PC}]
    msr  elr_hyp, r2
    msr  spsr_cxsf, r3
    ldm  sp, {{r0-r12, lr}}
    eret

// Leaves whatever ran on this CPU's stack and runs the context in r0.
.global first_entry
first_entry:
    b    enter_guest

// r0: kind; r0's old value in TPIDRURW. The stack may have overflowed: the frame goes to the panic
// stack, which the first CPU to fault owns; a second fault parks.
host_fault:
    mcr  p15, 0, r1, c13, c0, 3         // TPIDRURO
    ldr  r1, =panic_stack_top - {FRAME_BYTES}
    add  r1, r1, #8
    stmia r1, {{r2-r12}}
    sub  r1, r1, #8
    mov  r2, sp
    mov  r3, lr
    mrs  r4, elr_hyp
    mrs  r5, spsr
    add  r6, r1, #{FRAME_SP}
    stmia r6, {{r2-r5}}
    mrc  p15, 0, r2, c13, c0, 2
    mrc  p15, 0, r3, c13, c0, 3
    stmia r1, {{r2, r3}}
    mov  sp, r1
    mov  r1, r0
    mov  r0, sp
    mov  r11, #0
    bl   {host_fault}
1:  wfe
    b    1b
.ltorg

.section .bss.guard, "aw", %nobits
.balign 4096
panic_stack: .space {STACK_BYTES}
.global panic_stack_top
panic_stack_top:
