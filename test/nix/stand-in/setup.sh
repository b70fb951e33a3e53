# Sourced by every build, and by `nix develop`: the path of a package's inputs.
# shellcheck disable=SC2154 # nix sets the variables
PATH=$initialPath
for input in ${nativeBuildInputs:-}; do
	PATH=$input/bin:$PATH
done
export PATH
export SHELL=$BASH
