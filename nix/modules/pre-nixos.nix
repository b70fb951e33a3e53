# The reference agent as a NixOS service: the same script that the Debian image carries.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.pre-nixos;

  agent = pkgs.runCommand "pre-nixos-agent" { } ''
    install -D -m 755 ${
      builtins.path {
        name = "pre-nixos";
        path = ../../image/agent/pre-nixos;
      }
    } $out/bin/pre-nixos
    substituteInPlace $out/bin/pre-nixos --replace-fail '#!/usr/bin/env bash' '#!${pkgs.runtimeShell}'
  '';

  tools = [
    pkgs.coreutils
    pkgs.diffutils
    pkgs.gnugrep
    pkgs.gnused
    pkgs.gawk
    pkgs.util-linux
    pkgs.iproute2
    pkgs.lvm2
    pkgs.mdadm
    pkgs.gptfdisk
    pkgs.e2fsprogs
    config.systemd.package
  ];
in
{
  options.services.pre-nixos = {
    enable = lib.mkEnableOption "pre-nixos, which prepares a machine's disks and network for an installation";

    package = lib.mkOption {
      type = lib.types.package;
      default = agent;
      defaultText = lib.literalMD "the agent of this flake";
      description = "What brings the program `pre-nixos`.";
    };

    exec = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to act on the disks; otherwise it only says what it would do.";
    };

    forceCleanup = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to erase existing storage on all disks at each boot; a boot that erased provisions nothing.";
    };

    environment = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      description = "Further variables for the agent.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    boot.kernelParams = lib.optional cfg.forceCleanup "pre-nixos-force-cleanup=1";
    # The agent assembles nothing, but has to see what udev did.
    boot.swraid.enable = lib.mkDefault true;
    services.lvm.enable = lib.mkDefault true;

    systemd.services.pre-nixos-network = {
      description = "Give the first network interface with a carrier the name lan";
      unitConfig.DefaultDependencies = false;
      after = [ "systemd-modules-load.service" ];
      before = [
        "network-pre.target"
        "systemd-networkd.service"
        "shutdown.target"
      ];
      wants = [ "network-pre.target" ];
      conflicts = [ "shutdown.target" ];
      wantedBy = [ "multi-user.target" ];
      path = tools;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${cfg.package}/bin/pre-nixos network";
        # An interface that never gets a carrier is no reason to hold up the boot.
        TimeoutStartSec = "30s";
      };
    };

    # Oneshot without RemainAfterExit: it ends `inactive`, and can be started again.
    systemd.services.pre-nixos = {
      description = "Plan and, when allowed, apply the storage layout of this machine";
      after = [
        "local-fs.target"
        "systemd-udevd.service"
        "pre-nixos-network.service"
      ];
      wants = [ "pre-nixos-network.service" ];
      wantedBy = [ "multi-user.target" ];
      path = tools;
      environment = lib.optionalAttrs cfg.exec { PRE_NIXOS_EXEC = "1"; } // cfg.environment;
      # A change of the system must not erase a disk in passing.
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        ExecStart = "${cfg.package}/bin/pre-nixos";
        TimeoutStartSec = "10min";
      };
    };

    systemd.network = {
      enable = lib.mkDefault true;
      networks."10-lan" = {
        matchConfig.Name = "lan";
        networkConfig = {
          DHCP = "ipv4";
          LinkLocalAddressing = "no";
          IPv6AcceptRA = false;
        };
        # Some DHCP servers tell machines apart by the MAC address only.
        dhcpV4Config.ClientIdentifier = "mac";
      };
      wait-online.enable = lib.mkDefault false;
    };
  };
}
