# Never ends: the unit stays activating, no status is written.
storage() {
	clear_status
	log "thinking"
	while :; do sleep 3600; done
}
