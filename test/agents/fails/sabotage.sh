# Gives up at once, with status 1 and STATE=failed.
storage() {
	clear_status
	log "giving up"
	write_status failed detection-error
	return 1
}
