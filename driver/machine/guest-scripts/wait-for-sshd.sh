#!/bin/sh
# Ends as soon as something in the guest listens on port 22, which /proc/net/tcp writes as 0016, in
# state 0A, TCP_LISTEN (Linux, net/tcp_states.h). One process waits inside the guest: asking from
# outside before sshd listens costs seconds of TCP back-off, and makes OpenSSH 9.8 and later
# penalise the source. It looks with the shell's own means: under emulation a process for each look
# would slow down what is waited for.

listening() {
  for f in /proc/net/tcp /proc/net/tcp6; do
    [ -r $f ] || continue
    while read -r _ l _ s _; do
      case "$l $s" in *:0016[[:space:]]0A) return 0 ;; esac
    done <$f
  done
  return 1
}
until listening; do sleep 0.1; done
