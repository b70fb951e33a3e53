#!/bin/sh
# shellcheck disable=SC2034 # For the scripts behind this one.
# Sets `dir` to the directory of the wait $1.

if [ -d /run ] && [ -w /run ]; then dir=/run; else dir=/tmp; fi; dir=$dir/tapboot-wait-$1
