/* Which of the languages that a provider has approved a message is sent in. Pure. */
#pragma once

/*
 * The name under which a template is asked for: of approved (which ends with NULL) the one that the user wants, else
 * the language without a region ("ar" for "ar_SA"), else one with another region ("en_US" for "en_GB"), else fallback,
 * which also serves who wants none. "_" and "-", upper and lower case are the same.
 *
 * Where approved is empty nothing is known: the language wanted is taken by its word, but for those that differ from
 * fallback only in the region.
 *
 * What is returned is one of what was given.
 */
const char *language_choose(const char *wanted, char *const *approved, const char *fallback);
