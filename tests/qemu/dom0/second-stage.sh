# Runs, on the bare machine, the maintainer scripts of the packages laid out on /dev/vda (see xtask,
# debian/disk.rs), in the order in which debootstrap does: what others need first.
set -e
mount -t ext4 /dev/vda /mnt
for directory in proc sys dev; do
    mkdir -p /mnt/$directory
    mount --bind /$directory /mnt/$directory
done
chroot /mnt /bin/bash -e <<'CHROOT'
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C HOME=/root
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
chown -R 0:0 /etc /usr /var /debs
# No service is started here.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates
touch /var/lib/dpkg/status /var/lib/dpkg/available
rm -f /usr/bin/awk
ln -sf mawk /usr/bin/awk
ln -sf dash /usr/bin/sh
cd /debs
dpkg="dpkg --force-depends --force-overwrite --force-confold --force-unsafe-io"
for package in base-passwd base-files dpkg libc6 perl-base mawk debconf; do
    $dpkg --install ${package}_*.deb
done
$dpkg --unpack *.deb
dpkg --configure --pending --force-configure-any --force-depends --force-confold
dpkg --configure --pending
rm -r /debs /usr/sbin/policy-rc.d
passwd -d root
systemctl --version
ls -l /vmlinuz /initrd.img
CHROOT
for directory in dev sys proc; do
    umount /mnt/$directory || true
done
umount /mnt || mount -o remount,ro /mnt
