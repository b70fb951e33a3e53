#!/usr/bin/env bash
# Evaluates the flake against real nixpkgs, where nothing can be built: for maintainers.
#
#   nix/eval-real.sh PATH_TO_NIXPKGS
#
# Checks every output without building (`nix flake check --no-build`), what the image's
# configuration says (the agent's unit, kernel parameters, modules), that the ISO's derivation
# contains the agent, and that the options refuse wrong types. Ends with the first thing wrong.
set -euo pipefail

nixpkgs=$(realpath -- "${1:?usage: nix/eval-real.sh PATH_TO_NIXPKGS}")
here=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/..")
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

# The flake alone, without what git ignores; a copy has no .git for nix to look at.
mkdir "$scratch/flake"
tar -C "$here" -c --exclude=./node_modules --exclude=./.git --exclude=./dist --exclude=./.tap \
	--exclude=./.setup --exclude='./notes/*' . | tar -C "$scratch/flake" -x

# Once into the store, and named by its hash from then on: without one, each command would copy it
# again.
bare() {
	nix --extra-experimental-features 'nix-command flakes' "$@"
}
source=$(bare store add --name source "$nixpkgs")
input="path:$source?narHash=$(bare hash path "$source")"
run() {
	local command=$1
	shift
	nix --extra-experimental-features 'nix-command flakes' "$command" "$@" \
		--override-input nixpkgs "$input" --no-write-lock-file
}
evaluate() {
	run eval "path:$scratch/flake#$1" "${@:2}" 2>"$scratch/errors" || {
		cat "$scratch/errors" >&2
		return 1
	}
}
started=$SECONDS
step() {
	printf '%4d s  %s\n' "$((SECONDS - started))" "$1"
}
die() {
	printf 'eval-real: %s\n' "$1" >&2
	exit 1
}
demand() { # text, fixed string, what it is
	case $1 in *"$2"*) step "$3: $2" ;; *) die "$3 does not say '$2': $1" ;; esac
}

nix --version
step "nixpkgs at $source"

run flake check --no-build "path:$scratch/flake"
step "nix flake check --no-build: every output evaluates"

image=nixosConfigurations.bootImage.config
unit=$(evaluate "$image.systemd.units.\"pre-nixos.service\".text" --raw)
printf '%s\n' "$unit" | cut -c 1-160 | sed 's/^/        | /'
for line in 'Type=oneshot' 'PRE_NIXOS_EXEC=1' '/bin/pre-nixos' 'After=local-fs.target'; do
	demand "$unit" "$line" 'pre-nixos.service'
done
case $unit in *RemainAfterExit*) die 'pre-nixos.service has RemainAfterExit' ;; esac
demand "$(evaluate "$image.systemd.services.pre-nixos.wantedBy" --json)" multi-user.target 'wanted by'
demand "$(evaluate "$image.boot.kernelParams" --json)" 'console=ttyS0,115200n8' 'kernel parameters'
demand "$(evaluate "$image.boot.kernelModules" --json)" virtio_console 'kernel modules'
demand "$(evaluate "$image.boot.initrd.kernelModules" --json)" dmi_sysfs 'modules of the initrd'
demand "$(evaluate "$image.systemd.network.units.\"10-lan.network\".text" --raw)" 'Name=lan' 'networkd'
demand "$(evaluate "$image.services.openssh.enable" --json)" true 'sshd'

# The recipe of the ISO leads to the recipe of the agent.
iso=$(evaluate packages.x86_64-linux.bootImage.drvPath --raw)
closure=$(nix-store --query --requisites "$iso" 2>/dev/null ||
	bare path-info --derivation --recursive "$iso")
demand "$closure" '-pre-nixos-agent.drv' "requisites of ${iso##*/}"
demand "$closure" '-mdadm-' 'the ISO'
demand "$closure" '-lvm2-' 'the ISO'
fast=$(evaluate packages.x86_64-linux.bootImageFast.drvPath --raw)
step "the fast layout: ${fast##*/}"

refused() { # option, value
	local expression="c: builtins.deepSeq (c.extendModules { modules = [ { $1 = $2; } ]; }).config.$1 true"
	if evaluate nixosConfigurations.bootImage --apply "$expression" --json >"$scratch/out" 2>&1; then
		die "accepted: $1 = $2"
	fi
	grep -q 'is not of type' "$scratch/out" ||
		die "$1 = $2 failed for another reason: $(tail -n 5 "$scratch/out")"
	step "refused: $1 = $2"
}
refused services.pre-nixos.enable '"yes"'
refused services.pre-nixos.exec 1
refused services.pre-nixos.forceCleanup '"1"'
refused services.pre-nixos.package '"pre-nixos"'
refused services.pre-nixos.environment '{ X = true; }'
refused tapboot.testable.console '"the first one"'
refused tapboot.testable.panicDevice null

step 'all as specified'
