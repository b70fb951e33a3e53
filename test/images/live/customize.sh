#!/bin/sh
# Makes a freshly installed Debian tree the parts of a live ISO. Called by mmdebstrap as a customize
# hook, on the host's side of the chroot:
#
#     customize.sh ROOT RECIPE …
#
# Leaves in ROOT/tapboot-out: filesystem.squashfs, vmlinuz, initrd and kernel-version.
set -eu

root=$1 recipe=$2
out=$root/tapboot-out
: "${SOURCE_DATE_EPOCH:?}"
mkdir -p "$out"

cp -a --no-preserve=ownership "$recipe/rootfs/." "$recipe/agent/." "$root/"
chroot "$root" systemctl enable systemd-networkd.service

# live-boot writes its configuration of ifupdown also where there is none.
mkdir -p "$root/etc/network"

# Identity and keys are made at boot, by systemd and live-config.
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed"
: >"$root/etc/machine-id"

for kernel in "$root"/boot/vmlinuz-*; do version=${kernel##*/vmlinuz-}; done
echo "$version" >"$out/kernel-version"
cp "$root/boot/vmlinuz-$version" "$out/vmlinuz"
cp "$root/boot/initrd.img-$version" "$out/initrd"

# Not xz, as on Debian's own: it would take minutes to pack, and the boot would be all unpacking.
mksquashfs "$root" "$out/filesystem.squashfs" -quiet -no-progress -noappend \
	-comp zstd -Xcompression-level 6 -wildcards -e tapboot-out 'boot/*' 'proc/*' 'sys/*' 'dev/*' \
	'run/*' 'tmp/*' 'var/cache/apt/*' 'var/lib/apt/lists/*' etc/apt/sources.list
