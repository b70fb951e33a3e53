# Reports the forced cleanup as done without touching a disk.
cleanup() { :; }
