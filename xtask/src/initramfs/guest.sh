#!/bin/busybox sh
# First process of a guest: drivers, its network address (guest.address=A/N on the command line), what it is told
# to do (guest.run=COMMAND, with , for spaces), then a shell on the console.

/bin/busybox mkdir -p /bin /sbin
/bin/busybox --install -s /bin
export PATH=/bin:/sbin HOME=/root TERM=vt220
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

option() {
    for word in $(cat /proc/cmdline); do
        case $word in "$1="*) echo "${word#*=}" ;; esac
    done
}

wait_for() {
    tries=0
    while [ ! -e "$1" ] && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

while read -r module; do
    insmod "$module" 2>/dev/null
done </etc/modules-in-order
ip link set lo up

address=$(option guest.address)
if [ -n "$address" ]; then
    wait_for /sys/class/net/eth0
    ip addr add "$address" dev eth0
    ip link set eth0 up
fi

echo "guest: $(uname -m) with $(nproc) CPUs is ready"
command=$(option guest.run | tr , ' ')
[ -n "$command" ] && sh -c "$command"

console=$(cat /sys/class/tty/console/active)
console=${console##* }
export PS1='guest# '
while :; do
    setsid -c sh -i </dev/"$console" >/dev/"$console" 2>&1
    sleep 1
done
