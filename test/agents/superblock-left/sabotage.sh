# Erases everything but the first MiB of the extra disks, where the md superblocks are.
remove_arrays() {
	local array
	find_arrays "$@"
	for array in "${ARRAYS[@]}"; do stop_array "$array" || return 1; done
}
erase_signatures() { real_erase_signatures /dev/vda; }
erase_data() {
	local disk
	real_erase_data /dev/vda
	for disk; do
		[ "$disk" = /dev/vda ] || run blkdiscard --force --zeroout --offset 1MiB "$disk" || return 1
	done
}
verify_clean() { :; }
