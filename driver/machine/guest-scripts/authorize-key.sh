#!/bin/sh
# Makes the key $1 one of root's authorized keys, unless it is one already.

f=/root/.ssh/authorized_keys k=
[ ! -r $f ] || while read -r l || [ -n "$l" ]; do [ "$l" != "$1" ] || k=1; done <$f
[ -n "$k" ] || { umask 077; mkdir -p /root/.ssh; printf '%s\n' "$1" >>$f; }
