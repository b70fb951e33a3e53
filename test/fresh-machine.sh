#!/usr/bin/env bash
# Proves that a fresh clone on a fresh Debian 12 does the whole job: makes a root with nothing
# but the base system, clones this tree's HEAD into it, and runs `npm start` and `npm test` there.
#
#   test/fresh-machine.sh [--keep] [--dir DIRECTORY] [COMMAND…]
#
# COMMAND…: what to run in the clone instead of both commands, e.g. `node bin/setup.mjs prepare`.
# Needs root, mmdebstrap and git. Node and npm are those of the host, mounted read-only; apt's
# sources are the host's too. The root gets a PID and a mount namespace of its own: whatever is
# left running in it ends with it.
set -euo pipefail

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
directory=
keep=no
while [[ ${1-} == --* ]]; do
  case $1 in
    --keep) keep=yes ;;
    --dir) directory=$2; shift ;;
    *) echo "fresh-machine: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done
if [[ $(id -u) != 0 ]]; then
  echo "fresh-machine: needs root, to make another one" >&2
  exit 4
fi
[[ -n $directory ]] || directory=$(mktemp -d /var/tmp/tapboot-fresh-XXXXXX)
root=$directory/root
mkdir -p "$directory"

say() { printf '== %s (%ss)\n' "$1" "$SECONDS"; }

clean() {
  status=$?
  if [[ $keep == yes ]]; then
    echo "fresh-machine: kept in $directory"
  else
    # Mounts were made in a namespace that is gone: what lies here is plain files.
    rm -rf --one-file-system -- "$directory"
  fi
  exit "$status"
}
trap clean EXIT

# The archives that the host's apt has for this suite, and its settings.
suite=bookworm
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
lists=(-o "Dir::State::lists=$directory/lists")
mkdir -p "$directory/lists/partial"
apt-get "${lists[@]}" -qq update
mapfile -t sources < <(
  apt-get "${lists[@]}" indextargets --format "deb [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
    'Created-By: Packages' | grep -E " $suite(-updates|-security)? main\$" | sort -u
)
if [[ ${#sources[@]} -eq 0 ]]; then
  echo "fresh-machine: the host's apt knows no archive of $suite" >&2
  exit 4
fi

if [[ ! -e $root/etc/debian_version ]]; then
  say "making a Debian 12 base system"
  # shellcheck disable=SC2016 # $1 is the hook's
  mmdebstrap --quiet --variant=minbase --include=ca-certificates \
    --setup-hook='mkdir -p "$1/etc/apt/apt.conf.d"; cp -a /etc/apt/apt.conf.d/. "$1/etc/apt/apt.conf.d/"' \
    "$suite" "$root" "${sources[@]}"
fi

node=$(readlink -f -- "$(command -v node)")
npm=$(readlink -f -- "$(command -v npm)")
modules=${npm%/bin/npm-cli.js}
certificates=${NODE_EXTRA_CA_CERTS-}

# npm asks the registry that the host's npm asks; nothing else of its configuration goes in.
registry=$(npm config get registry)

say "cloning"
rm -rf -- "$root/root/tapboot"
git clone --quiet --no-hardlinks "$project" "$root/root/tapboot"

if [[ $# -eq 0 ]]; then
  set -- sh -c 'npm start && npm test'
fi

say "running: $*"
export root node modules certificates registry
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --kill-child --propagation private bash -euo pipefail -c '
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs; do
    [[ -e $file && -e $root$file ]] || continue
    mount --bind "$file" "$root$file"
    mount -o remount,bind,ro "$root$file"
  done
  inside() {
    mkdir -p "$root$(dirname "$2")"
    if [[ -d $1 ]]; then mkdir -p "$root$2"; else touch "$root$2"; fi
    mount --bind "$1" "$root$2"
    mount -o remount,bind,ro "$root$2"
  }
  inside "$node" /usr/local/bin/node
  inside "$modules" /usr/local/lib/node_modules/npm
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  variables=(HOME=/root TERM=dumb LANG=C.UTF-8 "npm_config_registry=$registry"
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  if [[ -n $certificates ]]; then
    inside "$certificates" /usr/local/share/host-certificates.pem
    variables+=(NODE_EXTRA_CA_CERTS=/usr/local/share/host-certificates.pem)
  fi
  for name in http_proxy https_proxy no_proxy; do
    [[ -z ${!name-} ]] || variables+=("$name=${!name}")
  done
  # Not a mere chroot: the kernel grants no user namespaces there, and so no sandbox of Nix.
  cd "$root"
  mkdir -p host
  pivot_root . host
  # The umount is the one of the host: the base system need not have one.
  exec env -i "${variables[@]}" sh -c "
    LD_LIBRARY_PATH=/host/usr/lib/\$(uname -m)-linux-gnu /host/bin/umount --lazy /host &&
      rmdir /host && cd /root/tapboot && exec \"\$@\"" sh "$@"
' bash "$@"
say "done"
