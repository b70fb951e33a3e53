# Sourced by every build, and by `nix develop`: the path of a package's inputs.
PATH=$initialPath
for input in ${nativeBuildInputs:-}; do
	PATH=$input/bin:$PATH
done
export PATH
export SHELL=$BASH
