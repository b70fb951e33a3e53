#!/bin/sh
# Turns a freshly installed Debian tree into the boot image's parts. Called by mmdebstrap
# as a customize hook, on the host's side of the chroot:
#
#     customize.sh ROOT RECIPE KERNEL_DEB
#
# Leaves in ROOT/tapboot-out: root.erofs, initrd (base, uncompressed cpio) and
# kernel-version. All of it depends on the arguments and SOURCE_DATE_EPOCH alone.
set -eu

root=$1 recipe=$2 kernel_deb=$3
out=$root/tapboot-out
: "${SOURCE_DATE_EPOCH:?}"

# --- kernel ---------------------------------------------------------------------------
# Unpacked, not installed: its package would build an initramfs that nobody boots. The driver
# has taken the kernel itself out of it already.
dpkg-deb --extract "$kernel_deb" "$root/tapboot-kernel"
version=$(ls "$root/tapboot-kernel/lib/modules")
mkdir -p "$root/usr/lib/modules" "$out"
mv "$root/tapboot-kernel/lib/modules/$version" "$root/usr/lib/modules/"
mv "$root/tapboot-kernel/boot/config-$version" "$root/boot/"
rm -rf "$root/tapboot-kernel"
echo "$version" >"$out/kernel-version"
modules=$root/usr/lib/modules/$version

# Hardware that no virtual machine here has, and protocols that no scenario speaks.
for useless in \
	drivers/gpu drivers/infiniband drivers/media drivers/staging drivers/net/ethernet \
	drivers/net/wireguard drivers/xen drivers/hv drivers/nvdimm drivers/iommu \
	drivers/net/ppp drivers/net/hyperv drivers/isdn drivers/usb/gadget drivers/scsi/qla2xxx \
	fs/ceph fs/cifs fs/smb fs/nfs fs/nfsd fs/ocfs2 fs/gfs2 fs/dlm fs/orangefs fs/afs fs/coda \
	fs/jffs2 fs/ubifs fs/lockd fs/f2fs fs/jfs fs/udf fs/hfs fs/hfsplus fs/ksmbd fs/9p \
	net/ceph net/sctp net/tipc net/rds net/openvswitch net/dccp net/sunrpc net/batman-adv \
	net/netfilter net/ipv4/netfilter net/ipv6/netfilter net/bridge net/sched net/mpls net/rxrpc \
	net/can net/bluetooth net/wireless net/mac80211 net/atm net/l2tp net/smc net/xfrm net/9p \
	arch/x86/kvm; do
	rm -rf "${modules:?}/kernel/$useless"
done
chroot "$root" depmod "$version"

# --- what a boot does not need --------------------------------------------------------
rm -rf \
	"$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/* \
	"$root"/usr/share/info/* "$root"/usr/share/lintian "$root"/usr/share/bug \
	"$root"/usr/share/common-licenses "$root"/usr/share/zsh "$root"/usr/share/bash-completion \
	"$root"/usr/share/initramfs-tools "$root"/usr/share/polkit-1 \
	"$root"/usr/lib/udev/hwdb.d "$root"/usr/lib/udev/hwdb.bin "$root"/etc/udev/hwdb.bin \
	"$root"/usr/lib/x86_64-linux-gnu/gconv \
	"$root"/var/cache/* "$root"/var/log/*  \
	"$root"/var/lib/dpkg/info "$root"/var/lib/dpkg/*-old "$root"/var/backups/* \
	"$root"/etc/cron.d "$root"/etc/cron.daily "$root"/etc/ucf.conf "$root"/var/lib/ucf \
	"$root"/tmp/* "$root"/run/*

# --- identity and keys: none ------------------------------------------------------------
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed" \
	"$root"/etc/passwd- "$root"/etc/shadow- "$root"/etc/group- "$root"/etc/gshadow- \
	"$root"/etc/subuid- "$root"/etc/subgid- "$root/etc/resolv.conf"
: >"$root/etc/machine-id"
chroot "$root" passwd --delete root >/dev/null
rm -f "$root"/etc/shadow- "$root"/etc/passwd-

