# `nix develop`: all that `npm test` needs, and nothing to install.
{
  pkgs,
  built,
  bootImage,
}:
let
  inherit (pkgs) lib;
  nodejs = import ./nodejs.nix { inherit pkgs; };
in
pkgs.mkShell (
  {
    packages = [ nodejs ] ++ built.tools.run ++ built.tools.test;

    TAPBOOT_NIX_SHELL = "1";

    # ESM ignores NODE_PATH, so the packages have to lie where Node looks for them.
    shellHook = ''
      if [ -e package-lock.json ] && [ -e nix/dev-shell.nix ]; then
        if [ -L node_modules ] || [ ! -e node_modules ]; then
          ln -sfn ${built.nodeModules}/node_modules node_modules
        else
          echo "tapboot: node_modules is npm's own; remove it to use the shell's" >&2
        fi
      fi
    '';
  }
  // lib.optionalAttrs (built.tools.ovmf != null) { TAPBOOT_OVMF = built.tools.ovmf; }
  # The flake's own image, built when it is asked for: the shell itself has only its recipe.
  // lib.optionalAttrs (bootImage != null) {
    TAPBOOT_IMAGE = "nix:${builtins.unsafeDiscardOutputDependency bootImage.drvPath}^out";
  }
)
