"""A good guest: what the module links, exports, imports and keeps."""

import re
import subprocess

import pytest

from host import MODULE

FORBIDDEN = {
    "behaviour from the environment or the locale": ["getenv", "secure_getenv", "setenv", "putenv", "unsetenv",
                                                     "setlocale", "uselocale", "newlocale", "gettext", "dcgettext"],
    "processes and threads": ["fork", "vfork", "clone", "execve", "execv", "execvp", "posix_spawn", "system", "popen",
                              "waitpid", "pthread_create", "exit", "_exit"],
    "signals": ["signal", "sigaction", "sigprocmask", "pthread_sigmask", "alarm", "setitimer", "kill", "raise"],
    "the host's log, files and rights": ["openlog", "closelog", "setlogmask", "fopen", "fdopen", "printf", "fprintf",
                                         "puts", "open", "openat", "umask", "chdir", "setuid", "seteuid", "setresuid",
                                         "setgroups", "setrlimit", "getpwnam", "strtok", "select"],
}


def run(*command):
    return subprocess.run([*command, MODULE], check=True, capture_output=True, text=True).stdout


@pytest.fixture(autouse=True)
def built_as_shipped():
    if re.search(r"NEEDED.*lib[atu]+san|__sanitizer_cov", run("readelf", "--wide", "--dynamic", "--dyn-syms")):
        pytest.skip("a sanitizer's build has its own libraries")


def symbols(defined):
    for line in run("readelf", "--wide", "--dyn-syms").splitlines():
        words = line.split()
        if len(words) >= 8 and words[4] in ("GLOBAL", "WEAK") and (words[6] != "UND") == defined:
            yield words[7].split("@")[0]


def test_it_links_libpam_and_libc_only():
    needed = re.findall(r"NEEDED.*\[(.+)\]", run("readelf", "--dynamic"))
    assert set(needed) == {"libpam.so.0", "libc.so.6"}


def test_it_exports_pam_sm_only():
    assert set(symbols(True)) == {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt"}


@pytest.mark.parametrize("why", FORBIDDEN)
def test_it_imports_nothing_that_a_guest_may_not_touch(why):
    imports = {name.removeprefix("__").removesuffix("_chk") for name in symbols(False)}
    assert not imports & set(FORBIDDEN[why])


def test_it_has_no_state_of_its_own():
    """What is left is the compiler's: __dso_handle, and the flag of the start-up code."""
    sizes = {line.split()[0]: int(line.split()[1]) for line in run("size", "-A").splitlines() if line.startswith(".")}
    assert sizes.get(".data", 0) <= 8 and sizes.get(".bss", 0) <= 8


def test_its_tables_are_read_only_once_it_is_loaded():
    dynamic = run("readelf", "--dynamic")
    assert "BIND_NOW" in dynamic or re.search(r"FLAGS.*NOW", dynamic)
    assert "GNU_RELRO" in run("readelf", "--segments")
