# What makes an image pleasant to test: it speaks on the serial console, takes root's key and the
# host key as systemd credentials, has the driver's shell port, and tells of a panic. Nothing here
# opens an image: without a credential nobody gets in who did not before.
{ config, lib, ... }:
let
  cfg = config.tapboot.testable;
in
{
  options.tapboot.testable = {
    enable = lib.mkEnableOption "what tapboot likes to find in an image";

    console = lib.mkOption {
      type = lib.types.strMatching "tty[A-Za-z0-9]+(,[0-9]+[neo]?[78]?r?)?";
      default = "ttyS0,115200n8";
      description = "Serial console, as the kernel argument `console=` takes it.";
    };

    quiet = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = ''
        Whether the kernel keeps to errors on the console: one or two seconds less of an emulated
        boot, and a panic is still seen.
      '';
    };

    panicDevice = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether a kernel panic is told to QEMU by its pvpanic device.";
    };
  };

  config = lib.mkIf cfg.enable {
    boot.kernelParams =
      [ "console=${cfg.console}" ]
      ++ lib.optionals cfg.quiet [
        "quiet"
        "loglevel=3"
      ];

    # Credentials are read by systemd as it starts, in the initrd already.
    boot.initrd.kernelModules = [
      "dmi_sysfs"
      "qemu_fw_cfg"
    ];
    boot.initrd.availableKernelModules = [
      "virtio_pci"
      "virtio_blk"
      "virtio_scsi"
      "virtio_net"
      "virtio_rng"
      "virtio_console"
      "sr_mod"
    ];
    boot.kernelModules = [
      "virtio_console"
      "virtio_rng"
    ]
    ++ lib.optional cfg.panicDevice "pvpanic_pci";

    services.openssh = {
      enable = lib.mkDefault true;
      # sshd by itself: one that a socket starts answers the first connection late.
      startWhenNeeded = lib.mkDefault false;
      settings.UseDns = lib.mkDefault false;
    };
    # The host key of a run is handed in; where none is, sshd makes its own as always.
    systemd.services.sshd.serviceConfig.ImportCredential = lib.mkDefault [ "ssh.*" ];
  };
}
