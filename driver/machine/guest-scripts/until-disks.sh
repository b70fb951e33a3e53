#!/bin/sh
# until-disks NAME... waits for the disks /dev/NAME, and until udev has looked at them. A guest that
# has not been told of them after a second (ACPI is off) is made to look for them itself.

there() { for disk in "$@"; do [ -b "/dev/$disk" ] || return 1; done; }
n=0
until there "$@"; do
  n=$((n + 1))
  [ $n -ne 10 ] || { echo 1 >/sys/bus/pci/rescan; } 2>/dev/null
  [ $n -le 100 ] || { echo "of $*, the guest has $(cd /dev && echo vd?)"; exit 1; }
  sleep 0.1 2>/dev/null || sleep 1
done
! command -v udevadm >/dev/null 2>&1 || udevadm settle --timeout=20
