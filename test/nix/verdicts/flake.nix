# Somebody else's flake, with an image that is a SPEC: machine/ is made by the test.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  inputs.tapboot.url = "github:OWNER/tapboot";

  outputs =
    {
      self,
      nixpkgs,
      tapboot,
    }:
    let
      check =
        name: only:
        tapboot.lib.mkVmTests {
          inherit name only;
          pkgs = nixpkgs.legacyPackages.x86_64-linux;
          bootImage = "file:kernel=${./machine/kernel},initrd=${./machine/initrd}";
          scenarios = ./scenarios;
        };
    in
    {
      checks.x86_64-linux = {
        fails = check "fails" [
          "answers"
          "product-fails"
        ];
        dies = check "dies" [ "guest-dies" ];
      };
    };
}
