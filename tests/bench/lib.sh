# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What several benches do, for sh and bash: `. lib.sh`.

# Of the numbers on standard input, one a line.
median() {
	sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# openssl_speed TYPE sign|verify [COMMAND...]: operations in a second, under that command. `openssl speed` writes
# "+F2:index:bits:sign:verify" for RSA, +F4 for ECDSA.
openssl_speed() (
	type=$1 what=$2
	shift 2
	"$@" openssl speed -mr -seconds 1 "$type" 2>/dev/null |
		awk -F: -v what="$what" '/^\+F[24]:/ { print what == "sign" ? $4 : $5 }'
)
