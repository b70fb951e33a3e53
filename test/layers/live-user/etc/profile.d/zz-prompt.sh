# The prompt that NixOS gives its users: an empty line, a window title, colours.
if [ "$(id -u)" = 0 ]; then colour=31; else colour=32; fi
PS1="\n\[\033[1;${colour}m\][\[\e]0;\u@\h: \w\a\]\u@\h:\w]\\$\[\033[0m\] "
unset colour
