{
  description = "A boot image, tested by tapboot";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  inputs.tapboot.url = "github:OWNER/tapboot";
  inputs.tapboot.inputs.nixpkgs.follows = "nixpkgs";

  outputs = { self, nixpkgs, tapboot }: {
    packages.x86_64-linux.bootImage =
      (nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          "${nixpkgs}/nixos/modules/installer/cd-dvd/installation-cd-minimal.nix"
          tapboot.nixosModules.testable
          { tapboot.testable.enable = true; }
        ];
      }).config.system.build.isoImage;

    checks.x86_64-linux.vmTests = tapboot.lib.mkVmTests {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      inherit (self.packages.x86_64-linux) bootImage;
      scenarios = ./scenarios;
    };
  };
}
