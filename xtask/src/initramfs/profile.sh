# The shell of dom0.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/busybox
export HOME=/root TERM=${TERM:-vt220}
PS1='dom0# '
# Long commands are shown whole, not scrolled.
stty cols 200 2>/dev/null
