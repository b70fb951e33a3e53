# Every linter of `npm run lint`, and the pinned hash of npm's packages against the lock.
{
  self,
  pkgs,
  built,
}:
pkgs.runCommand "tapboot-lint"
  {
    nativeBuildInputs = built.tools.test ++ [ (import ../nodejs.nix { inherit pkgs; }) ];
  }
  ''
    export HOME=$TMPDIR
    cp -r ${self} source
    chmod -R u+w source
    cd source
    ln -sfn ${built.nodeModules}/node_modules node_modules
    node bin/lint.mjs
    node nix/npm/hash.mjs --lock-only
    touch $out
  ''
