# npm's packages, from package-lock.json alone. The lock names contents (`integrity`), not
# addresses, so neither nixpkgs' fetchNpmDeps nor importNpmLock can read it.
{ pkgs }:
let
  nodejs = import ../nodejs.nix { inherit pkgs; };
  file = name: path: builtins.path { inherit name path; };
  pinned = builtins.fromJSON (builtins.readFile ./tarballs.json);

  manifests = pkgs.runCommand "tapboot-manifests" { } ''
    mkdir $out
    cp ${file "package.json" ../../package.json} $out/package.json
    cp ${file "package-lock.json" ../../package-lock.json} $out/package-lock.json
  '';

  scripts = builtins.path {
    name = "tapboot-npm-scripts";
    path = ./.;
    filter = path: _type: builtins.match ".*/(lock|fetch|offline)\\.mjs" path != null;
  };

  # The one place that needs the network: whatever registry npm is set to, as long as it has what
  # the lock names. The files are named by their contents, so the hash of the whole follows from
  # the lock, and `npm run nix:hash` computes it.
  tarballs =
    pkgs.runCommand "tapboot-npm-tarballs"
      {
        nativeBuildInputs = [ nodejs ];
        outputHashMode = "recursive";
        outputHashAlgo = null;
        outputHash = pinned.hash;
        # Settings of the machine's own, as for every other download in nixpkgs.
        impureEnvVars = pkgs.lib.fetchers.proxyImpureEnvVars ++ [
          "npm_config_registry"
          "NODE_EXTRA_CA_CERTS"
        ];
      }
      ''
        export HOME=$TMPDIR
        node ${scripts}/fetch.mjs ${manifests}/package-lock.json $out
      '';

  install =
    name: flags:
    pkgs.runCommand name { nativeBuildInputs = [ nodejs ]; } ''
      export HOME=$TMPDIR
      mkdir work && cd work
      node ${scripts}/offline.mjs ${manifests} ${tarballs} .
      # No package here needs its own install script, and ssh2's would look for a compiler.
      npm ci --offline --ignore-scripts --loglevel=error --no-progress --no-audit --no-fund ${flags}
      mkdir $out
      mv node_modules $out/
    '';
in
{
  inherit tarballs nodejs;

  # All packages.
  nodeModules = install "tapboot-node-modules" "";

  # What a user of the command needs.
  runtimeModules = install "tapboot-runtime-modules" "--omit=dev";
}
