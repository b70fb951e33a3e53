/**
 * A shell's command, without a fork, behind which all that the kernel has logged is on its
 * consoles. Reading /proc/consoles takes the lock that whoever prints holds, and giving that
 * lock back prints what is left (fs/proc/consoles.c; console_unlock in kernel/printk/printk.c).
 * Without it another processor might still be printing when the shell answers. Nothing is
 * changed in the guest, and where the file is missing nothing happens.
 */
export const FLUSH_CONSOLE = 'read -r __tb_l 2>/dev/null </proc/consoles';
