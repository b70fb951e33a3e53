{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  inputs.tapboot.url = "github:OWNER/tapboot";

  outputs = { self, nixpkgs, tapboot }: {
    checks.x86_64-linux.boots = tapboot.lib.mkVmTests {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      bootImage = tapboot.packages.x86_64-linux.bootImage;
      scenarios = ./scenarios;
    };
  };
}
