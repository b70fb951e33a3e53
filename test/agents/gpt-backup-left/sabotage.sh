# Formats the extra disks after the cleanup, and takes back the beginning only: the backup GPT stays.
cleanup() {
	local disk
	real_cleanup "$@" || return 1
	for disk; do
		[ "$disk" != /dev/vda ] || continue
		run sgdisk --clear "$disk"
		run dd if=/dev/zero of="$disk" bs=1M count=1 conv=notrunc,fsync status=none
	done
	settle
}
