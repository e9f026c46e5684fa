#!/bin/sh
# First process of the dom0 ramdisk: brings up Xen's stock toolstack, then a shell on the console, or, when
# the kernel's command line has xenolith.test=NAME[,NAME], the scripts /tests/NAME.sh, and switches off.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/busybox HOME=/root TERM=vt220

mount_all() {
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    mkdir -p /dev/pts /dev/shm
    mount -t devpts devpts /dev/pts
    mount -t tmpfs tmpfs /run
    mkdir -p /run/xen /run/xenstored /run/lock
    # The hotplug scripts' locking loops for ever without these.
    ln -sf /proc/self/fd /dev/fd
    ln -sf /proc/self/fd/0 /dev/stdin
    ln -sf /proc/self/fd/1 /dev/stdout
    ln -sf /proc/self/fd/2 /dev/stderr
}

add_commands() {
    # Behind Debian's own commands, busybox has the rest: mount, insmod, vi and their like.
    # It finds itself through /proc.
    busybox mount -t proc proc /proc
    mkdir -p /usr/lib/busybox
    busybox --install -s /usr/lib/busybox
    # There is no other first process to ask.
    for command in poweroff reboot halt; do
        printf '#!/bin/sh\nsync\nexec busybox %s -f\n' "$command" >"/usr/local/sbin/$command"
        chmod 755 "/usr/local/sbin/$command"
    done
}

load_modules() {
    while read -r module; do
        insmod "$module" 2>/dev/null
    done </etc/modules-in-order
}

start_toolstack() {
    [ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ] || return 0
    mount -t xenfs xenfs /proc/xen
    grep -q control_d /proc/xen/capabilities 2>/dev/null || return 0
    tools=/usr/lib/xen-4.17/bin
    $tools/xenstored --pid-file /run/xen/xenstored.pid &&
        $tools/xen-init-dom0 &&
        $tools/xenconsoled --log=all --pid-file=/run/xen/xenconsoled.pid ||
        { echo "No toolstack here: $(tail -n 1 /run/toolstack.log)" >/dev/console; return 0; }
    # Only the ramdisk that guests are created from has this.
    command -v guest-host >/dev/null && guest-host
}

option() {
    for word in $(cat /proc/cmdline); do
        case $word in "$1="*) echo "${word#*=}" ;; esac
    done
}

run_tests() {
    for name in $(echo "$1" | tr , ' '); do
        echo "TEST $name: start"
        if sh "/tests/$name.sh"; then
            echo "TEST $name: PASS"
        else
            echo "TEST $name: FAIL"
        fi
    done
    # What is still in the console's ring is printed before the machine goes.
    sleep 1
    poweroff
    sleep 60
}

add_commands
mount_all
ldconfig
hostname dom0
ip link set lo up
load_modules
start_toolstack >/run/toolstack.log 2>&1

tests=$(option xenolith.test)
[ -n "$tests" ] && run_tests "$tests"

console=$(cat /sys/class/tty/console/active)
console=${console##* }
echo
echo "Debian $(cat /etc/debian_version), Linux $(uname -r), dom0 shell on $console. Type poweroff to leave."
while :; do
    # A session of its own with the real device, so that ^C and job control work.
    setsid -c -w bash -l </dev/"$console" >/dev/"$console" 2>&1
    sleep 1
done
