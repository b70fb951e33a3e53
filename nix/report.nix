# A run of scenarios as a derivation that holds what came out of it.
#
# It succeeds for every verdict about the product, passed or failed: that is a result, worth
# keeping. What is no verdict (infrastructure, a guest that died, a mistake in a scenario) fails
# the build, so that Nix never takes such an accident for the result; its evidence goes to the log.
{
  pkgs,
  tapboot,
  name,
  scenarios,
  flags,
  secondImage,
  requiredSystemFeatures,
}:
let
  inherit (pkgs) lib;
in
pkgs.runCommand "${name}-report"
  {
    inherit requiredSystemFeatures;
    nativeBuildInputs = [ tapboot ];
  }
  ''
    export HOME=$TMPDIR XDG_CACHE_HOME=$TMPDIR/cache NO_COLOR=1
    mkdir -p $out/nix-support
    ln -s ${scenarios} scenarios

    # There is no history in a build to make a projection from: the budget must not divide the run.
    status=0
    export TAPBOOT_SECOND_IMAGE=${lib.escapeShellArg secondImage}
    BOOT_IMAGE_VM_LEDGER_PATH=$out/ledger.jsonl tapboot run \
      ${lib.escapeShellArgs flags} \
      --reporter tap --report hydra=$out/nix-support \
      --budget 10080 --log-root $out/runs >$out/report.tap || status=$?

    rm -f $out/ledger.jsonl.lock
    echo "file tap $out/report.tap" >>$out/nix-support/hydra-build-products

    plain() { tr -d '\r' <"$1" | LC_ALL=C sed 's/[^[:print:]\t]//g'; }
    echo "--- TAP"
    plain $out/report.tap
    case $status in
      0 | 1)
        echo "$status" >$out/exit-code
        ;;
      *)
        for log in harness.log serial.log; do
          find $out/runs -name $log | while read -r file; do
            echo "--- the end of $log"
            plain "$file" | tail -n 80
          done
        done
        echo "tapboot ended with status $status: this is no verdict on the image, and nothing is kept"
        exit 1
        ;;
    esac
  ''
