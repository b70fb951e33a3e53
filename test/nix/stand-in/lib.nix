# Those functions of nixpkgs' lib that the flake uses, by nixpkgs' own description of them.
let
  lib = rec {
    genAttrs =
      names: make:
      builtins.listToAttrs (
        map (name: {
          inherit name;
          value = make name;
        }) names
      );
    optionalAttrs = condition: attrs: if condition then attrs else { };
    optionals = condition: list: if condition then list else [ ];
    optional = condition: value: optionals condition [ value ];
    optionalString = condition: text: if condition then text else "";

    mapAttrsToList = make: attrs: map (name: make name attrs.${name}) (builtins.attrNames attrs);
    concatStrings = builtins.concatStringsSep "";

    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    hasSuffix =
      suffix: text:
      let
        start = builtins.stringLength text - builtins.stringLength suffix;
      in
      start >= 0 && builtins.substring start (-1) text == suffix;
    removePrefix =
      prefix: text:
      if hasPrefix prefix text then
        builtins.substring (builtins.stringLength prefix) (-1) text
      else
        text;
    removeSuffix =
      suffix: text:
      if hasSuffix suffix text then
        builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text
      else
        text;

    escapeShellArg = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
    escapeShellArgs = list: builtins.concatStringsSep " " (map escapeShellArg list);

    makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);

    fetchers.proxyImpureEnvVars = [
      "http_proxy"
      "https_proxy"
      "no_proxy"
    ];
    licenses.mit.spdxId = "MIT";
    platforms.linux = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
in
{
  inherit (builtins)
    concatLists
    concatMap
    concatStringsSep
    mapAttrs
    ;
}
// lib
