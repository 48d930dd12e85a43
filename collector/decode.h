/* `svitlo decode`: a capture in, one JSON object a frame out. Reads one file, touches no device. */
#pragma once

/* argv[0] is the command's own name. -> exit status: 0 all frames good, 1 some were damaged,
 * 2 the file cannot be read, is no capture, or holds no JK data. */
int decode_main(int argc, char **argv);
