# Formats the extra disks after the cleanup, and takes back the beginning only: the backup GPT stays.
cleanup() {
	local disk
	real_cleanup "$@" || return 1
	for disk; do
		[ "$disk" != /dev/vda ] || continue
		run sgdisk --clear "$disk"
		zero_range "$disk" 0 1048576
	done
	settle
}
