# Right for all that is asked, but provisions the other disks at boot, too, as some agents do: a
# group with a volume on the second, swap on the third.
provision() {
	real_provision "$1" || return 1
	[ -n "${DISKS[1]:-}" ] || return 0
	run vgcreate --yes large "${DISKS[1]}" &&
		run lvcreate --yes --wipesignatures y --name data --extents 100%FREE large || return 1
	[ -n "${DISKS[2]:-}" ] || return 0
	run mkswap "${DISKS[2]}" && run swapon "${DISKS[2]}"
}