# --- our own files ----------------------------------------------------------------------
cp -a --no-preserve=ownership "$recipe/rootfs/." "$root/"
chown -R 0:0 "$root/etc" 2>/dev/null || true
chgrp shadow "$root/etc/shadow" "$root/etc/gshadow" 2>/dev/null ||
	chroot "$root" chgrp shadow /etc/shadow /etc/gshadow
echo "format=1" >"$root/etc/tapboot-image"

mask() {
	for unit; do ln -sfn /dev/null "$root/etc/systemd/system/$unit"; done
}
# shellcheck disable=SC2046 # the list is words
mask $(sed -e 's/#.*//' "$recipe/masked-units.list")
mkdir -p "$root/etc/systemd/system-generators"
for generator in "$root"/usr/lib/systemd/system-generators/*; do
	name=${generator##*/}
	grep -qxF "$name" "$recipe/kept-generators.list" ||
		ln -sfn /dev/null "$root/etc/systemd/system-generators/$name"
done
for snippet in "$root"/usr/lib/tmpfiles.d/*.conf; do
	grep -qxF "${snippet##*/}" "$recipe/kept-tmpfiles.list" || rm "$snippet"
done
# Without a file to read, systemd-modules-load is not even started.
rm -f "$root/etc/modules-load.d/modules.conf"
for rules in "$root"/usr/lib/udev/rules.d/*.rules; do
	name=${rules##*/}
	grep -qxF "$name" "$recipe/kept-udev-rules.list" || rm "$rules"
done
# Not at boot, but on the bus when `poweroff` or `reboot` asks for it.
rm "$root/usr/lib/systemd/system/multi-user.target.wants/systemd-logind.service"
enable_unit() { # unit target
	mkdir -p "$root/etc/systemd/system/$2.wants"
	path=/etc/systemd/system/$1
	[ -e "$root$path" ] || path=/usr/lib/systemd/system/$1
	[ -e "$root$path" ] || { echo "customize.sh: no unit $1" >&2; exit 1; }
	ln -sfn "$path" "$root/etc/systemd/system/$2.wants/$1"
}
enable_unit systemd-networkd.service multi-user.target
enable_unit ssh.service multi-user.target
enable_unit serial-getty@ttyS0.service getty.target
ln -sfn /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"

# --- base initrd ------------------------------------------------------------------------
tree=$root/tapboot-initrd
mkdir -p "$tree/bin" "$tree/lib"
cp "$root/usr/bin/busybox" "$tree/bin/busybox" 2>/dev/null || cp "$root/bin/busybox" "$tree/bin/busybox"
cp "$recipe/initrd/init" "$tree/init"
chmod 0755 "$tree/init" "$tree/bin/busybox"
group=
while read -r name comment; do
	case $name in
	'' | '#'*) continue ;;
	'['*']')
		group=${name#?} group=${group%?}
		: >"$tree/modules.$group"
		continue
		;;
	esac
	chroot "$root" modprobe --set-version "$version" --show-depends "$name" >"$root/tapboot-depends" ||
		{ echo "customize.sh: no kernel module $name $comment" >&2; exit 1; }
	while read -r verb path _; do
		[ "$verb" = insmod ] || continue
		base=${path##*/}
		# What the group `iso` loads need not have been loaded when the next group's turn comes.
		grep -qx "/lib/$base" "$tree/modules.root" "$tree/modules.$group" && continue
		cp "$root$path" "$tree/lib/$base"
		echo "/lib/$base" >>"$tree/modules.$group"
	done <"$root/tapboot-depends"
done <"$recipe/initrd/modules.list"
rm -f "$root/tapboot-depends"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$tree" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort |
	cpio --create --format=newc --reproducible --owner=0:0 --quiet) >"$out/initrd"
rm -rf "$tree"

# --- root file system -------------------------------------------------------------------
# Not compressed: the guest reads it a fifth faster, and the page cache is the same size. The
# UUID is fixed because a random one would be the only difference between two builds.
mkfs.erofs --quiet -T"$SOURCE_DATE_EPOCH" -x-1 \
	-U 7a9b0071-0000-4000-8000-000000000001 \
	--exclude-path=tapboot-out --exclude-path=etc/apt --exclude-path=var/lib/apt --exclude-path=dev --exclude-path=proc --exclude-path=sys \
	"$out/root.erofs" "$root"
