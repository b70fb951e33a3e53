# A package is a directory of links to programs of the host, no more than it has in nixpkgs (as far
# as they are needed here), so that a program that is not asked for is not on the path either.
{ lib, platform }:
let
  # Where Debian keeps programs; in a sandbox these directories are there, read-only.
  link = missing: program: ''
    for at in /usr/local/bin /usr/bin /usr/sbin; do
      [ ! -x $at/${program} ] || { /usr/bin/ln -s $at/${program} $out/bin/; break; }
    done
    [ -h $out/bin/${program} ] || { echo 'the host has no ${program}' >&2; ${missing}; }
  '';
  linksTo =
    missing: name: programs:
    derivation {
      inherit name;
      system = platform;
      builder = "/bin/sh";
      args = [
        "-c"
        ''
          set -e
          /usr/bin/mkdir -p $out/bin
          ${lib.concatStrings (map (link missing) programs)}
          exit $?
        ''
      ];
    };
  host = linksTo "exit 1";
  # What tapboot can do without.
  hostMayHave = linksTo "true";

  bash = host "bash" [
    "bash"
    "sh"
  ];
  coreutils = host "coreutils" (
    builtins.filter builtins.isString (builtins.split " " coreutilsPrograms)
  );
  coreutilsPrograms = "basename cat chmod chown cp cut date dd df dirname du echo env expr false head id install join link ln ls md5sum mkdir mkfifo mktemp mv nl nproc od paste pathchk printenv printf pwd readlink realpath rm rmdir seq sha256sum sha512sum sleep sort split stat stty sync tac tail tee test timeout touch tr true truncate tty uname uniq wc whoami yes";

  gnused = host "gnused" [ "sed" ];
  gnugrep = host "gnugrep" [
    "grep"
    "egrep"
    "fgrep"
  ];
  findutils = host "findutils" [
    "find"
    "xargs"
  ];
  gawk = host "gawk" [ "awk" ];
  gnutar = host "gnutar" [ "tar" ];
  gzip = host "gzip" [
    "gzip"
    "gunzip"
  ];

  # What every build of nixpkgs has on its path.
  initialPath = [
    bash
    coreutils
    gnused
    gnugrep
    findutils
    gnutar
    gzip
  ];

  stdenv =
    derivation {
      name = "stdenv";
      system = platform;
      builder = "${bash}/bin/bash";
      PATH = lib.makeBinPath initialPath;
      args = [
        "-c"
        "mkdir $out; cp ${./setup.sh} $out/setup; exit $?"
      ];
      inherit initialPath;
    }
    // {
      hostPlatform = {
        system = platform;
        isx86_64 = platform == "x86_64-linux";
      };
    };

  # Names that are Nix's own or the package set's, and no variables of the build.
  plain =
    attrs:
    removeAttrs attrs [
      "passthru"
      "meta"
    ];

  mkDerivation =
    attrs:
    let
      made = derivation (
        {
          system = platform;
          builder = "${bash}/bin/bash";
          args = [
            "-e"
            ./build.sh
          ];
          inherit stdenv;
          outputs = [ "out" ];
          initialPath = lib.makeBinPath initialPath;
        }
        // plain attrs
      );
    in
    made // (attrs.passthru or { }) // { meta = attrs.meta or { }; };
in
{
  inherit
    lib
    stdenv
    coreutils
    gnused
    gnugrep
    findutils
    gawk
    gnutar
    gzip
    ;
  inherit bash;
  bashInteractive = bash;
  runtimeShell = "${bash}/bin/bash";

  runCommand =
    name: attrs: buildCommand:
    mkDerivation ({ inherit name buildCommand; } // attrs);

  mkShell =
    {
      packages ? [ ],
      ...
    }@attrs:
    mkDerivation (
      {
        name = "nix-shell";
        nativeBuildInputs = packages;
        buildCommand = "echo 'a shell to be entered' >$out";
      }
      // removeAttrs attrs [ "packages" ]
    );

  # Whatever Node the host has; npm comes with it.
  nodejs_24 = host "nodejs" [
    "node"
    "npm"
  ];
  qemu_kvm = host "qemu" [
    "qemu-system-x86_64"
    "qemu-img"
    "qemu-nbd"
  ];
  qemu = host "qemu" [ "qemu-system-x86_64" ];
  OVMF = {
    firmware = "/usr/share/OVMF/OVMF_CODE_4M.fd";
    variables = "/usr/share/OVMF/OVMF_VARS_4M.fd";
  };
  util-linux = host "util-linux" [
    "setpriv"
    "flock"
    "blkid"
    "wipefs"
    "lsblk"
  ];
  procps = host "procps" [
    "ps"
  ];
  openssh = host "openssh" [
    "ssh"
    "ssh-keygen"
  ];
  xorriso = host "xorriso" [ "xorriso" ];
  mtools = host "mtools" [
    "mformat"
    "mcopy"
    "mmd"
  ];
  erofs-utils = host "erofs-utils" [ "mkfs.erofs" ];
  cpio = host "cpio" [ "cpio" ];
  lz4 = host "lz4" [ "lz4" ];
  zstd = hostMayHave "zstd" [ "zstd" ];

  shellcheck = host "shellcheck" [ "shellcheck" ];
  perl = host "perl" [
    "perl"
    "prove"
  ];
  squashfsTools = host "squashfs-tools" [ "mksquashfs" ];
  e2fsprogs = host "e2fsprogs" [ "mkfs.ext4" ];
  mdadm = host "mdadm" [ "mdadm" ];
  lvm2 = host "lvm2" [ "lvm" ];
  patchelf = host "patchelf" [ "patchelf" ];
  grub2_efi = host "grub2_efi" [ "grub-mkimage" ];
  libxml2 = host "libxml2" [ "xmllint" ];
  chromium = host "chromium" [ "chromium" ];
}
