# What both forms of the boot image add to NixOS' minimal installer.
{ lib, pkgs, ... }:
{
  services.pre-nixos = {
    enable = true;
    exec = true;
  };
  tapboot.testable.enable = true;

  # networkd serves `lan`; the installer's NetworkManager would take the interface from it.
  networking.networkmanager.enable = lib.mkForce false;
  networking.useNetworkd = true;
  networking.useDHCP = false;

  system.stateVersion = lib.mkDefault lib.trivial.release;

  environment.systemPackages = [
    pkgs.mdadm
    pkgs.lvm2
    pkgs.util-linux # hexdump
  ];
}
