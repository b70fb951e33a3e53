# The boot images: NixOS' minimal installer with the reference agent, in two forms.
{ self, nixpkgs }:
let
  system = "x86_64-linux";
  nixos =
    modules:
    nixpkgs.lib.nixosSystem {
      inherit system;
      modules = [
        self.nixosModules.pre-nixos
        self.nixosModules.testable
        ./modules/image.nix
      ]
      ++ modules;
    };
  part = path: "${nixpkgs}/nixos/modules/${path}";
in
rec {
  configurations = {
    # An ISO that boots itself, by BIOS and by UEFI.
    bootImage = nixos [ (part "installer/cd-dvd/installation-cd-minimal.nix") ];

    # The same system as kernel, initrd and a squashfs: no boot loader, no emulated CD to read a
    # kernel from, no ISO to pack.
    bootImageFast = nixos [
      (part "profiles/minimal.nix")
      (part "profiles/base.nix")
      (part "profiles/installation-device.nix")
      ./modules/fast-medium.nix
    ];
  };

  packages.${system} = {
    bootImage = configurations.bootImage.config.system.build.isoImage;
    bootImageFast = configurations.bootImageFast.config.system.build.bootImageFast;
  };
}
