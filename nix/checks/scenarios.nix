# Validation of the scenarios and plans alone: no machine is started.
{
  pkgs,
  built,
  scenarios,
}:
pkgs.runCommand "tapboot-scenarios" { nativeBuildInputs = [ built.tapboot ]; } ''
  export HOME=$TMPDIR NO_COLOR=1
  tapboot check ${
    builtins.path {
      name = "scenarios";
      path = scenarios;
    }
  } | tee $out
''
