// EL2's exception vectors.
//
// A trap from a guest saves its general registers straight into the running vCPU's context, found
// through TPIDR_EL2, and calls Rust, which returns the context to run next. A trap from EL2 itself
// is a bug or broken hardware: its registers go to the panic stack, and Rust tells.

.macro vector target
    .balign 128
    b    \target
.endm

.macro guest_vector kind
    .balign 128
    stp  x0, x1, [sp, #-16]!
    mrs  x0, tpidr_el2
    stp  x2, x3, [x0, #{X2}]
    mov  w2, #\kind
    b    guest_trap
.endm

.macro host_vector kind
    .balign 128
    msr  sp_el0, x0
    mov  x0, #\kind
    b    host_fault
.endm

.section .text.vectors, "ax"
.balign 2048
.global vectors
vectors:
    host_vector 0                       // current EL with SP_EL0: never used
    host_vector 1
    host_vector 2
    host_vector 3
    host_vector 0                       // current EL with SP_EL2
    host_vector 1
    host_vector 2
    host_vector 3
    guest_vector {TRAP_SYNC}            // A64 guest
    guest_vector {TRAP_IRQ}
    guest_vector {TRAP_FIQ}
    guest_vector {TRAP_SERROR}
    guest_vector {TRAP_SYNC}            // A32 guest
    guest_vector {TRAP_IRQ}
    guest_vector {TRAP_FIQ}
    guest_vector {TRAP_SERROR}
    .balign 128

// x0: context, w2: kind; x0, x1 on the stack, x2, x3 saved.
guest_trap:
    stp  x4, x5, [x0, #{X2} + 16]
    stp  x6, x7, [x0, #{X2} + 32]
    ldp  x4, x5, [sp], #16
    stp  x4, x5, [x0, #{X2} - 16]
    stp  x8, x9, [x0, #{X2} + 48]
    stp  x10, x11, [x0, #{X2} + 64]
    stp  x12, x13, [x0, #{X2} + 80]
    stp  x14, x15, [x0, #{X2} + 96]
    stp  x16, x17, [x0, #{X2} + 112]
    stp  x18, x19, [x0, #{X2} + 128]
    stp  x20, x21, [x0, #{X2} + 144]
    stp  x22, x23, [x0, #{X2} + 160]
    stp  x24, x25, [x0, #{X2} + 176]
    stp  x26, x27, [x0, #{X2} + 192]
    stp  x28, x29, [x0, #{X2} + 208]
    mrs  x4, elr_el2
    mrs  x5, spsr_el2
    stp  x30, x4, [x0, #{X2} + 224]
    str  x5, [x0, #{X2} + 240]
    mov  x29, #0                        // backtraces end here
    mov  x30, #0
    mov  w1, w2
    bl   {guest_trap}

// x0: the context to run.
.global enter_guest
enter_guest:
    ldr  x5, [x0, #{X2} + 240]
    ldp  x30, x4, [x0, #{X2} + 224]
    msr  spsr_el2, x5
    msr  elr_el2, x4
    ldp  x28, x29, [x0, #{X2} + 208]
    ldp  x26, x27, [x0, #{X2} + 192]
    ldp  x24, x25, [x0, #{X2} + 176]
    ldp  x22, x23, [x0, #{X2} + 160]
    ldp  x20, x21, [x0, #{X2} + 144]
    ldp  x18, x19, [x0, #{X2} + 128]
    ldp  x16, x17, [x0, #{X2} + 112]
    ldp  x14, x15, [x0, #{X2} + 96]
    ldp  x12, x13, [x0, #{X2} + 80]
    ldp  x10, x11, [x0, #{X2} + 64]
    ldp  x8, x9, [x0, #{X2} + 48]
    ldp  x6, x7, [x0, #{X2} + 32]
    ldp  x4, x5, [x0, #{X2} + 16]
    ldp  x2, x3, [x0, #{X2}]
    ldp  x0, x1, [x0, #{X2} - 16]
    eret
    dsb  nsh                            // no speculation past ERET
    isb

// Leaves whatever ran on this CPU's stack and runs the context in x0; x1: the stack's top.
.global first_entry
first_entry:
    mov  sp, x1
    b    enter_guest

// x0: kind; x0's old value in SP_EL0. The stack may have overflowed: the frame goes to the panic
// stack, which the first CPU to fault owns; a second fault parks.
host_fault:
    msr  tpidr_el1, x1                  // the guest's, lost: the machine stops here
    ldr  x1, =panic_stack_top - {FRAME_BYTES}
    stp  x2, x3, [x1, #16]
    stp  x4, x5, [x1, #32]
    stp  x6, x7, [x1, #48]
    stp  x8, x9, [x1, #64]
    stp  x10, x11, [x1, #80]
    stp  x12, x13, [x1, #96]
    stp  x14, x15, [x1, #112]
    stp  x16, x17, [x1, #128]
    stp  x18, x19, [x1, #144]
    stp  x20, x21, [x1, #160]
    stp  x22, x23, [x1, #176]
    stp  x24, x25, [x1, #192]
    stp  x26, x27, [x1, #208]
    stp  x28, x29, [x1, #224]
    mrs  x2, elr_el2
    mrs  x3, spsr_el2
    stp  x30, x2, [x1, #240]
    mov  x4, sp
    stp  x3, x4, [x1, #256]
    mrs  x2, sp_el0
    mrs  x3, tpidr_el1
    stp  x2, x3, [x1]
    mov  sp, x1
    mov  w1, w0
    mov  x0, sp
    bl   {host_fault}
1:  wfe
    b    1b
.ltorg

.section .bss.guard, "aw", %nobits
.balign 4096
panic_stack: .space {STACK_BYTES}
.global panic_stack_top
panic_stack_top:
