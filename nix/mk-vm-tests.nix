# lib.mkVmTests: scenarios against a boot image, as checks of a flake.
{ self }:
{
  # Package set of the system that runs the tests.
  pkgs,
  # A derivation with one ISO in it, or one with `tapbootSpec`; or a SPEC as a string.
  bootImage,
  # Directory of *.yaml files, with plans/ beside them where plans are used.
  scenarios,
  name ? "vm-tests",
  # Options of the SPEC, as in { boot = "direct"; }.
  imageOptions ? { },
  # Scenarios by file name without .yaml; all of the directory when null.
  only ? null,
  tags ? [ ],
  notTags ? [ ],
  variables ? { },
  # true: an attribute set with one check a scenario, for many builders. false: one check, in which
  # scenarios of one machine shape share a boot.
  split ? false,
  # The default works everywhere, slowly where there is no KVM; true sends it where there is.
  requireKvm ? false,
  requiredSystemFeatures ? [ ],
  # Further arguments of `tapboot run`.
  extraArgs ? [ ],
  tapboot ? self.packages.${pkgs.stdenv.hostPlatform.system}.tapboot,
  # What second machines boot (`resurrect`), as `bootImage`; "tested": the image under test.
  secondImage ? self.packages.${pkgs.stdenv.hostPlatform.system}.bootImageFast or "tested",
}:
let
  inherit (pkgs) lib;

  found = map (lib.removeSuffix ".yaml") (
    builtins.filter (lib.hasSuffix ".yaml") (builtins.attrNames (builtins.readDir scenarios))
  );
  names =
    if only == null then
      found
    else
      map (
        wanted:
        if builtins.elem wanted found then
          wanted
        else
          throw "mkVmTests: there is no scenario “${wanted}” in ${toString scenarios}; there are: ${lib.concatStringsSep ", " found}"
      ) only;

  # Only what a test reads decides whether it has to run again.
  directoryFor =
    chosen:
    builtins.path {
      name = "scenarios";
      path = scenarios;
      filter =
        path: type:
        type == "directory"
        || builtins.dirOf path != toString scenarios
        || builtins.elem (lib.removeSuffix ".yaml" (baseNameOf path)) chosen;
    };

  # Second machines have an image only where a test may boot one: else it need not be built.
  mentions = word: file: builtins.length (builtins.split word (builtins.readFile file)) > 1;
  plans =
    if builtins.pathExists (scenarios + "/plans") then
      map (file: scenarios + "/plans/${file}") (
        builtins.filter (lib.hasSuffix ".yaml") (builtins.attrNames (builtins.readDir (scenarios + "/plans")))
      )
    else
      [ ];
  resurrects =
    scenario:
    let
      file = scenarios + "/${scenario}.yaml";
    in
    mentions "resurrect" file || (mentions "plan:" file && builtins.any (mentions "resurrect:") plans);

  specOf =
    image:
    if builtins.isString image then
      image
    else if image ? tapbootSpec then
      image.tapbootSpec "${image}"
    else
      "${image}";
  options = lib.concatStrings (lib.mapAttrsToList (key: value: ",${key}=${value}") imageOptions);

  flags = lib.concatLists [
    [
      "--image"
      "${specOf bootImage}${options}"
    ]
    (lib.concatMap (tag: [ "--tag" tag ]) tags)
    (lib.concatMap (tag: [ "--not-tag" tag ]) notTags)
    (lib.concatLists (
      lib.mapAttrsToList (key: value: [
        "--var"
        "${key}=${value}"
      ]) variables
    ))
    (lib.optionals requireKvm [
      "--accel"
      "kvm"
    ])
    extraArgs
  ];

  check =
    checkName: chosen:
    let
      report = import ./report.nix {
        inherit pkgs tapboot flags;
        secondImage = if builtins.any resurrects chosen then specOf secondImage else "tested";
        name = checkName;
        scenarios = directoryFor chosen;
        requiredSystemFeatures = requiredSystemFeatures ++ lib.optional requireKvm "kvm";
      };
    in
    import ./gate.nix {
      inherit pkgs report;
      name = checkName;
    };
in
if split then
  lib.genAttrs names (scenario: check "${name}-${scenario}" [ scenario ])
else
  check name names
