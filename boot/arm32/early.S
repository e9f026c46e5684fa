// The end before Rust: what is wrong at the first instructions, said where it can be.

.section .text.head, "ax"
// Says the line at link address r0 in the RAM log (machine/ram_log.rs) and on the early UART, if there is
// one, and stops.
early_stop:
    mov  r8, r0
    adr_l r4, {RAM_LOG}
    adr_l r0, log_magic
    ldm  r0, {{r0-r3}}
    stm  r4, {{r0-r3}}
    mov  r0, #{RAM_LOG_BYTES}
    str  r0, [r4, #16]
    add  r5, r4, #24
    adr_l r0, msg_prefix
    bl   early_log
    add  r0, r8, r9
    bl   early_log
    sub  r5, r5, r4
    sub  r5, r5, #24
    str  r5, [r4, #20]
    adr_l r0, msg_prefix
    bl   early_puts
    add  r0, r8, r9
    bl   early_puts
    b    park

early_log:                              // r0: text, r5: where it goes, moved on
1:  ldrb r1, [r0], #1
    cmp  r1, #0
    bxeq lr
    strb r1, [r5], #1
    b    1b

early_puts:
    cmp  r6, #0
    bxeq lr
1:  ldrb r1, [r0], #1
    cmp  r1, #0
    bxeq lr
2:  cmp  r6, #{UART_PL011}
    bne  3f
    ldr  r2, [r7, #0x18]                // UARTFR.BUSY
    yield
    tst  r2, #(1 << 3)
    bne  2b
    str  r1, [r7]
    b    1b
3:  cmp  r6, #{UART_8250_SHIFT2}
    bne  4f
    ldr  r2, [r7, #0x14]                // LSR.THRE
    yield
    tst  r2, #(1 << 5)
    beq  3b
    str  r1, [r7]
    b    1b
4:  ldrb r2, [r7, #5]
    yield
    tst  r2, #(1 << 5)
    beq  4b
    strb r1, [r7]
    b    1b
.ltorg

.balign 4
log_magic:
    .ascii "XENOLITH RAM LOG"
    .long 0                             // no size: this is no log
msg_prefix: .asciz "\r\n(XEN) "
msg_align:  .asciz "The image is not loaded at a 4 KiB boundary: load it at one.\r\n"
msg_svc:    .asciz "Started in SVC mode (secure, or below a hypervisor): start in Hyp mode (QEMU: -machine virt,virtualization=on).\r\n"
msg_mode:   .asciz "Not started in Hyp mode: firmware must enter the image in non-secure Hyp mode.\r\n"
msg_mmu:    .asciz "Started with the MMU on: the boot loader must turn it off.\r\n"
.balign 4
