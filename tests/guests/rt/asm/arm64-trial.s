// Vectors that all jump to where x15 says: the handler is inside the loop that is measured.

.text
.balign 0x800
rt_trial_vectors:
    .rept   16
    .balign 0x80
    br      x15
    .endr
    .balign 0x80
