# Cleans the first disk only: on the others the logical volume stays active on its array.
cleanup() { real_cleanup "$1"; }
