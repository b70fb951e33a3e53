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

# Once into the store: as an input of each command it would be copied each time.
source=$(nix --extra-experimental-features nix-command store add --name source "$nixpkgs")
run() {
	local command=$1
	shift
	nix --extra-experimental-features 'nix-command flakes' "$command" "$@" \
		--override-input nixpkgs "path:$source" --no-write-lock-file
}
evaluate() {
	run eval "path:$scratch/flake#$1" "${@:2}"
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
printf '%s\n' "$unit" | sed 's/^/        | /'
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
	nix --extra-experimental-features nix-command path-info --derivation --recursive "$iso")
demand "$closure" '-pre-nixos-agent.drv' "requisites of ${iso##*/}"
demand "$closure" '-mdadm-' 'the ISO'
demand "$closure" '-lvm2-' 'the ISO'
fast=$(evaluate packages.x86_64-linux.bootImageFast.drvPath --raw)
step "the fast form: ${fast##*/}"

refused() { # module text, what it is
	local expression="c: (c.extendModules { modules = [ { $1 } ]; }).config.system.build.toplevel.drvPath"
	if evaluate nixosConfigurations.bootImage --apply "$expression" --raw >"$scratch/out" 2>&1; then
		die "accepted: $1"
	fi
	grep -q "is not of type" "$scratch/out" || die "$1 failed for another reason: $(tail -n 5 "$scratch/out")"
	step "refused: $1"
}
refused 'services.pre-nixos.enable = "yes";'
refused 'services.pre-nixos.exec = 1;'
refused 'services.pre-nixos.forceCleanup = "1";'
refused 'services.pre-nixos.environment.X = true;'
refused 'tapboot.testable.console = "the first one";'
refused 'tapboot.testable.panicDevice = null;'

step 'all as specified'
