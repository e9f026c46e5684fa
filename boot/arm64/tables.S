// The first EL2 page tables: the image at its link address by pages, and its first page (which
// holds the entry code) at its physical address.

.set DESC_TABLE, 3
.set IMAGE_L0, (0x00007f8000200000 >> 39) & 511
.set IMAGE_L1, (0x00007f8000200000 >> 30) & 511
.set IMAGE_L2, (0x00007f8000200000 >> 21) & 511

.macro link_table table, index, next    // table[index] = next, as a table descriptor
    adr_l x0, \table
    adr_l x1, \next
    orr  x1, x1, #DESC_TABLE
    str  x1, [x0, \index]
.endm

.section .text.head, "ax"
// Fills the tables. x21: image base (PA). Clobbers x0-x7.
.global build_tables
build_tables:
    mov  x7, x30
    link_table boot_root, #(IMAGE_L0 * 8), boot_l1
    link_table boot_l1, #(IMAGE_L1 * 8), boot_l2
    link_table boot_l2, #(IMAGE_L2 * 8), boot_l3
    adr_l x0, __text_start
    adr_l x1, __text_end
    ldr  x2, ={PAGE_RX}
    bl   map_pages
    adr_l x0, __rodata_start
    adr_l x1, __rodata_end
    ldr  x2, ={PAGE_RO}
    bl   map_pages
    adr_l x0, __data_start
    adr_l x1, __image_end
    ldr  x2, ={PAGE_RW}
    bl   map_pages
    // The guard page under the boot stack stays unmapped.
    adr_l x0, boot_stack_guard
    sub  x0, x0, x21
    lsr  x0, x0, #12
    adr_l x1, boot_l3
    str  xzr, [x1, x0, lsl #3]
    // The identity page.
    ubfx x3, x21, #39, #9
    lsl  x3, x3, #3
    link_table boot_root, x3, ident_l1
    ubfx x3, x21, #30, #9
    lsl  x3, x3, #3
    link_table ident_l1, x3, ident_l2
    ubfx x3, x21, #21, #9
    lsl  x3, x3, #3
    link_table ident_l2, x3, ident_l3
    ubfx x3, x21, #12, #9
    adr_l x0, ident_l3
    ldr  x2, ={PAGE_RX}
    orr  x2, x2, x21
    str  x2, [x0, x3, lsl #3]
    ret  x7

// Maps the image's pages [x0, x1) (physical) with attributes x2. Clobbers x3-x5.
map_pages:
    adr_l x3, boot_l3
1:  cmp  x0, x1
    b.hs 2f
    sub  x4, x0, x21
    lsr  x4, x4, #12
    orr  x5, x0, x2
    str  x5, [x3, x4, lsl #3]
    add  x0, x0, #4096
    b    1b
2:  ret
.ltorg

.section .bss.guard, "aw", %nobits
.balign 4096
.global boot_stack_guard
boot_stack_guard: .space 4096
boot_stack: .space {STACK_BYTES}
.global boot_stack_top
boot_stack_top:

.section .bss.page_tables, "aw", %nobits
.balign 4096
.global boot_root
boot_root: .space 4096
boot_l1:   .space 4096
boot_l2:   .space 4096
boot_l3:   .space 4096
ident_l1:  .space 4096
ident_l2:  .space 4096
ident_l3:  .space 4096
