# The programs that tapboot calls on the host, as bin/host-packages.json has them for Debian.
{ pkgs }:
{
  # For a run of any image that is there already; `nix`, for images that are not, is the user's.
  run = [
    # Without the other architectures' emulators where the host is x86_64 itself.
    (if pkgs.stdenv.hostPlatform.isx86_64 then pkgs.qemu_kvm else pkgs.qemu)
    pkgs.util-linux
    pkgs.procps
    pkgs.openssh
    pkgs.xorriso
    pkgs.mtools
    pkgs.erofs-utils
    pkgs.cpio
    pkgs.lz4
    pkgs.zstd
    pkgs.gnutar
    pkgs.gzip
    pkgs.coreutils
  ];

  # For the tests as well.
  test = [
    pkgs.shellcheck
    pkgs.perl
    pkgs.squashfsTools
    pkgs.e2fsprogs
    pkgs.mdadm
    pkgs.lvm2
    pkgs.patchelf
    pkgs.grub2_efi
    pkgs.libxml2
    pkgs.chromium
  ];

  # UEFI firmware as TAPBOOT_OVMF takes it, where there is one for the machine under test.
  ovmf = if pkgs.stdenv.hostPlatform.isx86_64 then "${pkgs.OVMF.firmware}:${pkgs.OVMF.variables}" else null;
}
