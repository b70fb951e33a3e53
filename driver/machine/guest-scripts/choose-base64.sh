#!/bin/sh
# shellcheck disable=SC2034 # For the scripts behind this one.
# Sets `b` to what the guest has for base64.

b=base64; command -v base64 >/dev/null 2>&1 || b='busybox base64'
