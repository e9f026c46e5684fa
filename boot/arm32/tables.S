// The first Hyp page tables. boot_root: the image at its link address by pages, and the two tables of the
// window slots. ident_root: the image's first page at its physical and at its link address, for the
// instructions around the MMU's switch.
//
// Entries have 64 bits; physical addresses here are below 4 GiB, so that the upper word holds
// attributes only.

.set DESC_TABLE, 3
.set IMAGE_VA, 0x00200000
.set WINDOW_VA, 0x00400000

.macro link_table table, index, next    // table[index] = next, as a table descriptor
    adr_l r0, \table
    adr_l r1, \next
    orr  r1, r1, #DESC_TABLE
    str  r1, [r0, #(\index * 8)]
.endm

.section .text.head, "ax"
// Fills the tables. r9: load minus link address. Clobbers r0-r5, r8, r12.
.global build_tables
build_tables:
    mov  r12, lr
    link_table boot_root, 0, boot_l2
    link_table boot_l2, (IMAGE_VA >> 21), boot_l3
    link_table boot_l2, (WINDOW_VA >> 21), window_table
    link_table boot_l2, ((WINDOW_VA >> 21) + 1), window_table_2
    adr_l r0, __text_start
    adr_l r1, __text_end
    ldr  r2, ={PAGE_RX_LOW}
    ldr  r3, ={PAGE_RX_HIGH}
    bl   map_pages
    adr_l r0, __rodata_start
    adr_l r1, __rodata_end
    ldr  r2, ={PAGE_RO_LOW}
    ldr  r3, ={PAGE_RO_HIGH}
    bl   map_pages
    adr_l r0, __data_start
    adr_l r1, __image_end
    ldr  r2, ={PAGE_RW_LOW}
    ldr  r3, ={PAGE_RW_HIGH}
    bl   map_pages
    // The guard page under the boot stack stays unmapped.
    ldr  r0, =boot_stack_guard - IMAGE_VA
    adr_l r1, boot_l3
    add  r1, r1, r0, lsr #9
    mov  r2, #0
    mov  r3, #0
    strd r2, r3, [r1]
    // The entry code's page, at both its addresses.
    adr_l r8, ident_tables
    ldr  r0, =_start
    adr_l r1, _start
    bl   map_ident
    adr_l r0, _start
    mov  r1, r0
    bl   map_ident
    bx   r12

// Maps the image's pages [r0, r1) (physical) with attributes r2, r3. Clobbers r0, r4, r5, r8.
map_pages:
    adr_l r4, boot_l3
    adr_l r8, _start
1:  cmp  r0, r1
    bxhs lr
    sub  r5, r0, r8
    add  r5, r4, r5, lsr #9             // eight bytes for each page
    orr  r2, r2, r0
    strd r2, r3, [r5]
    bic  r2, r2, r0
    add  r0, r0, #4096
    b    1b

// Maps the page at VA r0 to PA r1 in ident_root, executable. r8: the next free table. Clobbers r2-r5.
map_ident:
    mov  r5, lr
    adr_l r2, ident_root
    lsr  r3, r0, #30
    add  r2, r2, r3, lsl #3
    bl   next_table
    ubfx r3, r0, #21, #9
    add  r2, r2, r3, lsl #3
    bl   next_table
    ubfx r3, r0, #12, #9
    add  r2, r2, r3, lsl #3
    ldr  r3, ={PAGE_RX_LOW}
    orr  r3, r3, r1
    str  r3, [r2]
    ldr  r3, ={PAGE_RX_HIGH}
    str  r3, [r2, #4]
    bx   r5

// Returns in r2 the table that the entry at r2 leads to, making one if there is none.
next_table:
    ldr  r3, [r2]
    tst  r3, #1
    bne  1f
    orr  r3, r8, #DESC_TABLE
    add  r8, r8, #4096
    str  r3, [r2]
1:  bic  r2, r3, #DESC_TABLE
    bx   lr
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
boot_root:    .space 4096
boot_l2:      .space 4096
boot_l3:      .space 4096
.global window_table
window_table: .space 4096
window_table_2: .space 4096
.global ident_root
ident_root:   .space 4096
ident_tables: .space 4 * 4096
