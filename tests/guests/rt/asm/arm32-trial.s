// Vectors that all jump to where r8 says: the handler is inside the loop that is measured.

.text
.balign 32
rt_trial_vectors:
    .rept   8
    bx      r8
    .endr
