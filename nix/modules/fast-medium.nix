# A NixOS system that is booted from files: kernel and initrd by QEMU itself, the store from a
# squashfs that the driver attaches as a read-only virtio CD.
{
  config,
  lib,
  pkgs,
  modulesPath,
  ...
}:
let
  store = pkgs.callPackage (modulesPath + "/../lib/make-squashfs.nix") {
    storeContents = [ config.system.build.toplevel ];
    # Packed once for a few runs: the time to pack counts, not the size.
    comp = "zstd -Xcompression-level 3";
  };
  arguments = toString ([ "init=${config.system.build.toplevel}/init" ] ++ config.boot.kernelParams);
in
{
  boot.loader.grub.enable = false;
  boot.initrd.availableKernelModules = [
    "squashfs"
    "overlay"
  ];
  boot.initrd.kernelModules = [ "overlay" ];

  fileSystems = {
    "/" = lib.mkImageMediaOverride {
      fsType = "tmpfs";
      options = [ "mode=0755" ];
    };
    "/nix/.ro-store" = lib.mkImageMediaOverride {
      fsType = "squashfs";
      device = "/dev/sr0";
      options = [ "ro" ];
      neededForBoot = true;
    };
    "/nix/.rw-store" = lib.mkImageMediaOverride {
      fsType = "tmpfs";
      options = [ "mode=0755" ];
      neededForBoot = true;
    };
    "/nix/store" = lib.mkImageMediaOverride {
      overlay = {
        lowerdir = [ "/nix/.ro-store" ];
        upperdir = "/nix/.rw-store/store";
        workdir = "/nix/.rw-store/work";
      };
      neededForBoot = true;
    };
  };
  swapDevices = lib.mkImageMediaOverride [ ];

  system.build.bootImageFast =
    pkgs.runCommand "tapboot-image-fast"
      {
        passthru = {
          # For mkVmTests: the image as a SPEC, since it is several files.
          tapbootSpec = image: "file:kernel=${image}/kernel,initrd=${image}/initrd,root=${image}/root,append=\"${arguments}\"";
        };
      }
      ''
        mkdir $out
        ln -s ${config.system.build.kernel}/${config.system.boot.loader.kernelFile} $out/kernel
        ln -s ${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile} $out/initrd
        ln -s ${store} $out/root
        printf '%s\n' '${arguments}' >$out/arguments
      '';
}
