// Hyp mode's exception vectors.
//
// A trap from a guest saves its general registers straight into the running vCPU's context, found
// through HTPIDR, and calls Rust, which returns the context to run next. Hyp mode shares r0-r12 and LR
// with the guest's User mode; the other modes' banked registers stay in the CPU until another vCPU
// runs. An exception from Hyp mode itself is a bug or broken hardware: its registers go to the panic
// stack, and Rust tells. (Braces are doubled: this is a template.)
.syntax unified
.arm
.arch_extension virt

.macro guest_vector name, kind
\name:
    push {{r0, r1}}
    mov  r1, #\kind
    b    guest_trap
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
    nop
    mcr  p15, 0, r0, c7, c5, \op2
    isb
    tst  sp, #4
    bne  host_before_data
    tst  sp, #2
    beq  1f
    tst  sp, #1
    bic  sp, sp, #7
    beq  guest_sync
    b    host_data
1:  tst  sp, #1
    bic  sp, sp, #7
    bne  guest_irq
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
guest_vector guest_sync, {TRAP_SYNC}
guest_vector guest_irq, {TRAP_IRQ}
guest_vector guest_fiq, {TRAP_FIQ}

// r1: kind; the guest's r0, r1 on the stack.
guest_trap:
    mrc  p15, 4, r0, c13, c0, 2         // HTPIDR
    add  r0, r0, #8
    stmia r0, {{r2-r12}}
    sub  r0, r0, #8
    pop  {{r2, r3}}
    stmia r0, {{r2, r3}}
    mrs  r2, sp_usr
    mov  r3, lr
    mrs  r4, elr_hyp
    mrs  r5, spsr
    add  r6, r0, #{SP_USR}
    stmia r6, {{r2-r5}}
    mov  r11, #0                        // backtraces end here
    mov  lr, #0
    bl   {guest_trap}

// r0: the context to run.
.global enter_guest
enter_guest:
    clrex                               // no exclusive access spans a trap
    add  r1, r0, #{SP_USR}
    ldmia r1, {{r2-r5}}
    msr  sp_usr, r2
    mov  lr, r3
    msr  elr_hyp, r4
    msr  spsr_cxsf, r5
    ldmia r0, {{r0-r12}}
    eret

// Leaves whatever ran on this CPU's stack and runs the context in r0; r1: the stack's top.
.global first_entry
first_entry:
    mov  sp, r1
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
