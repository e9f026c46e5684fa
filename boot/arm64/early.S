// The end before Rust: what is wrong at the first instructions, said where it can be.

.section .text.head, "ax"
// Says the line at x0 in the RAM log (machine/ram_log.rs) and on the early UART, if there is one, and
// stops. The image may be at no page: its parts are reached by 32-bit distances.
early_stop:
    mov  x5, x0
    adr  x6, log_distance
    ldrsw x7, [x6]
    add  x6, x6, x7
    adr  x1, log_magic
    ldp  x2, x3, [x1]
    stp  x2, x3, [x6]
    mov  w2, #{RAM_LOG_BYTES}
    str  w2, [x6, #16]
    add  x7, x6, #24
    adr  x0, msg_prefix
    bl   early_log
    mov  x0, x5
    bl   early_log
    sub  x7, x7, x6
    sub  x7, x7, #24
    str  w7, [x6, #20]
    adr  x0, msg_prefix
    bl   early_puts
    mov  x0, x5
    bl   early_puts
    b    park

early_log:                              // x0: text, x7: where it goes, moved on
1:  ldrb w1, [x0], #1
    cbz  w1, 2f
    strb w1, [x7], #1
    b    1b
2:  ret

early_puts:
    cbz  w22, 9f
1:  ldrb w1, [x0], #1
    cbz  w1, 9f
2:  cmp  w22, #{UART_PL011}
    b.ne 3f
    ldr  w2, [x23, #0x18]               // UARTFR.BUSY
    yield
    tbnz w2, #3, 2b
    str  w1, [x23]
    b    1b
3:  cmp  w22, #{UART_8250_SHIFT2}
    b.ne 4f
    ldr  w2, [x23, #0x14]               // LSR.THRE
    yield
    tbz  w2, #5, 3b
    str  w1, [x23]
    b    1b
4:  ldrb w2, [x23, #5]
    yield
    tbz  w2, #5, 4b
    strb w1, [x23]
    b    1b
9:  ret

.balign 8
log_magic:
    .ascii "XENOLITH RAM LOG"
    .long 0                             // no size: this is no log
log_distance:
    .long {RAM_LOG} - log_distance
msg_prefix: .asciz "\r\n(XEN) "
msg_align:  .asciz "The image is not loaded at a 4 KiB boundary: load it at one.\r\n"
msg_el1:    .asciz "Started below EL2: no hypervisor can run. Start in EL2 (QEMU: -machine virt,virtualization=on).\r\n"
msg_el3:    .asciz "Started in EL3: firmware must enter the image in EL2.\r\n"
msg_mmu:    .asciz "Started with the MMU on: the boot loader must turn it off.\r\n"
.balign 4
