// EL2's exception vectors.
//
// A trap from a guest saves what a Rust function may change of its general registers, X0-X18, X29 and
// X30, straight into the running vCPU's context, found through TPIDR_EL2, and calls Rust. Most traps end
// there: what was saved is loaded again, and X19-X28 have been the guest's all the time. Only if Rust
// asks for it are those saved too, and Rust is called again, which returns the context to run next.
// A trap from EL2 itself is a bug or broken hardware: its registers go to the panic stack, and Rust tells.

.macro guest_vector handler
    .balign 128
    stp  x0, x1, [sp, #-16]!
    mrs  x0, tpidr_el2
    stp  x2, x3, [x0, #{X} + 16]
    stp  x4, x5, [x0, #{X} + 32]
    stp  x6, x7, [x0, #{X} + 48]
    stp  x8, x9, [x0, #{X} + 64]
    stp  x10, x11, [x0, #{X} + 80]
    stp  x12, x13, [x0, #{X} + 96]
    stp  x14, x15, [x0, #{X} + 112]
    stp  x16, x17, [x0, #{X} + 128]
    str  x18, [x0, #{X} + 144]
    ldp  x2, x3, [sp], #16
    stp  x2, x3, [x0, #{X}]
    stp  x29, x30, [x0, #{X} + 232]
    mrs  x2, elr_el2
    mrs  x3, spsr_el2
    stp  x2, x3, [x0, #{PC}]
    mov  x29, #0                        // backtraces end here
    bl   \handler
    b    handled
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
    guest_vector {guest_exception}      // A64 guest
    guest_vector {guest_irq}
    guest_vector {guest_fiq}
    guest_vector {guest_serror}
    guest_vector {guest_exception_a32}  // A32 guest
    guest_vector {guest_irq}
    guest_vector {guest_fiq}
    guest_vector {guest_serror}
    .balign 128

// w0: zero, or why X19-X28 are needed.
handled:
    cbnz w0, save_rest
    mrs  x0, tpidr_el2

// x0: the context to run; X19-X28 are loaded.
load_guest:
    ldp  x2, x3, [x0, #{PC}]
    msr  elr_el2, x2
    msr  spsr_el2, x3
    ldp  x29, x30, [x0, #{X} + 232]
    ldr  x18, [x0, #{X} + 144]
    ldp  x16, x17, [x0, #{X} + 128]
    ldp  x14, x15, [x0, #{X} + 112]
    ldp  x12, x13, [x0, #{X} + 96]
    ldp  x10, x11, [x0, #{X} + 80]
    ldp  x8, x9, [x0, #{X} + 64]
    ldp  x6, x7, [x0, #{X} + 48]
    ldp  x4, x5, [x0, #{X} + 32]
    ldp  x2, x3, [x0, #{X} + 16]
    ldp  x0, x1, [x0, #{X}]
    eret
    dsb  nsh                            // no speculation past ERET
    isb

save_rest:
    mov  w1, w0
    mrs  x0, tpidr_el2
    stp  x19, x20, [x0, #{X} + 152]
    stp  x21, x22, [x0, #{X} + 168]
    stp  x23, x24, [x0, #{X} + 184]
    stp  x25, x26, [x0, #{X} + 200]
    stp  x27, x28, [x0, #{X} + 216]
    str  x0, [x0, #{COMPLETE}]
    bl   {guest_complete}

// x0: the context to run, all of which is saved.
enter_guest:
    str  xzr, [x0, #{COMPLETE}]
    ldp  x27, x28, [x0, #{X} + 216]
    ldp  x25, x26, [x0, #{X} + 200]
    ldp  x23, x24, [x0, #{X} + 184]
    ldp  x21, x22, [x0, #{X} + 168]
    ldp  x19, x20, [x0, #{X} + 152]
    b    load_guest

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
