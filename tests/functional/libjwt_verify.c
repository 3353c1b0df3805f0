/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token as a user of libjwt checks it:  libjwt_verify ALG PUBLIC_KEY.pem < TOKEN
 * Prints the claims and exits 0 when the signature verifies with exactly that algorithm; exits 1 otherwise. libjwt 1
 * takes the algorithm from the token, so it is compared here (RFC 8725 §3.1).
 */
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 32768

/* The whole of a file as a string; its length comes back. */
static size_t read_all(FILE *file, char text[static TEXT_MAX])
{
	size_t len = file != NULL ? fread(text, 1, TEXT_MAX - 1, file) : 0;

	text[len] = '\0';
	return len;
}

int main(int argc, char **argv)
{
	static char key[TEXT_MAX], token[TEXT_MAX];

	if (argc != 3) {
		fprintf(stderr, "usage: %s ALG PUBLIC_KEY.pem < TOKEN\n", argv[0]);
		return 2;
	}
	FILE *key_file = fopen(argv[2], "re");
	size_t key_len = read_all(key_file, key);
	if (key_file == NULL || key_len == 0) {
		fprintf(stderr, "%s: cannot be read\n", argv[2]);
		return 2;
	}
	fclose(key_file);
	read_all(stdin, token);
	token[strcspn(token, "\n")] = '\0';

	jwt_t *jwt = NULL;
	int failed = jwt_decode(&jwt, token, (const unsigned char *)key, (int)key_len);
	if (failed != 0 || jwt_get_alg(jwt) != jwt_str_alg(argv[1])) {
		fprintf(stderr, "refused: %s\n", failed != 0 ? strerror(failed) : "another algorithm");
		jwt_free(jwt);
		return 1;
	}
	char *claims = jwt_get_grants_json(jwt, NULL);
	int printed = claims != NULL ? puts(claims) : EOF;
	free(claims);
	jwt_free(jwt);
	return printed == EOF ? 1 : 0;
}
