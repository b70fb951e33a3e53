# What is built from this tree, for one package set.
{ pkgs }:
let
  npm = import ./npm { inherit pkgs; };
  tools = import ./host-tools.nix { inherit pkgs; };
in
{
  inherit tools;
  inherit (npm) tarballs nodeModules;
  tapboot = import ./tapboot.nix { inherit pkgs npm tools; };
}
