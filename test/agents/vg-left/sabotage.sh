# Only deactivates volume groups, then stops the array: labels and metadata stay on its members.
remove_volume_groups() { run vgchange --activate n; }
erase_data() { :; }
verify_clean() { :; }
