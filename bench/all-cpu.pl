#!/usr/bin/env perl
# all-cpu.pl REPORT COMMAND ARG...
#
# Runs a command and writes to REPORT the CPU seconds of all processes that came of it, one number.
# Those that lost their parent are adopted and waited for: a QEMU that died with the driver counts.
use strict;
use warnings;

my %PRCTL = (x86_64 => 157, aarch64 => 167);
my $PR_SET_CHILD_SUBREAPER = 36;
# Seconds that something may outlive the command.
my $PATIENCE = 60;

my ($report, @command) = @ARGV;
die "usage: all-cpu.pl REPORT COMMAND ARG...\n" unless @command;
chomp(my $machine = `uname -m`);
my $prctl = $PRCTL{$machine} // die "all-cpu.pl: no number of prctl for $machine\n";
syscall($prctl, $PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 or die "all-cpu.pl: prctl: $!\n";

my $child = fork() // die "all-cpu.pl: fork: $!\n";
if ($child == 0) {
	exec { $command[0] } @command or die "all-cpu.pl: $command[0]: $!\n";
}
# Ctrl-C reaches the command itself; whoever ends it ends us.
$SIG{INT} = 'IGNORE';
$SIG{ALRM} = sub { die "all-cpu.pl: something still runs $PATIENCE s after its end\n" };
my $status;
while ((my $pid = wait()) > 0) {
	next unless $pid == $child;
	$status = $?;
	alarm $PATIENCE;
}
alarm 0;
my (undef, undef, $user, $system) = times();
open(my $file, '>', $report) or die "all-cpu.pl: $report: $!\n";
printf {$file} "%.2f\n", $user + $system;
close($file) or die "all-cpu.pl: $report: $!\n";
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
