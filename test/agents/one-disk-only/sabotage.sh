# Takes the array apart, but erases its first member only.
cleanup() {
	local disk kept=()
	for disk; do
		[ "$disk" = /dev/vdc ] || kept+=("$disk")
	done
	real_cleanup "${kept[@]}"
}
