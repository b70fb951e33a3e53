# Stands in for nixpkgs where no package of it can be had: the same names, with the host's programs
# behind them. For tests alone, with `--override-input nixpkgs path:…`. What it cannot have is
# NixOS: its images are an ISO that was made elsewhere, and is in the store already. image.sha256, beside
# this file, says which.
{
  outputs =
    { self }:
    let
      lib = import ./lib.nix;
      system = "x86_64-linux";
      legacyPackages = lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
      ] (platform: import ./packages.nix { inherit lib platform; });
    in
    {
      inherit legacyPackages;
      lib = lib // {
        nixosSystem = import ./nixos.nix {
          pkgs = legacyPackages.${system};
          iso = builtins.path {
            name = "image.iso";
            path = ./image.iso;
            recursive = false;
            sha256 = builtins.readFile ./image.sha256;
          };
        };
      };
    };
}
