/* The master key. */
#pragma once

#include <pwd.h>

/* Makes one in a new file of mode 0400, of owner if that is not NULL. Prints its errors, returns an exit_status. */
int key_make(const char *path, const struct passwd *owner);
