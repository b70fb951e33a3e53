{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  inputs.tapboot.url = "github:OWNER/tapboot";

  outputs =
    {
      self,
      nixpkgs,
      tapboot,
    }:
    let
      tests =
        options:
        tapboot.lib.mkVmTests (
          {
            pkgs = nixpkgs.legacyPackages.x86_64-linux;
            bootImage = "file:kernel=${./machine/kernel},initrd=${./machine/initrd}";
            scenarios = ./scenarios;
            name = "farm";
            split = true;
          }
          // options
        );
      checks =
        tests { }
        // tests {
          only = [ "fourth" ];
          requiredSystemFeatures = [ "large-memory" ];
        };
    in
    {
      reports = builtins.mapAttrs (_name: check: check.report) checks;
    };
}
