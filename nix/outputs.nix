# The flake's outputs, each from the file that is named after it.
{ self, nixpkgs }:
let
  inherit (nixpkgs) lib;

  # A machine under test is x86_64, and so are its images. What starts no machine needs no more
  # than an entry here.
  systems = [
    "x86_64-linux"
    "aarch64-linux"
  ];
  bootable = system: system == "x86_64-linux";

  eachSystem =
    make:
    lib.genAttrs systems (
      system:
      let
        pkgs = nixpkgs.legacyPackages.${system};
      in
      make {
        inherit pkgs system;
        built = import ./packages.nix { inherit pkgs; };
      }
    );

  images = import ./images.nix { inherit self nixpkgs; };
  mkVmTests = import ./mk-vm-tests.nix { inherit self; };

  # This flake tests itself by what it offers to others.
  ownTests =
    { pkgs, system, ... }:
    options:
    mkVmTests (
      {
        inherit pkgs;
        inherit (images.packages.${system}) bootImage;
        scenarios = ../scenarios;
      }
      // options
    );
in
{
  packages = eachSystem (
    { system, built, ... }:
    {
      inherit (built) tapboot;
      default = built.tapboot;
    }
    // lib.optionalAttrs (bootable system) {
      inherit (images.packages.${system}) bootImage bootImageFast;
    }
  );

  apps = eachSystem (
    { built, ... }:
    {
      default = {
        type = "app";
        program = "${built.tapboot}/bin/tapboot";
        meta.description = "VM test driver for boot images";
      };
    }
  );

  checks = eachSystem (
    context@{
      pkgs,
      system,
      built,
      ...
    }:
    {
      lint = import ./checks/lint.nix { inherit self pkgs built; };
      scenarios = import ./checks/scenarios.nix {
        inherit pkgs built;
        scenarios = ../scenarios;
      };
    }
    // lib.optionalAttrs (bootable system) {
      vmTests = ownTests context { };
    }
  );

  # One derivation a scenario: for sets of builders, and to run one alone. `nix flake check` does
  # not build these, so nothing runs twice.
  legacyPackages = eachSystem (
    context@{ system, ... }:
    lib.optionalAttrs (bootable system) { vm = ownTests context { split = true; }; }
  );

  devShells = eachSystem (
    {
      pkgs,
      system,
      built,
      ...
    }:
    {
      default = import ./dev-shell.nix {
        inherit pkgs built;
        bootImage = images.packages.${system}.bootImage or null;
      };
    }
  );

  hydraJobs = import ./hydra-jobs.nix { inherit self lib; };

  lib = { inherit mkVmTests; };

  nixosConfigurations = images.configurations;

  nixosModules = {
    pre-nixos = ./modules/pre-nixos.nix;
    testable = ./modules/testable.nix;
  };

  templates.default = {
    path = ../templates/boot-image;
    description = "A boot image and its scenarios, run by `nix flake check`";
  };

  overlays.default = final: _prev: { inherit (import ./packages.nix { pkgs = final; }) tapboot; };
}
