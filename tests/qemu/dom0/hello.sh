# The smallest test: Linux runs programs.
uname -a
cat /run/toolstack.log
xl info
