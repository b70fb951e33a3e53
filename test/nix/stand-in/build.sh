# The builder of every package here: nixpkgs' runCommand as far as it is used.
# shellcheck disable=SC2154 # nix sets the variables
set -euo pipefail
source "$stdenv/setup"
eval "$buildCommand"
exit $?
