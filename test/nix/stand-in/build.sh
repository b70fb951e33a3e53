# The builder of every package here: nixpkgs' runCommand as far as it is used.
set -euo pipefail
source "$stdenv/setup"
eval "$buildCommand"
exit $?
