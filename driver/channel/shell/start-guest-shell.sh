#!/bin/sh
# Starts a shell on the virtio-serial port of the name $1. `setsid -f` where the guest has it,
# since a shell's own `&` would make it deaf to SIGINT, and with it all commands after it. The
# port can be opened once only: one `<>`, and copies of it.

port=/dev/virtio-ports/$1
find_port() {
  [ -c "$port" ] && return
  # udev makes the link; without udev (or before it) sysfs knows the name.
  for name in /sys/class/virtio-ports/*/name; do
    { [ -r "$name" ] && [ "$(cat "$name")" = "$1" ]; } || continue
    node=${name%/name}; node=/dev/${node##*/}
    [ -c "$node" ] && port=$node && return
  done
  return 1
}
if ! find_port "$1"; then
  if [ ! -d /sys/class/virtio-ports ]; then
    modprobe virtio_console 2>/dev/null ||
      { echo "tapboot: the guest's kernel $(uname -r) has no virtio_console"; exit 1; }
  fi
  i=0
  until find_port "$1"; do
    i=$((i + 1))
    [ $i -le 25 ] || { echo "tapboot: the port $1 does not appear"; exit 1; }
    sleep 0.2
  done
fi
# shellcheck disable=SC2015,SC2209 # Without bash it is the word `sh`.
shell=$(command -v bash) && shell="$shell --norc --noprofile" || shell=sh
cd /
# shellcheck disable=SC2086 # Split: a program and its arguments.
( setsid -f $shell <>"$port" 1>&0 2>/dev/null ) 2>/dev/null && exit 0
( : <>"$port" ) 2>/dev/null || { echo "tapboot: the port $1 is in use"; exit 1; }
# shellcheck disable=SC2086 # As above.
( setsid $shell <>"$port" 1>&0 2>/dev/null & ) || { echo "tapboot: setsid is missing"; exit 1; }
