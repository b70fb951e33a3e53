# What a Hydra builds: reports themselves instead of gates, since Hydra marks a build as failed by
# `nix-support/failed` and keeps its outputs.
{ self, lib }:
let
  system = "x86_64-linux";
in
{
  tapboot = lib.mapAttrs (_system: packages: packages.tapboot) self.packages;
  bootImage.${system} = self.packages.${system}.bootImage;
  lint.${system} = self.checks.${system}.lint;
  scenarios.${system} = self.checks.${system}.scenarios;
  vm = lib.mapAttrs (_name: check: check.report) self.legacyPackages.${system}.vm;
}
