# The command, with all that it calls on its path.
{
  pkgs,
  npm,
  tools,
}:
let
  inherit (pkgs) lib;
  manifest = builtins.fromJSON (builtins.readFile ../package.json);

  # Documentation, tests and the flake itself decide nothing about the command: a change to them
  # builds nothing and boots nothing anew.
  source = builtins.path {
    name = "tapboot-source";
    path = ../.;
    filter =
      path: _type:
      let
        relative = lib.removePrefix (toString ../. + "/") path;
      in
      builtins.match "(driver|image|scenarios|bin|docs/(steps|schemas))(/.*)?|docs|package\\.json|package-lock\\.json|LICENSE|tsconfig(\\.build)?\\.json" relative != null;
  };
in
pkgs.runCommand "tapboot-${manifest.version}"
  {
    nativeBuildInputs = [ npm.nodejs ];
    passthru = { inherit source; };
    meta = {
      inherit (manifest) description;
      license = lib.licenses.mit;
      mainProgram = "tapboot";
      platforms = lib.platforms.linux;
    };
  }
  ''
    cp -r ${source} source
    chmod -R u+w source
    cd source
    ln -s ${npm.nodeModules}/node_modules node_modules
    node bin/setup/bundle.mjs

    root=$out/lib/tapboot
    mkdir -p $root/dist $root/bin/setup $out/bin
    cp -r dist/driver $root/dist/
    cp -r docs image scenarios package.json LICENSE $root/
    cp bin/tapboot.mjs bin/host-packages.json $root/bin/
    cp bin/setup/tree.mjs $root/bin/setup/
    ln -s ${npm.runtimeModules}/node_modules $root/node_modules

    cat >$out/bin/tapboot <<END
    #!${pkgs.runtimeShell}
    export PATH="${lib.makeBinPath tools.run}\''${PATH:+:\$PATH}"
    ${lib.optionalString (tools.ovmf != null) ''
      export TAPBOOT_OVMF="\''${TAPBOOT_OVMF:-${tools.ovmf}}"
    ''}
    exec ${npm.nodejs}/bin/node $root/bin/tapboot.mjs "\$@"
    END
    chmod +x $out/bin/tapboot
    $out/bin/tapboot --version
  ''
