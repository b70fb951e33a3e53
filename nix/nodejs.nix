# The Node that everything is built and run with.
{ pkgs }:
pkgs.nodejs_24
