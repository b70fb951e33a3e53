# Makes the group, forgets the volume, and reports success.
provision() {
	run sgdisk --clear --new=1:2048:0 --typecode=1:8e00 "$1" || return 1
	settle
	find_partitions "$1"
	run vgcreate --yes "$VG_NAME" "${PARTITIONS[0]}"
}
