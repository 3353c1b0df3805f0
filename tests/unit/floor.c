/* SPDX-License-Identifier: Apache-2.0 */
/* Links a whole floor of the house against those below it (Makefile.am, FLOORS): that it links is the test. */
int main(void)
{
	return 0;
}
